"""What was learned with exact events, done by conductance-based cells: Yin-Yang.

    python benchmarks/conductance_transfer.py [--network FILE] [--test 1000] [--batches 20]

The network is that of benchmarks/spiking_yin_yang.py: 5-120-3 current-based neurons that spike once, trained by exact events;
where its file is not there, 12 epochs with 3000 of the samples make one. Each neuron becomes Pospischil's fast-spiking cell with
a slow potassium current, opened by a spike, that keeps it from a second one; its synapses are exponential currents. Gain, offset,
time constants and threshold of the cells of either layer are matched by gradient to the neuron's spikes, in response to 32
patterns that neurons of this layer get from training samples. Reported: the accuracy on the test set by events, by cells as they
come with the gain of a passive membrane, by matched cells, and by matched cells after some batches of training, by gradient, of
the weights in the conductance engine. Writes results/conductance_transfer.json.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

import jaxneuro as jn
from jaxneuro import spiking

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import RESULTS, machine, table, write
from benchmarks.spiking_yin_yang import LONG, first_spike, learn_events, samples, trained_network

DT, PATTERNS, BATCH = 0.1, 32, 50  # ms
UNIT = 20.0  # mV from rest to threshold, which is 1 in the units of the network
FREE = {
    "gain": (0.05, 5.0), "offset": (-0.5, 0.5), "tau_syn": (2.0, 30.0), "cell.channels.leak.g_max": (0.02, 1.0),
    "cell.capacitance": (0.5, 2.0), "cell.channels.na.v_t+cell.channels.k.v_t": (-62.0, -48.0),
}  # fmt: skip


class Afterhyperpolarisation(jn.Channel):
    """Potassium channels that a spike opens within half a millisecond and that close within a second.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Any = 1.0
    e: Any = -90.0

    def gates(self, v: jax.Array, env: jn.Environment) -> dict:
        del env
        return {"p": jn.steady_tau(jax.nn.sigmoid((v + 10.0) / 4.0), 0.5 + 1000.0 * jax.nn.sigmoid(-(v + 30.0) / 4.0))}

    def current(self, v: jax.Array, gates: dict, env: jn.Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"] * (v - self.e)


def passive() -> spiking.Counterpart:
    """The cell as it comes, with the gain of its leak: a steady current of 1 depolarises by what is called 1."""
    cell = jn.cells.fast_spiking().insert("ahp", Afterhyperpolarisation())
    microsiemens = float(cell.get("leak.g_max")) * float(cell.area[0]) * 1e-5
    return spiking.Counterpart(cell, gain=microsiemens * UNIT, tau_syn=10.0)


def patterns(network: Any, name: str, inputs: jn.SpikeTrains, key: jax.Array) -> tuple[jn.SpikeTrains, jax.Array]:
    """What some neurons of a layer get in some samples: spikes (pattern, channel, spike), weights (pattern, channel)."""
    weight, of = network.connections[name].weight, jax.random.randint(key, (PATTERNS,), 0, network.size(name))
    if name == "hidden":
        return jn.SpikeTrains(inputs.times[:PATTERNS]), weight[:, of].T
    run = lambda x: spiking.run(network, x, duration=LONG, engine=spiking.Events(1)).spikes["hidden"]
    return jn.SpikeTrains(jax.vmap(run)(jn.SpikeTrains(inputs.times[:PATTERNS]))), weight[:, of].T


def matched(network: Any, inputs: jn.SpikeTrains, steps: int) -> dict[str, spiking.Match]:
    """The counterparts of both layers."""
    found = {}
    for i, name in enumerate(("hidden", "out")):
        key = jax.random.key(i)
        neuron = network.populations[name].replace(size=1)
        found[name] = spiking.match(
            neuron, passive(), *patterns(network, name, inputs, key), duration=LONG, free=FREE, key=key, starts=1,
            steps=steps, dt=DT, max_spikes=1,
        )  # fmt: skip
    return found


def learned(file: Path, data: dict) -> Any:
    """The network of a file, or one that is trained here for a short time."""
    if file.exists():
        return trained_network(file)
    few = {name: jax.tree.map(lambda x: x[:3000], data[name]) for name in data}
    few["validation"], kept = jax.tree.map(lambda x: x[:200], data["validation"]), []
    print(learn_events(0, few, 12, kept), flush=True)
    return kept[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, default=RESULTS / "spiking_yin_yang.npz")
    parser.add_argument("--test", type=int, default=1000, help="samples of the test set")
    parser.add_argument("--steps", type=int, default=15, help="iterations of the match")
    parser.add_argument("--batches", type=int, default=20, help="batches of training with cells")
    options = parser.parse_args()
    data, loss = samples(), first_spike()
    network = learned(options.network, data)
    test = jax.tree.map(lambda x: x[: options.test], data["test"])
    report: dict[str, Any] = {
        "machine": machine(),
        "network": options.network.name if options.network.exists() else "12 epochs of 3000 samples",
        "test_samples": options.test,
        "dt": DT,
        "accuracy": {},
        "match": {},
    }

    def score(name: str, network: Any, engine: Any) -> None:
        began = time.perf_counter()
        scores = spiking.evaluate(network, test, loss, engine=engine, duration=LONG, batch=100)
        report["accuracy"][name] = {"accuracy": scores.accuracy, "spikes": scores.spikes, "overflow": scores.overflow,
                                    "seconds": time.perf_counter() - began}  # fmt: skip
        print(name, report["accuracy"][name], flush=True)

    score("exact events", network, spiking.Events(1))
    engine = lambda cells: spiking.Conductance(cells, DT, max_spikes=8)
    score("cells as they come", network, engine(passive()))
    began, matches = time.perf_counter(), matched(network, data["train"][0], options.steps)
    report["match"]["seconds"] = time.perf_counter() - began
    for name, match in matches.items():
        values = {path: float(np.ravel(match.counterpart.get(path.split("+")[0]))[0]) for path in FREE}
        late = match.late
        report["match"][name] = {"values": values, "right_counts": match.right_counts, "lag_ms": float(late.mean()),
                                 "latency_sd_ms": float(late.std())}  # fmt: skip
        print(name, report["match"][name], flush=True)
    cells = engine({name: match.counterpart for name, match in matches.items()})
    score("matched cells", network, cells)
    few = jax.tree.map(lambda x: x[: options.batches * BATCH], data["train"])
    began = time.perf_counter()
    trained = spiking.train(
        network, few, loss, engine=cells, duration=LONG, key=jax.random.key(5), epochs=1, batch=BATCH,
        optimiser=optax.chain(optax.clip_by_global_norm(1.0), optax.adam(3e-3)),
    )  # fmt: skip
    report["training"] = {"batches": options.batches, "batch": BATCH, "seconds": time.perf_counter() - began,
                          "status": trained.status}  # fmt: skip
    score(f"matched cells, {options.batches} batches of training", trained.state, cells)
    rows = [[name, f"{100 * r['accuracy']:.1f}", f"{r['spikes']:.0f}"] for name, r in report["accuracy"].items()]
    print(table(["Yin-Yang", "test accuracy, %", "spikes a sample"], rows))
    print(write("conductance_transfer", report))


if __name__ == "__main__":
    main()
