"""Speed: populations, gradients and the first result of a process, ours and the peers' side by side in one run.

    python benchmarks/speed.py [--quick] [--only population|gradient|first]

Squid axons, 100 ms at dt = 0.025 ms (4000 steps). Times are medians of repeated runs in a process that has compiled
before; each case has a process of its own. jaxneuro and Jaxley compute in float32 and record every voltage at every
step; NEURON and Brian2 compute in float64, and of a population they record nothing; the C kernel (float32, the same
scheme, vector exponentials, no recording) is the limit. Writes results/speed.json. Simulators that are not installed
are said to be so; `pip install .[bench]` installs them.
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import NATIVE_LOOP, machine, run, table, write

STEPS = 4000
SIZES = [1, 100, 1000, 10_000]
GRADIENT_SIZES = [1, 100, 1000]
TWO_DEVICES = "--xla_force_host_platform_device_count=2"
BLOCKS = [64, 63]  # Jaxley's nested checkpoints: 4032 steps
OURS, OURS_NATIVE = "jaxneuro", "jaxneuro, native loop"

Case = tuple[str, str, str, dict]  # label, module, XLA flags, arguments


def population_cases(sizes: list[int]) -> list[Case]:
    """Every way to run a population forward."""
    large = [size for size in sizes if size >= 1000] or sizes[-1:]
    return [
        (OURS, "jaxneuro", "", {"sizes": sizes}),
        (OURS_NATIVE, "jaxneuro", NATIVE_LOOP, {"sizes": sizes}),
        ("jaxneuro, 2 devices", "jaxneuro", TWO_DEVICES, {"sizes": large, "devices": 2}),
        (f"{OURS_NATIVE}, 2 devices", "jaxneuro", f"{NATIVE_LOOP} {TWO_DEVICES}", {"sizes": large, "devices": 2}),
        (f"{OURS_NATIVE}, every 40th step recorded", "jaxneuro", NATIVE_LOOP, {"sizes": large, "every": 40}),
        ("Jaxley", "jaxley", "", {"sizes": sizes}),
        ("Jaxley, native loop", "jaxley", NATIVE_LOOP, {"sizes": sizes}),
        ("NEURON", "neuron", "", {"sizes": sizes}),
        ("NEURON, 2 threads", "neuron", "", {"sizes": large, "threads": 2}),
        ("Brian2 C++", "brian2", "", {"sizes": sizes}),
        ("Brian2 C++, 2 threads", "brian2", "", {"sizes": large, "threads": 2}),
        ("C kernel", "c_kernel", "", {"sizes": sizes}),
        ("C kernel, 2 threads", "c_kernel", "", {"sizes": large, "threads": 2}),
    ]  # fmt: skip


def gradient_cases(sizes: list[int]) -> list[Case]:
    """Every way to differentiate a population by three conductances a cell."""
    ways = [(OURS, "jaxneuro", "", {}), (OURS_NATIVE, "jaxneuro", NATIVE_LOOP, {}),
            ("Jaxley, plain", "jaxley", "", {}), ("Jaxley, checkpointed", "jaxley", "", {"checkpoint": BLOCKS}),
            ("Jaxley, checkpointed, native loop", "jaxley", NATIVE_LOOP, {"checkpoint": BLOCKS})]  # fmt: skip
    return [(label, module, flags, {"size": n, **options}) for label, module, flags, options in ways for n in sizes]


FIRST = [("trace", label, module, "first_trace") for label, module in
         ((OURS, "jaxneuro"), ("Jaxley", "jaxley"), ("NEURON", "neuron"), ("Brian2 C++", "brian2"))]  # fmt: skip
FIRST += [("gradient", label, module, "first_gradient") for label, module in ((OURS, "jaxneuro"), ("Jaxley", "jaxley"))]


def measure_population(sizes: list[int]) -> list[dict]:
    """Rows: label, and by size the run time and the rate."""
    rows = []
    for label, module, flags, arguments in population_cases(sizes):
        result = run(module, "population", flags=flags, **arguments)
        points = {p["size"]: {**p, "rate": p["size"] * STEPS / p["run_s"] / 1e6} for p in result.get("value", [])}
        rows.append({"label": label, "points": points, "failed": result.get("failed")})
        _progress(label, result)
    return rows


def measure_gradient(sizes: list[int]) -> list[dict]:
    """Rows: label, and by size what the case returned."""
    rows: dict[str, dict] = {}
    for label, module, flags, arguments in gradient_cases(sizes):
        result = run(module, "gradient", flags=flags, **arguments)
        row = rows.setdefault(label, {"label": label, "points": {}, "failed": None})
        if "value" in result:
            row["points"][arguments["size"]] = result["value"]
        row["failed"] = row["failed"] or result.get("failed")
        _progress(f"gradient, {label}, {arguments['size']}", result)
    return list(rows.values())


def measure_first(repeats: int) -> list[dict]:
    """Rows: from the start of a process, imports and compilation included, to its first result [s]."""
    rows = []
    for what, label, module, function in FIRST:
        results = [run(module, function) for _ in range(repeats)]
        times = [result["wall_s"] for result in results if "wall_s" in result]
        seconds = statistics.median(times) if times else None
        rows.append(
            {"what": what, "label": label, "seconds": seconds, "all": times, "failed": results[0].get("failed")}
        )
        _progress(f"first {what}, {label}", results[-1])
    return rows


def show_population(rows: list[dict], sizes: list[int]) -> str:
    lines = [[row["label"], *(_number(row, n, lambda p: p["rate"]) for n in sizes)] for row in rows]
    return table(["million cell-steps a second, cells:", *map(str, sizes)], lines)


def show_gradient(rows: list[dict], sizes: list[int]) -> str:
    columns = {"µs a step": lambda p: 1e6 * p["run_s"] / STEPS, "x forward": lambda p: p["run_s"] / p["forward_s"],
               "peak MB": lambda p: p["peak_mb"], "NaN": lambda p: 0 if p["finite"] else 1}  # fmt: skip
    heading = [f"{what} ({n})" for what in columns for n in sizes]
    lines = [[row["label"], *(_number(row, n, get) for get in columns.values() for n in sizes)] for row in rows]
    return table(["gradient, cells in brackets", *heading], lines)


def show_first(rows: list[dict]) -> str:
    lines = [[f"first {r['what']}, {r['label']}", f"{r['seconds']:.2f}" if r["seconds"] else r["failed"]] for r in rows]
    return table(["fresh process", "s"], lines)


def ratios(report: dict) -> list[dict]:
    """How many times faster than each peer we are, default flags against default flags, native against native."""
    found = []
    for kind, key in (("population", "population"), ("gradient", "gradient")):
        rows = {row["label"]: row["points"] for row in report.get(key, [])}
        peers = [label for label in rows if not label.startswith(OURS) and "2 threads" not in label]
        for label in peers:
            ours = OURS_NATIVE if "native" in label or label == "C kernel" else OURS
            found.append(_ratio(f"{kind}: {ours} / {label}", rows.get(ours, {}), rows[label]))
            if label in ("Jaxley", "Jaxley, checkpointed"):
                found.append(_ratio(f"{kind}: {OURS_NATIVE} / {label}", rows.get(OURS_NATIVE, {}), rows[label]))
        for label in (label for label in rows if "2 threads" in label):
            best = "jaxneuro, native loop, 2 devices" if label.startswith("C kernel") else "jaxneuro, 2 devices"
            found.append(_ratio(f"{kind}: {best} / {label}", rows.get(best, {}), rows[label]))
    first = {(row["what"], row["label"]): row["seconds"] for row in report.get("first", [])}
    for (what, label), seconds in first.items():
        if label != OURS and seconds and first.get((what, OURS)):
            found.append({"what": f"first {what}: {OURS} / {label}", "ratio": {"": seconds / first[what, OURS]}})
    return [row for row in found if row["ratio"]]


def _ratio(what: str, ours: dict, theirs: dict) -> dict:
    return {"what": what, "ratio": {str(n): theirs[n]["run_s"] / ours[n]["run_s"] for n in ours if n in theirs}}


def show_ratios(rows: list[dict], sizes: list[int]) -> str:
    columns = [*map(str, sizes), ""]
    lines = [[row["what"], *(f"{row['ratio'][n]:.2f}" if n in row["ratio"] else "" for n in columns)] for row in rows]
    return table(["times faster, cells:", *columns], lines)


def _number(row: dict, size: int, get) -> str:
    if size in row["points"]:
        return f"{get(row['points'][size]):.3g}"
    return (row["failed"] or "")[:40]


def _progress(label: str, result: dict) -> None:
    print(f"  {label}: {result.get('failed') or format(result['wall_s'], '.0f') + ' s'}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="100 cells only, one repeat of the first results")
    parser.add_argument("--only", choices=["population", "gradient", "first"], help="one part")
    options = parser.parse_args()
    sizes, gradient_sizes = ([100], [100]) if options.quick else (SIZES, GRADIENT_SIZES)
    parts = [options.only] if options.only else ["population", "gradient", "first"]
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
    if "first" in parts:
        report["first"] = measure_first(1 if options.quick else 3)
    if "population" in parts:
        report["population"] = measure_population(sizes)
    if "gradient" in parts:
        report["gradient"] = measure_gradient(gradient_sizes)
    report["ratios"] = ratios(report)
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start")
    if "population" in parts:
        print("\n" + show_population(report["population"], sizes))
    if "gradient" in parts:
        print("\n" + show_gradient(report["gradient"], gradient_sizes))
    if "first" in parts:
        print("\n" + show_first(report["first"]))
    print("\n" + show_ratios(report["ratios"], sizes))
    part = "_quick" if options.quick else f"_{options.only}" if options.only else ""  # leave the full report alone
    print(write(f"speed{part}", report))


if __name__ == "__main__":
    main()
