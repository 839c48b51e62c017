"""Run one case of a benchmark in a process of its own, and say on what machine.

A case is a function of a module in `benchmarks/simulators/`. It runs in a fresh interpreter (`sys.executable`), so that
neither the compilation cache, nor the memory, nor the flags of one case reach another.
"""

import contextlib
import importlib
import importlib.metadata
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("jaxneuro", "jax", "jaxlib", "diffrax", "equinox", "jaxley", "neuron", "brian2", "arbor", "numpy")

# Compiles the whole time loop into one native function, with the widest vectors; see docs/solvers.md.
NATIVE_LOOP = (
    "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000 --xla_cpu_prefer_vector_width=512"
)
MARK = "RESULT "


def run(
    module: str, function: str, *, flags: str = "", timeout: float = 240.0, one_core: bool = False, **arguments
) -> dict:
    """Run `benchmarks.simulators.MODULE.FUNCTION(**arguments)` in a fresh process.

    Args:
        module: Name of the simulator's module.
        function: Name of the function; it returns what JSON can hold.
        flags: XLA_FLAGS of the process.
        timeout: Kill it after so long [s].
        one_core: Keep the process on one core (Linux): XLA then splits no kernel over threads.
        arguments: Passed on.

    Returns:
        `value`: what the function returned, `wall_s`: from the start of the process to the end of the function;
        or `failed`: why there is no value.
    """
    command = [sys.executable, "-m", "benchmarks.case", module, function, json.dumps(arguments)]
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if one_core:
        command = ["taskset", "-c", "0", *command]
    began = time.time()
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"failed": f"no result after {timeout:g} s"}
    marked = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if marked:
        result = json.loads(marked[-1].removeprefix(MARK))
        return {"value": result["value"], "wall_s": result["finished_at"] - began}
    errors = [line for line in done.stderr.splitlines() if re.match(r"[\w.]*(Error|Exception)\b", line)]
    last = (errors or done.stderr.strip().splitlines() or ["no output"])[-1]
    return {"failed": f"not installed ({last})" if last.startswith("ModuleNotFoundError") else last[:120]}


def timed(function: Callable[[], object], least: int = 3, most: int = 30, seconds: float = 0.7) -> dict:
    """Time repeated calls: `least` times at least, then until `seconds` or `most` calls are reached.

    Returns:
        `run_s`: median [s], `fastest_s`, `slowest_s`, `repeats`.
    """
    times: list[float] = []
    while len(times) < least or (len(times) < most and sum(times) < seconds):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return {"run_s": statistics.median(times), "fastest_s": min(times), "slowest_s": max(times), "repeats": len(times)}


def peak_memory_mb() -> float:
    """Largest resident set of this process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def machine() -> dict:
    """Processor, cores, memory, load, versions."""
    model = platform.processor()
    memory = None
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {"cpu": model, "cores": os.cpu_count(), "memory_gb": memory, "system": platform.platform(),
            "load_at_start": os.getloadavg()[0], "date": time.strftime("%Y-%m-%d"), "versions": versions}  # fmt: skip


def write(name: str, report: dict) -> Path:
    """Write a report to benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    return path


def table(heading: list[str], rows: list[list[str]]) -> str:
    """Text columns, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in [heading, *rows]) for i in range(len(heading))]
    lines = [[cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
             for row in [heading, *rows]]  # fmt: skip
    lines.insert(1, ["-" * w for w in widths])
    return "\n".join("  ".join(line) for line in lines)


if __name__ == "__main__":
    module, function, arguments = sys.argv[1:]
    value = getattr(importlib.import_module(f"benchmarks.simulators.{module}"), function)(**json.loads(arguments))
    print(MARK + json.dumps({"value": value, "finished_at": time.time()}))
