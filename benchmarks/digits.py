"""How many digits of a small potential survive in float32: a passive tree, beside the same in float64.

    python benchmarks/digits.py [cell.swc] [--d-lambda 0.03]

A step of 0.003 nA, then a synaptic current, into the soma of a traced cell, or else of a grown pyramidal one; g = 0.1 mS/cm²,
at rest at -65 mV, where the numbers of float32 are 7.6e-6 mV apart. What changes at the soma and in the compartment farthest
from it, and how far float32 is off, at three steps of time. Writes results/digits.json.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from benchmarks.case import machine, table, write

STEPS = (0.1, 0.025, 0.005)  # ms
REST = -65.0  # mV


def cell_of(path: str | None, d_lambda: float) -> jn.Cell:
    """A passive cell."""
    morphology = jn.growth.pyramidal(jax.random.key(0)) if path is None else jn.data.read_morphology(path)
    cell = jn.cells.from_morphology(morphology, d_lambda=d_lambda)
    return cell.insert("leak", jn.channels.Leak(0.1, REST))


def changes(path: str | None, d_lambda: float, dt: float) -> dict[str, np.ndarray]:
    """By how much the voltage changes at the soma and at the far tip [mV]; of a synaptic potential peak and area [mV ms]."""
    cell = cell_of(path, d_lambda)
    ends = jnp.array([cell.compartment_at(0.0), int(np.argmax(cell.cable.path_distance))])
    every = round(0.5 / dt)

    def run(stimulus: jn.stimuli.Stimulus, duration: float) -> np.ndarray:
        recording = jn.simulate(cell, jn.stimuli.inject(stimulus), duration=duration, dt=dt, every=every)
        return np.asarray((recording.v - recording.v[0])[:, ends], float)

    after = run(jn.stimuli.step(0.003), 40.0)
    potential = run(jn.stimuli.postsynaptic(0.004, start=1.0), 60.0)[:, 0]
    return {"step at soma": after[-1, 0], "step at far tip": after[-1, 1], "potential, peak": potential.max(),
            "potential, area": 0.5 * potential.sum()}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cell", nargs="?", help="a traced neuron, SWC or ASC")
    parser.add_argument("--d-lambda", type=float, default=0.03, help="longest compartment, in wave lengths at 100 Hz")
    chosen = parser.parse_args()
    rows, report = [], []
    for dt in STEPS:
        found = {}
        for wide in (False, True):
            with jax.enable_x64(wide):
                found[wide] = changes(chosen.cell, chosen.d_lambda, dt)
        for name, right in found[True].items():
            off = float(found[False][name] / right - 1)
            report.append({"dt_ms": dt, "what": name, "float64": float(right), "off": off})
            rows.append([name, f"{dt:g}", f"{right:.5g}", f"{100 * off:+.4f} %"])
    count = cell_of(chosen.cell, chosen.d_lambda).compartments
    print(f"{count} compartments\n" + table(["what changes", "dt [ms]", "float64 [mV, mV ms]", "float32 off"], rows))
    print(write("digits", {"machine": machine(), "compartments": count, "rows": report}))


if __name__ == "__main__":
    main()
