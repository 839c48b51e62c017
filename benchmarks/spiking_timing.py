"""Precise timing matters: the delayed XOR of two spikes, learned through delays, and what is left without them.

    python benchmarks/spiking_timing.py [--seeds 3] [--epochs 40]

Two channels spike once each; the class is (which leads) XOR (by 4 or by 12 ms), see `spiking.tasks.delayed_xor`. Counts
are always one and one, so they say nothing, and one spike's time says at most 55 %. Eight neurons with time constants of
2 ms only notice spikes that arrive within a few ms of one another. Trained by surrogate gradients and by exact events:
weights and delays; weights alone with the delays as they were drawn (up to 3 ms); weights and delays where the times are
drawn anew, so that only the counts are left. Writes results/spiking_timing.json.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.spiking_case import options, report, seeded

DURATION, ROOM, DRAWN = 80.0, 20.0, 6.0  # ms: of a run, for delays, for delays at the start
HIDDEN = 16


def network(key):
    """2 - 8 - 2, with a delay for each connection from an input."""
    import jax
    import jax.numpy as jnp

    from jaxneuro import spiking

    weight_key, delay_key, out_key = jax.random.split(key, 3)
    weight = 1.9 + 0.2 * jax.random.normal(weight_key, (2, HIDDEN))  # one spike reaches 0.7 of the threshold
    delay = DRAWN * jax.random.uniform(delay_key, (2, HIDDEN))
    out = 0.5 * jax.random.normal(out_key, (HIDDEN, 2))
    connections = {
        "hidden": spiking.Connection("input", "hidden", weight, delay, max_delay=ROOM),
        "out": spiking.Connection("hidden", "out", out),
    }
    layers = {
        "hidden": spiking.CurrentLIF(HIDDEN, tau=2.0, tau_syn=2.0),
        "out": spiking.LeakyIntegrator(2, tau=5.0, tau_syn=2.0, bias=jnp.zeros(2)),
    }
    return spiking.Network(2, layers, connections, "out")


def learn(seed: int, epochs: int, engine, trainable: tuple, counts_only: bool = False, rate: float = 0.02) -> dict:
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
    started = network(key)
    trained = spiking.train(
        started, data(1, 2000), loss, **how, key=key, epochs=epochs, batch=50, validation=data(2, 500),
        optimiser=optax.adam(optax.cosine_decay_schedule(rate, epochs * 40)), trainable=trainable, progress=True,
    )  # fmt: skip
    found = spiking.evaluate(trained.network, data(3, 1000), loss, **how)
    moved = jnp.abs(trained.network.get("connections.hidden.delay") - started.get("connections.hidden.delay"))
    return {"test_accuracy": found.accuracy, "delays_moved_ms": float(jnp.mean(moved)), "status": trained.status}


def main() -> None:
    from jaxneuro import spiking

    chosen = options(__doc__, seeds=3, epochs=40)
    weights = ("connections.*.weight", "populations.out.bias")
    delays = (*weights, "connections.hidden.delay")
    engines = {
        "fixed step": spiking.FixedStep(1.0, surrogate=spiking.FastSigmoid(5.0)),
        "events": spiking.Events(max_spikes=4),
    }
    rows = []
    for name, engine in engines.items():
        for label, trainable, counts in (
            ("weights and delays", delays, False),
            ("weights alone", weights, False),
            ("counts alone", delays, True),
        ):
            rows.append(
                seeded(
                    f"{name}: {label}",
                    lambda s, e=engine, t=trainable, c=counts: learn(s, chosen.epochs, e, t, c),
                    chosen.seeds,
                )
            )
    report("spiking_timing", rows, epochs=chosen.epochs)


if __name__ == "__main__":
    main()
