"""COBAHH, 4000 cells and 320 000 synapses for 1 s, ours and the peers' side by side in one run.

    python benchmarks/cobahh.py [--quick] [--gradient]

Step 0.1 ms. The original has no delays: Brian2 delivers spikes at the end of the step, jaxneuro and NEURON after one
step. A quarter of the step says what of a difference in rates is the method's. Each seed has its own connections and
start, the same for all simulators. Times are of the loop, medians of repeated runs (jaxneuro) or over seeds (Brian2,
NEURON); jaxneuro computes in float32, the others in float64. Writes results/cobahh.json. Simulators that are not
installed are said to be so; `pip install .[bench]` installs them.

With --gradient instead: derivatives of the activity, the fraction of the 4000 cells in a spike in the mean over a short run,
by the four weights, in reverse and forward mode. They are held against central differences in float64; times and XLA's count
of temporary memory are of float32. Writes results/cobahh_gradient.json.
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, run, table, write

DT = 0.1  # ms
SHORT = (10.0, 20.0, 40.0)  # ms: later the derivatives are right and of no use, they grow tenfold every 40 ms
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


def measure_gradient(durations: list[float]) -> list[dict]:
    """A row for each duration: derivatives in both precisions and modes, their errors, and what they cost."""
    rows = []
    for duration in durations:
        parts = {}
        for precision in ("float64", "float32"):
            options = {"durations": [duration], "dt": DT, "seed": 0, "double": precision == "float64"}
            result = run("cobahh_jaxneuro", "gradient", timeout=900.0, **options)
            print(f"  {duration:g} ms, {precision}: {result.get('failed') or format(result['wall_s'], '.0f') + ' s'}",
                  file=sys.stderr)  # fmt: skip
            parts[precision] = result["value"][0] if "value" in result else {"failed": result["failed"]}
        rows.append({"duration": duration, **parts})
    return rows


def _worst(found: list[float], expected: list[float]) -> float:
    return max(abs(a / b - 1) for a, b in zip(found, expected, strict=True))


def show_gradient(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        exact, single = row["float64"], row["float32"]
        if "failed" in exact or "failed" in single:
            lines.append([f"{row['duration']:g}", (exact.get("failed") or single["failed"])[:40], *[""] * 9])
            continue
        forward_s = single["activity_cost"]["run_s"]
        elasticity = [g * w / exact["activity"] for g, w in zip(exact["reverse"], exact["at"], strict=True)]
        lines.append([f"{row['duration']:g}", f"{exact['activity']:.4f}", " ".join(f"{e:.3g}" for e in elasticity),
                      f"{_worst(exact['reverse'], exact['differences']):.0e}",
                      f"{_worst(exact['forward'], exact['reverse']):.0e}",
                      f"{_worst(single['reverse'], exact['reverse']):.0e}",
                      *(f"{single[f'{way}_cost']['run_s'] / forward_s:.1f}" for way in ("reverse", "forward")),
                      *(f"{single[f'{way}_cost']['temporary_mb']:.0f}"
                        for way in ("activity", "reverse", "forward"))])  # fmt: skip
    return table(["run ms", "activity", "elasticities ee ei ie ii", "off differences", "forward off reverse", "float32 off",
                  "reverse x run", "forward x run", "MB run", "MB reverse", "MB forward"], lines)  # fmt: skip


def gradient(durations: list[float], suffix: str) -> None:
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[3].split())}
    report["gradient"] = measure_gradient(durations)
    print(show_gradient(report["gradient"]))
    print(write(f"cobahh_gradient{suffix}", report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="100 ms, one seed; with --gradient 10 ms")
    parser.add_argument("--gradient", action="store_true", help="the derivatives by the four weights instead")
    options = parser.parse_args()
    if options.gradient:
        return gradient(list(SHORT[:1] if options.quick else SHORT), "_quick" * options.quick)
    duration, seeds = (100.0, [0]) if options.quick else (1000.0, [0, 1, 2])
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
    report["cobahh"] = measure(duration, seeds)
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start\n")
    print(show(report["cobahh"]))
    print(write("cobahh_quick" if options.quick else "cobahh", report))


if __name__ == "__main__":
    main()
