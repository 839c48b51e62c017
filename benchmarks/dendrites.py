"""Speed of cells with dendrites: a cable, a binary tree and a traced neuron, ours and the peers' side by side in one run.

    python benchmarks/dendrites.py [--quick] [--morphologies FOLDER] [--gradient [ROW ...]]

Squid membrane, 50 ms at dt = 0.025 ms (2000 steps); see simulators/dendrites.py. Each case has a process of its own that
has compiled before; times are medians. jaxneuro and Jaxley compute in float32 and record the root at every step; NEURON
and Arbor compute in float64. A compartment-step is one compartment of the simulator's own division for one step. "first"
is from an imported library to the first voltage, building and compiling included. The gradient is of a loss on the root's
voltage by three conductances in every compartment. Writes results/dendrites.json; simulators that are not installed are
said to be so; `pip install .[bench]` installs them. With --gradient only the gradients are measured, or only some rows of
them, into the last results.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import NATIVE_LOOP, RESULTS, machine, run, table, write

WHAT, CELLS = ("cable", "tree", "n144"), (1, 100)
CASES = [  # label, module, XLA flags, arguments
    ("jaxneuro", "jaxneuro_dendrites", "", {}),
    ("jaxneuro, native loop", "jaxneuro_dendrites", NATIVE_LOOP, {}),
    ("jaxneuro, Strang", "jaxneuro_dendrites", "", {"solver": "strang"}),
    ("Jaxley", "jaxley_dendrites", "", {}),
    ("Jaxley, native loop", "jaxley_dendrites", NATIVE_LOOP, {}),
    ("Jaxley, Crank-Nicolson", "jaxley_dendrites", "", {"solver": "crank_nicolson"}),
    ("NEURON", "neuron_dendrites", "", {}),
    ("NEURON, 2 threads", "neuron_dendrites", "", {"threads": 2}),
    ("CoreNEURON", "neuron_dendrites", "", {"core": True}),
    ("CoreNEURON, 2 threads", "neuron_dendrites", "", {"core": True, "threads": 2}),
    ("Arbor", "arbor_dendrites", "", {}),
    ("Arbor, 2 threads", "arbor_dendrites", "", {"threads": 2}),
]
OURS = ("jaxneuro", "jaxneuro, Strang")
GRADIENTS = [("cable", 1), ("tree", 1), ("n144", 1), ("n144", 64)]
WAYS = [
    *CASES[:3],
    ("jaxneuro, one core", "jaxneuro_dendrites", "", {"one_core": True}),
    ("Jaxley, checkpointed", "jaxley_dendrites", "", {"checkpoint": [45, 45]}),
]


def measure_forward(folder: str, whats: tuple, cells: tuple) -> list[dict]:
    """Rows: label, and by tree and number of cells what the case returned, with its rate."""
    rows = []
    for label, module, flags, options in CASES:
        row: dict = {"label": label, "points": {}, "failed": {}}
        for what in whats:
            for n in (n for n in cells if n > 1 or "threads" not in options):
                key = f"{what} x{n}"
                result = run(module, "forward", flags=flags, what=what, cells=n, folder=folder, **options)
                _note(row, key, result)
                if "value" in result:
                    steps = result["value"]["compartments"] * n * 2000
                    row["points"][key]["rate"] = steps / result["value"]["run_s"] / 1e6
        rows.append(row)
    return rows


def measure_gradient(folder: str, cases: list, labels: list[str] | None = None) -> list[dict]:
    """Rows: label, and by tree and number of parameter sets what the case returned; those of some labels, or all."""
    rows = []
    for label, module, flags, options in (way for way in WAYS if not labels or way[0] in labels):
        row: dict = {"label": label, "points": {}, "failed": {}}
        for what, n in cases:
            result = run(module, "gradient", flags=flags, what=what, cells=n, folder=folder, **options)
            _note(row, f"{what} x{n}", result)
        rows.append(row)
    return rows


def _note(row: dict, key: str, result: dict) -> None:
    if "value" in result:
        row["points"][key] = result["value"]
    else:
        row["failed"][key] = result["failed"]
    print(f"  {row['label']}, {key}: {result.get('failed') or format(result['wall_s'], '.0f') + ' s'}", file=sys.stderr)


def show(heading: str, rows: list[dict], columns: list[str], get) -> str:
    lines = [
        [row["label"], *(f"{get(row['points'][c]):.3g}" if c in row["points"] else row["failed"].get(c, "")[:20]
                         for c in columns)]
        for row in rows
    ]  # fmt: skip
    return table([heading, *columns], lines)


def ratios(rows: list[dict], columns: list[str]) -> dict:
    """How many times faster our faster method runs the same cells than each peer, default flags, by column."""
    found = {}
    for column in columns:
        seconds = {row["label"]: row["points"][column]["run_s"] for row in rows if column in row["points"]}
        ours = min((s for label, s in seconds.items() if label in OURS), default=None)
        peers = {label: s for label, s in seconds.items() if not label.startswith("jaxneuro")}
        if ours and peers:
            found[column] = {label: s / ours for label, s in peers.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the cable only")
    parser.add_argument("--morphologies", default="../shared/data/morphologies", help="folder with a file *n144.swc")
    rows = [way[0] for way in WAYS]
    parser.add_argument(
        "--gradient", nargs="*", choices=rows, metavar="ROW", help=f"only gradients, of {', '.join(rows)}"
    )
    options = parser.parse_args()
    folder, whats, gradients = options.morphologies, WHAT, GRADIENTS
    if options.quick or not list(Path(folder).glob("*n144.swc")):
        print("without n144.swc" if not options.quick else "the cable only", file=sys.stderr)
        whats = WHAT[:1] if options.quick else WHAT[:2]
        gradients = [case for case in GRADIENTS if case[0] in whats]
    folder = str(Path(folder).resolve())
    name = f"dendrites{'_quick' if options.quick else ''}"
    if options.gradient is None:
        report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
        report["forward"] = measure_forward(folder, whats, CELLS)
        report["gradient"] = measure_gradient(folder, gradients)
    else:
        report = json.loads((RESULTS / f"{name}.json").read_text())
        new = {row["label"]: row for row in measure_gradient(folder, gradients, options.gradient)}
        report["gradient"] = [new.get(row["label"], row) for row in report["gradient"]]
    columns = [f"{what} x{n}" for what in whats for n in CELLS]
    report["ratios"] = ratios(report["forward"], columns)
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start\n")
    print(show("million compartment-steps a second", report["forward"], columns, lambda p: p["rate"]))
    print("\n" + show("first voltage after [s]", report["forward"], columns, lambda p: p["first_s"]))
    for column, found in report["ratios"].items():
        print(f"  {column}, times faster: " + ", ".join(f"{label} {r:.2f}" for label, r in found.items()))
    columns = [f"{what} x{n}" for what, n in gradients]
    print("\n" + show("gradient [µs a step]", report["gradient"], columns, lambda p: 1e6 * p["run_s"] / p["steps"]))
    print("\n" + show("gradient / forward", report["gradient"], columns, lambda p: p["run_s"] / p["forward_s"]))
    print("\n" + show("temporary memory [MB]", report["gradient"], columns, lambda p: p["temporary_mb"]))
    print(write(name, report))


if __name__ == "__main__":
    main()
