"""Precise timing matters: the delayed XOR of two spikes, learned through delays, and what is left without them.

    python benchmarks/spiking_timing.py --part fixed-step [--seeds 3] [--epochs 25]        also: events

Two channels spike once each; the class is (which leads) XOR (by 4 or by 12 ms), see `spiking.tasks.delayed_xor`. Counts are
always one and one, so they say nothing, and one spike's time says at most 55 %. Neurons with time constants of 2 ms only
notice spikes that arrive within a few ms of one another. Trained: weights and delays; weights alone, with the delays as they
were drawn (up to 10 ms); weights alone, without delays; weights and delays where the times are drawn anew, so that only
the counts are left. Writes results/spiking_timing_PART.json.
"""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.spiking_case import options, report, seeded

DURATION, ROOM, DRAWN = 80.0, 20.0, 10.0  # ms: of a run, for delays, for delays at the start
HIDDEN = 16


WEIGHTS = ("connections.*.weight", "populations.out.bias")


def network(key, drawn: float = DRAWN):
    """Two inputs, hidden neurons, two readouts, with a delay for each connection from an input."""
    import jax
    import jax.numpy as jnp

    from jaxneuro import spiking

    weight_key, delay_key, out_key = jax.random.split(key, 3)
    weight = 1.9 + 0.2 * jax.random.normal(weight_key, (2, HIDDEN))  # one spike reaches 0.7 of the threshold
    delay = drawn * jax.random.uniform(delay_key, (2, HIDDEN))
    out = 0.5 * jax.random.normal(out_key, (HIDDEN, 2))
    connections = {
        "hidden": spiking.Connection("input", "hidden", weight, delay, max_delay=ROOM),
        "out": spiking.Connection("hidden", "out", out),
    }
    layers = {
        "hidden": spiking.CurrentLIF(HIDDEN, tau=2.0, tau_syn=2.0),
        "out": spiking.LeakyIntegrator(2, tau=5.0, tau_syn=2.0, bias=jnp.zeros(2)),
    }
    return spiking.SpikingNetwork(2, layers, connections, "out")


def learn(
    seed: int,
    epochs: int,
    engine,
    trainable: tuple,
    counts_only: bool = False,
    rate: float = 0.05,
    drawn: float = DRAWN,
) -> dict:
    """Train one network."""
    import jax
    import jax.numpy as jnp
    import optax

    import jaxneuro as jn
    from jaxneuro import spiking

    def data(number: int, samples: int) -> tuple:
        trains, classes = spiking.tasks.delayed_xor(jax.random.key(number), samples)
        if counts_only:
            drawn = jax.random.uniform(jax.random.key(number + 100), trains.times.shape, minval=1.0, maxval=55.0)
            trains = jn.SpikeTrains(drawn)
        return trains, classes

    key = jax.random.key(seed)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMean(100.0))
    how = {"engine": engine, "duration": DURATION}
    started = network(key, drawn)
    trained = spiking.train(
        started, data(1, 2000), loss, **how, key=key, epochs=epochs, batch=50, validation=data(2, 500),
        optimiser=optax.adam(optax.cosine_decay_schedule(rate, epochs * 40)), trainable=trainable,
    )  # fmt: skip
    found = spiking.evaluate(trained.state, data(3, 1000), loss, **how)
    moved = jnp.abs(trained.state.get("connections.hidden.delay") - started.get("connections.hidden.delay"))
    return {"test_accuracy": found.accuracy, "delays_moved_ms": float(jnp.mean(moved)), "status": trained.status}


def main() -> None:
    from jaxneuro import spiking

    chosen = options(__doc__, seeds=3, epochs=25, part=("fixed-step", "events"))
    fixed = spiking.FixedStep(1.0, surrogate=spiking.surrogates.FastSigmoid(3.0))
    engine = fixed if chosen.part == "fixed-step" else spiking.Events(max_spikes=4, sample=4.0)
    both = (*WEIGHTS, "connections.hidden.delay")
    ways = {
        "weights and delays": partial(learn, trainable=both),
        "weights, delays as drawn": partial(learn, trainable=WEIGHTS),
        "weights, no delays": partial(learn, trainable=WEIGHTS, drawn=0.0),
        "weights and delays, counts alone": partial(learn, trainable=both, counts_only=True),
    }
    rows = [
        seeded(label, partial(way, epochs=chosen.epochs, engine=engine), chosen.seeds) for label, way in ways.items()
    ]
    report(f"spiking_timing_{chosen.part}", rows, epochs=chosen.epochs)


if __name__ == "__main__":
    main()
