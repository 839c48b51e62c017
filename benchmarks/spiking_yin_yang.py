"""Yin-Yang by exact events, by surrogate gradients and by a dense network; and from events to the fixed step.

    python benchmarks/spiking_yin_yang.py --part events [--seeds 3] [--epochs 80]
    python benchmarks/spiking_yin_yang.py --part silent --epochs 60
    python benchmarks/spiking_yin_yang.py --part surrogate --epochs 100
    python benchmarks/spiking_yin_yang.py --part dense --epochs 300

5000 training, 1000 validation and 1000 test points (Kriener et al. 2021, arXiv:2102.08211), the same for all seeds; the
validation points choose the epoch. Events: 5-120-3 neurons that spike once, the first to spike answers (Göltz et al.
2021, Nat. Mach. Intell. 3:823, who reach 95.9 ± 0.7). Surrogate: 5-120-3 with leaky readouts. Dense: 4-120-3 and 4-30-3,
the latter being the reference of 97.6 ± 1.5 of Kriener et al. Each part writes results/spiking_yin_yang_PART.json, and
events leaves the network of the first seed in results/spiking_yin_yang.npz. Silent: the same from weights with which no
neuron spikes for any sample (`spikes_at_start` says so), raised by the rule for missing spikes.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import RESULTS
from benchmarks.spiking_case import options, report, seeded

BATCH, DENSE_BATCH, HIDDEN, LONG = 50, 20, 120, 60.0
ONCE = 1e3  # ms: a refractory period that no second spike outlives
PARTS = ("events", "silent", "surrogate", "dense")
ALIVE, SILENT = ((1.5, 0.8), (0.5, 0.8)), ((-0.8, 0.7), (0.5, 0.8))  # mean and spread of the weights, hidden and out
STEPS = (1.0, 0.5, 0.2, 0.1)  # ms, of the fixed-step engine


def samples() -> dict:
    """Training, validation and test data: spike trains and classes."""
    import jax

    from jaxneuro import spiking

    sizes = {"train": 5000, "validation": 1000, "test": 1000}
    return {name: spiking.tasks.yin_yang(jax.random.key(100 + i), n) for i, (name, n) in enumerate(sizes.items())}


def once_network(hidden, out):
    """5-120-3 neurons that spike once, with membrane and synaptic time constants of 10 ms."""
    from jaxneuro import spiking

    layers = {
        name: spiking.CurrentLIF(weight.shape[1], tau=10.0, tau_syn=10.0, refractory=ONCE)
        for name, weight in (("hidden", hidden), ("out", out))
    }
    connections = {
        "hidden": spiking.Connection("input", "hidden", hidden),
        "out": spiking.Connection("hidden", "out", out),
    }
    return spiking.SpikingNetwork(5, layers, connections, "out")


def trained_network(path: Path = RESULTS / "spiking_yin_yang.npz"):
    """The network that this command has trained by events and left in a file."""
    with np.load(path, allow_pickle=False) as file:
        return once_network(file["hidden"], file["out"])


def first_spike():
    """Cross-entropy of first spikes."""
    from jaxneuro import spiking

    return spiking.losses.CrossEntropy(spiking.decoders.FirstSpike(tau=2.0, missing=LONG), early=0.005)


def adam(epochs: int, rate: float, batch: int = BATCH):
    """Adam with clipped derivatives and a cosine schedule."""
    import optax

    schedule = optax.cosine_decay_schedule(rate, epochs * 5000 // batch)
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))


def learn_events(
    seed: int, data: dict, epochs: int, kept: list, weights: tuple = ALIVE, rate: float = 5e-3, share: float = 0.7
) -> dict:
    """Train by exact events; hidden neurons that spike in less than a share of the samples are raised."""
    import jax

    from jaxneuro import spiking

    key, *keys = jax.random.split(jax.random.key(seed), 3)
    shapes = ((5, HIDDEN), (HIDDEN, 3))
    network = once_network(*(
        mean + spread * jax.random.normal(key, shape)
        for (mean, spread), key, shape in zip(weights, keys, shapes, strict=True)
    ))  # fmt: skip
    how = {"engine": spiking.Events(max_spikes=1), "duration": LONG}
    start = spiking.evaluate(network, data["train"], first_spike(), **how)
    silence = tuple(spiking.regularisers.Silence(name, share, 1.0) for name, share in (("hidden", share), ("out", 1.0)))
    trained = spiking.train(
        network, data["train"], first_spike(), **how, key=key, epochs=epochs, batch=BATCH, validation=data["validation"],
        optimiser=adam(epochs, rate), regularisers=silence,
    )  # fmt: skip
    found = spiking.evaluate(trained.state, data["test"], first_spike(), **how)
    kept.append(trained.state)
    return {
        "test_accuracy": found.accuracy,
        "spikes": found.spikes,
        "spikes_at_start": start.spikes,
        "overflow": found.overflow,
        "status": trained.status,
    }


def learn_surrogate(seed: int, data: dict, epochs: int) -> dict:
    """Train by surrogate gradients."""
    import jax
    import optax

    from jaxneuro import spiking

    key = jax.random.key(seed)
    layers = {"hidden": spiking.CurrentLIF(HIDDEN), "out": spiking.LeakyIntegrator(3)}
    network = spiking.feedforward(key, 5, layers, mean=12.0, spread=8.0)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMax(3.0))
    how = {"engine": spiking.FixedStep(1.0, spiking.surrogates.FastSigmoid()), "duration": 50.0}
    trained = spiking.train(
        network, data["train"], loss, **how, key=key, epochs=epochs, batch=50, validation=data["validation"],
        optimiser=optax.adam(optax.cosine_decay_schedule(1.5e-2, epochs * 5000 // 50)),
    )  # fmt: skip
    found = spiking.evaluate(trained.state, data["test"], loss, **how)
    return {"test_accuracy": found.accuracy, "spikes": found.spikes, "status": trained.status}


def learn_dense(seed: int, data: dict, epochs: int, hidden: int) -> dict:
    """Train rectified units on the coordinates themselves."""
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    rngs = nnx.Rngs(seed)
    graph, weights = nnx.split(
        nnx.Sequential(nnx.Linear(4, hidden, rngs=rngs), nnx.relu, nnx.Linear(hidden, 3, rngs=rngs))
    )
    update, points = (
        adam(epochs, 5e-3, DENSE_BATCH),
        {name: (x.times[:, :4, 0] / 10.0, y) for name, (x, y) in data.items()},
    )

    def loss(weights, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(nnx.merge(graph, weights)(x), y).mean()

    @jax.jit
    def epoch(weights, moments, key):
        def step(carry, row):
            gradient = jax.grad(loss)(carry[0], *(part[row] for part in points["train"]))
            updates, moments = update.update(gradient, carry[1])
            return (optax.apply_updates(carry[0], updates), moments), None

        return jax.lax.scan(step, (weights, moments), jax.random.permutation(key, 5000).reshape(-1, DENSE_BATCH))[0]

    def right(weights, x, y) -> float:
        return float(jnp.mean(jnp.argmax(nnx.merge(graph, weights)(x), axis=1) == y))

    moments, best = update.init(weights), (-1.0, 0.0)
    for number in range(epochs):
        weights, moments = epoch(weights, moments, jax.random.fold_in(jax.random.key(seed), number))
        best = max(best, tuple(right(weights, *points[name]) for name in ("validation", "test")), key=lambda b: b[0])
    return {"test_accuracy": best[1]}


def by_step(seed: int, data: dict, kept: list, dt: float) -> dict:
    """A network trained by events, unchanged, in the fixed-step engine."""
    from jaxneuro import spiking

    found = spiking.evaluate(kept[seed], data["test"], first_spike(), engine=spiking.FixedStep(dt), duration=LONG)
    return {"test_accuracy": found.accuracy, "spikes": found.spikes}


def main() -> None:
    chosen = options(__doc__, seeds=3, epochs=80, part=PARTS)
    data, kept = samples(), []
    learned = {
        "events": {"exact events, first spike": partial(learn_events, kept=kept)},
        "silent": {"exact events, silent start": partial(learn_events, kept=[], weights=SILENT, rate=1e-2, share=0.95)},
        "surrogate": {"surrogate, fixed step": learn_surrogate},
        "dense": {f"dense 4-{hidden}-3": partial(learn_dense, hidden=hidden) for hidden in (120, 30)},
    }
    ways = {label: partial(learn, epochs=chosen.epochs) for label, learn in learned[chosen.part].items()}
    if chosen.part == "events":
        ways |= {f"the same, fixed step of {dt} ms": partial(by_step, kept=kept, dt=dt) for dt in STEPS}
    rows = [seeded(label, partial(learn, data=data), chosen.seeds) for label, learn in ways.items()]
    if kept:
        first = {name: np.asarray(kept[0].get(f"connections.{name}.weight")) for name in ("hidden", "out")}
        np.savez(RESULTS / "spiking_yin_yang.npz", **first)
    report(f"spiking_yin_yang_{chosen.part}", rows, epochs=chosen.epochs)


if __name__ == "__main__":
    main()
