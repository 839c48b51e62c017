"""The hand-written C kernel, compiled when the benchmark runs, if there is a C compiler."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ..case import timed
from .problem import AMPLITUDE, DT, LEAK_REVERSAL, ONSET, STEPS, sodium_conductances

OPTIONS = ("-O3", "-march=native", "-ffast-math", "-fopenmp", "-shared", "-fPIC")


def population(sizes: list[int], threads: int = 1, record: bool = False) -> list[dict]:
    """Run time of populations in float32, on so many threads.

    Raises:
        ModuleNotFoundError: without a C compiler.
    """
    compiler = shutil.which("gcc")
    if compiler is None:
        raise ModuleNotFoundError("no C compiler: gcc")
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read when the library is loaded
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "hh_kernel.so"
        source = Path(__file__).with_name("hh_kernel.c")
        subprocess.run([compiler, *OPTIONS, str(source), "-o", str(library), "-lm"], check=True)
        simulate = ctypes.CDLL(str(library)).simulate
    return [{"size": size, **_run(simulate, size, record)} for size in sizes]


def _run(simulate, size: int, record: bool) -> dict:
    g_max = sodium_conductances(size).astype(np.float32)
    v, rows = np.empty(size, np.float32), np.empty((STEPS, size) if record else 1, np.float32)
    pointer = ctypes.POINTER(ctypes.c_float)
    numbers = [ctypes.c_float(x) for x in (DT, AMPLITUDE, LEAK_REVERSAL)]
    arrays = [x.ctypes.data_as(pointer) for x in (g_max, v, rows)]
    times = timed(
        lambda: simulate(size, STEPS, round(ONSET / DT), *numbers, *arrays[:2], arrays[2] if record else None)
    )
    spikes = int(((rows[:-1] < 0) & (rows[1:] >= 0)).sum()) if record else None
    return {"spikes": spikes, **times}
