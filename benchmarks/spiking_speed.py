"""Speed and memory of spiking networks at a fixed step: ours, Spyx and snnTorch side by side in one run.

    python benchmarks/spiking_speed.py [--quick]

Three dense layers of leaky integrate-and-fire neurons, batch 64, 500 steps, fast-sigmoid surrogate of sharpness 25, float32;
forward, and the gradient of the squared error of the last layer's rates by all weights. Times are medians of repeated runs in
a process that has compiled before, each case in a process of its own. Memory of a gradient is XLA's own count of temporary
buffers; of snnTorch, the tensors that its graph keeps. Then the memory and time of our gradient at 2000 steps, with and without
checkpoints; then leaky integrators one step after the other and in parallel over time. Writes results/spiking_speed.json.
Peers that are not installed are said to be so; they install beside jaxneuro by
`pip install spyx==1.0.0 snntorch==1.0.0 torch==2.13.0`.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import case
from benchmarks.case import machine, run, table, write

case.PACKAGES += ("flax", "spyx", "snntorch", "torch")
SIZES, STEPS = [128, 256, 512, 1024], 500
PACKAGES = {"jaxneuro": "spiking_jaxneuro", "Spyx": "spiking_spyx", "snnTorch": "spiking_snntorch"}


def measure_layers(sizes: list[int]) -> list[dict]:
    """Rows: package, size, and what the case returned."""
    rows = []
    for size in sizes:
        for label, module in PACKAGES.items():
            rows.append(
                {"label": label, "size": size, **_case(f"{label}, {size}", module, "layers", size=size, steps=STEPS)}
            )
    return rows


def measure_checkpoints(size: int, steps: int) -> list[dict]:
    """Rows: kind of checkpoint, and what the case returned."""
    ways = {"all kept": steps, "default": None, "sqrt": "sqrt"}
    rows = []
    for label, way in ways.items():
        found = _case(f"{label}", "spiking_jaxneuro", "checkpoint", size=size, steps=steps, checkpoint=way)
        rows.append({"label": label, "size": size, "steps": steps, **found})
    return rows


def measure_readout() -> list[dict]:
    """Rows: steps, sequential or parallel, and what the case returned."""
    rows = []
    for steps in (500, 4000):
        for label, parallel in (("sequential", False), ("parallel", True)):
            found = _case(
                f"readout, {steps}, {label}", "spiking_jaxneuro", "readout", size=64, steps=steps, parallel=parallel
            )
            rows.append({"label": label, "steps": steps, **found})
    return rows


def _case(what: str, module: str, function: str, **arguments) -> dict:
    result = run(module, function, **arguments)
    print(f"  {what}: {result.get('failed') or format(result['wall_s'], '.0f') + ' s'}", file=sys.stderr)
    return result.get("value", {"failed": result.get("failed")})


def show_layers(rows: list[dict]) -> str:
    lines = [
        [f"{row['label']}, {row['size']} neurons", *_times(row), _number(row, "gradient", "temporary_mb", 1),
         _number(row, "gradient", "compile_s", 1)]
        for row in rows
    ]  # fmt: skip
    return table(["", "forward ms", "gradient ms", "gradient MB", "compile s"], lines)


def _times(row: dict) -> list[str]:
    return [_number(row, what, "run_s", 1e3) for what in ("forward", "gradient")]


def _number(row: dict, what: str, field: str, scale: float) -> str:
    value = row.get(what, {}).get(field)
    return f"{value * scale:.3g}" if value is not None else (row.get("failed") or "")[:30]


def ratios(rows: list[dict]) -> list[dict]:
    """How many times each peer takes our time and memory."""
    ours = {row["size"]: row for row in rows if row["label"] == "jaxneuro"}
    columns = [("forward", "run_s"), ("gradient", "run_s"), ("gradient", "temporary_mb"), ("gradient", "compile_s")]
    found = []
    for row in rows:
        pairs = {f"{what} {field}": (row.get(what, {}).get(field), ours[row["size"]].get(what, {}).get(field))
                 for what, field in columns}  # fmt: skip
        if row["label"] != "jaxneuro":
            found.append({"label": row["label"], "size": row["size"],
                          **{name: theirs / own for name, (theirs, own) in pairs.items() if theirs and own}})  # fmt: skip
    return found


def show_ratios(rows: list[dict]) -> str:
    columns = ["forward run_s", "gradient run_s", "gradient temporary_mb", "gradient compile_s"]
    lines = [[f"{r['label']}, {r['size']}", *(f"{r[c]:.2f}" if c in r else "" for c in columns)] for r in rows]
    return table(["times ours", "forward", "gradient", "memory", "compile"], lines)


def show_checkpoints(rows: list[dict]) -> str:
    lines = [
        [row["label"], _number(row, "gradient", "run_s", 1e3), _number(row, "gradient", "temporary_mb", 1)]
        for row in rows
    ]
    return table([f"gradient, {rows[0]['size']} neurons, {rows[0]['steps']} steps", "ms", "MB"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="128 neurons only")
    options = parser.parse_args()
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
    report["layers"] = measure_layers(SIZES[:1] if options.quick else SIZES)
    report["ratios"] = ratios(report["layers"])
    report["checkpoints"] = measure_checkpoints(128, 2000)
    report["readout"] = measure_readout()
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start\n")
    print(show_layers(report["layers"]) + "\n\n" + show_ratios(report["ratios"]))
    print("\n" + show_checkpoints(report["checkpoints"]))
    lines = [[f"{row['label']}, {row['steps']} steps", *_times(row)] for row in report["readout"]]
    print("\n" + table(["10 leaky integrators", "forward ms", "gradient ms"], lines))
    print(write("spiking_speed_quick" if options.quick else "spiking_speed", report))


if __name__ == "__main__":
    main()
