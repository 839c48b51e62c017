"""Yin-Yang learned by exact events from a network in which no neuron spikes, for no sample.

    python benchmarks/silent_start.py [--seeds 3] [--epochs 40]

5 inputs, 60 hidden and 3 readout neurons, quadratic, with tau_syn = tau/2, where everything between events is in closed
form. The weights are drawn so small that nothing spikes at the start, which is checked; pseudospikes carry the
derivatives. The answer is the first spike of the readout, a pseudospike where there is no other; so the accuracy is given
too of the real spikes alone, where a sample without a spike within the run is wrong. Writes results/silent_start.json.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, table, write

TAU, DURATION, HIDDEN, BATCH = 20.0, 40.0, 60, 100
RATE, SCALE, EARLY = 0.05, 1.0, 0.05  # of Adam; time that counts for one unit of score [ms]; pull to early spikes


def learn(seed: int, epochs: int) -> dict:
    """Train one network."""
    import jax
    import jax.numpy as jnp
    import optax

    import jaxneuro as jn
    from jaxneuro import spiking

    events = spiking.Events(max_spikes=2)
    engine = spiking.Pseudospikes(events)
    exact = {"tau": TAU, "tau_syn": TAU / 2, "step": float("inf")}
    layers = {"hidden": spiking.QIF(HIDDEN, **exact), "out": spiking.QIF(3, **exact)}
    network = spiking.feedforward(jax.random.key(seed), 5, layers, mean=1.2, spread=0.8)
    data = [spiking.tasks.yin_yang(jax.random.key(number), samples) for number, samples in ((1, 5000), (2, 1000))]
    first = spiking.decoders.FirstSpike(SCALE, missing=1e4)
    loss = spiking.losses.CrossEntropy(first, early=EARLY, early_slope=SCALE / DURATION)

    @jax.jit
    def counts(network: spiking.SpikingNetwork, times: jax.Array, classes: jax.Array) -> tuple:
        """Spikes in the run, and whether the first of the readout is the right one."""

        def one(times: jax.Array, right: jax.Array) -> tuple:
            response = spiking.run(network, jn.SpikeTrains(times), duration=DURATION, engine=events)
            spikes = sum(jnp.isfinite(t).sum() for t in response.spikes.values())
            out = response.spikes["out"][:, 0]
            return spikes, jnp.isfinite(out[right]) & (jnp.argmin(out) == right)

        return jax.vmap(one)(times, classes)

    silent = counts(network, data[0][0].times, data[0][1])[0]
    if silent.sum() != 0:
        raise ValueError(f"seed {seed}: {int(silent.sum())} spikes at the start: not silent.")
    schedule = optax.cosine_decay_schedule(RATE, epochs * 5000 // BATCH, 0.02)
    trained = spiking.train(
        network, data[0], loss, engine=engine, duration=DURATION, key=jax.random.key(seed), epochs=epochs, batch=BATCH,
        optimiser=optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule)),
    )  # fmt: skip
    found = spiking.evaluate(trained.state, data[1], loss, engine=engine, duration=DURATION)
    spikes, right = counts(trained.state, data[1][0].times, data[1][1])
    return {
        "test_accuracy": float(found.accuracy),
        "test_accuracy_of_real_spikes": float(right.mean()),
        "spikes_at_the_start": 0,
        "spikes_per_sample_at_the_end": float(spikes.mean()),
        "overflow": float(found.overflow),
        "status": trained.status,
        "training_accuracy": [row["accuracy"] for row in trained.history],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    chosen = parser.parse_args()
    runs = []
    for seed in range(chosen.seeds):
        began = time.perf_counter()
        runs.append({"seed": seed, **learn(seed, chosen.epochs), "wall_s": round(time.perf_counter() - began, 1)})
        rows = [[str(run["seed"]), f"{100 * run['test_accuracy']:.1f}", f"{100 * run['test_accuracy_of_real_spikes']:.1f}",
                 f"{run['spikes_per_sample_at_the_end']:.1f}", f"{run['wall_s']:.0f}"] for run in runs]  # fmt: skip
        print(table(["seed", "test %", "real spikes %", "spikes a sample", "s"], rows))
        accuracies = [100 * run["test_accuracy"] for run in runs]
        spread = statistics.stdev(accuracies) if len(runs) > 1 else None
        print(write("silent_start", {"machine": machine(), "epochs": chosen.epochs, "mean_percent": statistics.mean(accuracies),
                                     "spread_percent": spread, "runs": runs}))  # fmt: skip


if __name__ == "__main__":
    main()
