"""mnist1d: a spiking network with delays beside a gated recurrent network (GRU) of as many parameters and the same budget.

    python benchmarks/spiking_mnist1d.py --part spiking [--seeds 3] [--epochs 60]       also: gru-last, gru-mean

4000 training and 1000 test sequences of length 40 (Greydanus & Kobak 2020, arXiv:2011.14439), made by the generator on
PyPI; 400 of the training sequences choose the epoch, for all networks. The value of the sequence is a current. The
spiking network hears it at several delays, and its second layer hears the first at several delays: a convolution in time;
it reads out the mean potential. The GRU reads out its last, or its mean state. All are trained with Adam, the same batches,
disturbances, number of epochs and schedule. Writes results/spiking_mnist1d_PART.json. Needs `pip install .[spiking]`.
"""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.spiking_case import options, report, seeded

LENGTH, BATCH = 40, 50
HIDDEN, FIRST, SECOND = 64, (0, 1, 2, 3, 4, 5, 6, 7), (0, 4, 8)  # neurons of a layer, delays into each [steps of 1 ms]
GRU_HIDDEN = 64


def sequences() -> dict:
    """Training, validation and test data: (sample, time, 1) and classes."""
    import jax.numpy as jnp
    from mnist1d.data import get_dataset_args, make_dataset

    made = make_dataset(get_dataset_args())
    scale = made["x"].std()

    def pair(part: str, where: slice) -> tuple:
        x, y = made["x" if part == "train" else "x_test"], made["y" if part == "train" else "y_test"]
        return jnp.asarray(x[where, :, None] / scale, jnp.float32), jnp.asarray(y[where])

    return {
        "train": pair("train", slice(0, 3600)),
        "validation": pair("train", slice(3600, None)),
        "test": pair("test", slice(None)),
    }


def spiking_network(key):
    """1 - 64 - 64 - 10 with several delays into each hidden layer."""
    import jax

    from jaxneuro import spiking

    keys = iter(jax.random.split(key, 20))
    connections = {}
    for pre, post, delays, rows, spread in (
        ("input", "first", FIRST, 1, 0.7),
        ("first", "second", SECOND, HIDDEN, 0.25),
    ):
        for delay in delays:
            weight = spread * jax.random.normal(next(keys), (rows, HIDDEN))
            connections[f"{post}_{delay}"] = spiking.Connection(pre, post, weight, float(delay))
    connections["out"] = spiking.Connection("second", "out", 0.3 * jax.random.normal(next(keys), (HIDDEN, 10)))
    layers = {name: spiking.LIF(HIDDEN, tau=4.0, bias=jax.numpy.zeros(HIDDEN)) for name in ("first", "second")}
    layers["out"] = spiking.LeakyIntegrator(10, tau=10.0, tau_syn=1.0, bias=jax.numpy.zeros(10))
    return spiking.Network(1, layers, connections, "out")


def shifted(key, x):
    """Sequences moved round by up to three steps, with a little noise, for both networks."""
    import jax
    import jax.numpy as jnp

    shift_key, noise_key = jax.random.split(key)
    shift = jax.random.randint(shift_key, (x.shape[0],), -3, 4)
    return jax.vmap(partial(jnp.roll, axis=0))(x, shift) + 0.1 * jax.random.normal(noise_key, x.shape)


TRAINED = ("connections.*.weight", "populations.*.bias", "populations.*.tau")


def learn_spiking(seed: int, data: dict, epochs: int, rate: float = 5e-3) -> dict:
    """Train the spiking network."""
    import jax

    from jaxneuro import spiking

    key = jax.random.key(seed)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMean(10.0))
    how = {"engine": spiking.FixedStep(1.0, surrogate=spiking.FastSigmoid(4.0)), "duration": float(LENGTH)}
    network = spiking_network(key)
    trained = spiking.train(
        network, data["train"], loss, **how, key=key, epochs=epochs, batch=BATCH, validation=data["validation"],
        optimiser=optimiser(data, epochs, rate), trainable=TRAINED, augment=shifted, progress=True,
    )  # fmt: skip
    found = spiking.evaluate(trained.network, data["test"], loss, **how)
    parameters = sum(network.get(path).size for path in spiking.parameters.chosen(network, TRAINED[:2])) + 3
    return {"test_accuracy": found.accuracy, "parameters": parameters, "spikes": found.spikes, "status": trained.status}


def optimiser(data: dict, epochs: int, rate: float):
    """Adam with clipped derivatives and a cosine schedule."""
    import optax

    schedule = optax.cosine_decay_schedule(rate, epochs * (len(data["train"][1]) // BATCH))
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))


def learn_gru(seed: int, data: dict, epochs: int, rate: float = 3e-3, *, read: str) -> dict:
    """Train flax's GRU cell, run over time, and a dense readout of its last or its mean state."""
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    rngs = nnx.Rngs(seed)
    model = nnx.Dict(cell=nnx.GRUCell(1, GRU_HIDDEN, rngs=rngs), out=nnx.Linear(GRU_HIDDEN, 10, rngs=rngs))
    graph, weights = nnx.split(model)
    update = optimiser(data, epochs, rate)

    def scores(weights, x):
        model = nnx.merge(graph, weights)
        start = jnp.zeros((x.shape[0], GRU_HIDDEN))
        _, states = jax.lax.scan(model.cell, start, jnp.moveaxis(x, 1, 0))
        return model.out(states[-1] if read == "last" else jnp.mean(states, axis=0))

    def loss(weights, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(scores(weights, x), y).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(weights, moments, key):
        rows = jax.random.permutation(key, len(data["train"][1])).reshape(-1, BATCH)

        def step(carry, now):
            (weights, moments), (row, step_key), (x, y) = carry, now, data["train"]
            updates, moments = update.update(jax.grad(loss)(weights, shifted(step_key, x[row]), y[row]), moments)
            return (optax.apply_updates(weights, updates), moments), None

        return jax.lax.scan(step, (weights, moments), (rows, jax.random.split(key, len(rows))))[0]

    right = jax.jit(lambda weights, x, y: jnp.mean(jnp.argmax(scores(weights, x), axis=1) == y))
    moments, best = update.init(weights), (-1.0, 0.0)
    for number in range(epochs):
        weights, moments = epoch(weights, moments, jax.random.fold_in(jax.random.key(seed), number))
        best = max(
            best, (float(right(weights, *data["validation"])), float(right(weights, *data["test"]))), key=lambda b: b[0]
        )
    return {"test_accuracy": best[1], "parameters": sum(x.size for x in jax.tree.leaves(weights))}


if __name__ == "__main__":
    chosen = options(__doc__, seeds=3, epochs=60, part=("spiking", "gru-last", "gru-mean"))
    data = sequences()
    label, learn = {
        "spiking": ("spiking, delays", learn_spiking),
        "gru-last": ("GRU, last state", partial(learn_gru, read="last")),
        "gru-mean": ("GRU, mean state", partial(learn_gru, read="mean")),
    }[chosen.part]
    row = seeded(label, lambda seed: learn(seed, data, chosen.epochs), chosen.seeds)
    report(f"spiking_mnist1d_{chosen.part}", [row], epochs=chosen.epochs, batch=BATCH)
