"""Exact events beside Eventax: its regression example, 20 recurrent quadratic neurons and one that answers, batches of 64.

    python benchmarks/event_speed.py [--steps 300]

Both run in this Python, one after the other, from the same weights on the same batches, in float32: Eventax as its example does
(Euler's method, dt = 0.1 ms), and jaxneuro event by event. Each says iterations per second (median; an iteration is forward,
backward and Adam's step), and the loss on the way. The first spikes of the untrained network are compared with a converged
integration by SciPy. The example itself prints 3.4 iterations/s. Where Eventax is not installed (`pip install eventax`), its row
says so. Writes results/event_speed.json.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, run, table, write

PUBLISHED = 3.4  # iterations/s, printed in examples/regression.ipynb
MODULE = "eventax_regression"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=300, help="iterations of jaxneuro; Eventax takes at most 20")
    steps = parser.parse_args().steps
    reference = np.array(run(MODULE, "converged", timeout=600)["value"])
    cases = {
        "jaxneuro": run(MODULE, "jaxneuro", timeout=900, steps=steps),
        "Eventax, dt 0.1 ms": run(MODULE, "eventax", timeout=900, steps=min(steps, 20)),
        "jaxneuro, float64, fine": run(MODULE, "jaxneuro", timeout=900, steps=2, longest=0.25, x64=True, max_events=64),
    }
    rows = []
    for name, case in cases.items():
        if "failed" in case:
            rows.append([name, case["failed"], "", "", "", ""])
            continue
        value = case["value"]
        value["error_ms"] = float(np.max(np.abs(np.array(value["first_spikes"])[::8] - reference)))
        losses, rate = value["losses"], value["iterations_per_s"]
        rows.append([name, f"{rate:.1f}", f"{rate / PUBLISHED:.1f}", f"{value.get('spikes_per_s', np.nan):.0f}",
                     f"{value['error_ms']:.1e}", f"{losses[0]:.4f} to {np.mean(losses[-20:]):.4f} in {len(losses)}"])  # fmt: skip
    print(table(["", "iterations/s", "x published", "spikes/s", "error ms", "loss"], rows))
    print(write("event_speed", {"machine": machine(), "published_iterations_per_s": PUBLISHED, "cases": cases,
                                "converged_first_spikes_ms": reference.tolist()}))  # fmt: skip


if __name__ == "__main__":
    main()
