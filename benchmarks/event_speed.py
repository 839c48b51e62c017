"""Exact events beside Eventax: its regression example, 20 recurrent quadratic neurons and one that answers, batches of 64.

    python benchmarks/event_speed.py [--steps 300] [--only jaxneuro ...]

Both run in this Python, one after the other, from the same weights on the same batches, in float32: Eventax as its example does
(Euler's method, dt = 0.1 ms), and jaxneuro event by event. Each says iterations per second (median; an iteration is forward,
backward and Adam's step), and the loss on the way. The first spikes of the untrained network are compared with a converged
integration by SciPy. The example itself prints 3.4 iterations/s. Where Eventax is not installed (`pip install eventax`), its row
says so. Writes results/event_speed.json.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import RESULTS, machine, run, table, write
from benchmarks.simulators.eventax_regression import INPUTS

PUBLISHED = 3.4  # iterations/s, printed in examples/regression.ipynb
MODULE = "eventax_regression"


CASES = {
    "jaxneuro": ("jaxneuro", {}),
    "Eventax, dt 0.1 ms": ("eventax", {}),
    "jaxneuro, float64, fine": ("jaxneuro", {"steps": 2, "longest": 0.25, "x64": True, "max_events": 64}),
    "SciPy": ("converged", {}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=300, help="iterations of jaxneuro; Eventax takes at most 20")
    parser.add_argument(
        "--only", nargs="+", choices=CASES, default=list(CASES), help="the rest stays as it was written"
    )
    chosen = parser.parse_args()
    path = RESULTS / "event_speed.json"
    cases = json.loads(path.read_text())["cases"] if path.exists() else {}
    for name in chosen.only:
        function, arguments = CASES[name]
        steps = {"jaxneuro": chosen.steps, "eventax": min(chosen.steps, 20)}
        arguments = ({"steps": steps[function]} if function in steps else {}) | arguments
        cases[name] = run(MODULE, function, timeout=900, **arguments)
    rows = []
    for name, case in cases.items():
        value = case.get("value")
        if not isinstance(value, dict):
            continue
        if "value" in cases.get("SciPy", {}):
            exact = np.array(cases["SciPy"]["value"])
            value["error_ms"] = float(
                np.max(np.abs(np.array(value["first_spikes"])[:: len(INPUTS) // len(exact)] - exact))
            )
        losses, rate = value["losses"], value["iterations_per_s"]
        rows.append([name, f"{rate:.1f}", f"{rate / PUBLISHED:.1f}", f"{value.get('spikes_per_s', np.nan):.0f}",
                     f"{value.get('error_ms', np.nan):.1e}",
                     f"{losses[0]:.4f} to {np.mean(losses[-20:]):.4f} in {len(losses)}"])  # fmt: skip
    failed = [[name, case["failed"], "", "", "", ""] for name, case in cases.items() if "failed" in case]
    print(table(["", "iterations/s", "x published", "spikes/s", "error ms", "loss"], rows + failed))
    print(write("event_speed", {"machine": machine(), "published_iterations_per_s": PUBLISHED, "cases": cases}))


if __name__ == "__main__":
    main()
