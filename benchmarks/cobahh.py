"""COBAHH, 4000 cells and 320 000 synapses for 1 s, ours and the peers' side by side in one run.

    python benchmarks/cobahh.py [--quick]

Step 0.1 ms. The original has no delays: Brian2 delivers spikes at the end of the step, jaxneuro and NEURON after one
step. A quarter of the step says what of a difference in rates is the method's. Each seed has its own connections and
start, the same for all simulators. Times are of the loop, medians of repeated runs (jaxneuro) or over seeds (Brian2,
NEURON); jaxneuro computes in float32, the others in float64. Writes results/cobahh.json. Simulators that are not
installed are said to be so; `pip install .[bench]` installs them.
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, run, table, write

DT = 0.1  # ms
CASES = [
    ("jaxneuro", "cobahh_jaxneuro", "", {}),
    ("Brian2 C++", "cobahh_brian2", "", {"threads": 0}),
    ("Brian2 C++, 2 threads", "cobahh_brian2", "", {"threads": 2}),
    ("NEURON", "cobahh_neuron", "", {}),
    ("jaxneuro, a quarter of the step", "cobahh_jaxneuro", "", {"dt": DT / 4}),
    ("Brian2 C++, a quarter of the step", "cobahh_brian2", "", {"threads": 0, "dt": DT / 4}),
]


def measure(duration: float, seeds: list[int]) -> list[dict]:
    """A row for each simulator: times [s] and rates [Hz]."""
    rows = []
    for label, module, flags, arguments in CASES:
        options = {"dt": DT, **arguments}
        result = run(module, "rate", flags=flags, timeout=900.0, duration=duration, seeds=seeds, **options)
        rows.append({"label": label, **result.get("value", {}), "failed": result.get("failed")})
        print(f"  {label}: {result.get('failed') or format(result['wall_s'], '.0f') + ' s'}", file=sys.stderr)
    return rows


def show(rows: list[dict]) -> str:
    best = min(
        (row["run_s"] for row in rows if row["label"] == "jaxneuro" and "run_s" in row),
        default=None,
    )
    lines = []
    for row in rows:
        if row["failed"]:
            lines.append([row["label"], row["failed"][:40], "", "", "", ""])
            continue
        spread = statistics.stdev(row["rates"]) if len(row["rates"]) > 1 else float("nan")
        ratio = f"{row['run_s'] / best:.2f}" if best else ""
        lines.append([row["label"], f"{row['run_s']:.2f}", ratio, f"{row['compile_s']:.1f}",
                      f"{statistics.mean(row['rates']):.1f}", f"{spread:.1f}"])  # fmt: skip
    return table(["1 s of COBAHH", "run s", "x ours", "compile s", "rate Hz", "± seeds"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="100 ms, one seed")
    options = parser.parse_args()
    duration, seeds = (100.0, [0]) if options.quick else (1000.0, [0, 1, 2])
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
    report["cobahh"] = measure(duration, seeds)
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start\n")
    print(show(report["cobahh"]))
    print(write("cobahh_quick" if options.quick else "cobahh", report))


if __name__ == "__main__":
    main()
