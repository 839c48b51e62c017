"""Brian2 as a C++ program (standalone mode), float64; the time is that of the program's own loop."""

import statistics
import tempfile
import time

import brian2 as b2
import numpy as np

from .problem import AMPLITUDE, DT, DURATION, LEAK_REVERSAL, ONSET, START, sodium_conductances, spike_times

EQUATIONS = """
dv/dt = (current - g_na * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v - leak)) / ms : 1
dm/dt = (alpha_m * (1 - m) - beta_m * m) / ms : 1
dh/dt = (alpha_h * (1 - h) - beta_h * h) / ms : 1
dn/dt = (alpha_n * (1 - n) - beta_n * n) / ms : 1
alpha_m = 1 / exprel(-(v + 40) / 10) : 1
beta_m = 4 * exp(-(v + 65) / 18) : 1
alpha_h = 0.07 * exp(-(v + 65) / 20) : 1
beta_h = 1 / (1 + exp(-(v + 35) / 10)) : 1
alpha_n = 0.1 / exprel(-(v + 55) / 10) : 1
beta_n = 0.125 * exp(-(v + 65) / 80) : 1
current : 1 (shared)
g_na : 1
"""
NAMES = {"leak": LEAK_REVERSAL}
LONGER = DURATION / (DURATION - ONSET)  # the program reports the time of its last run only, which begins at the onset


def _program(size: int, dt: float, method: str, record: bool, threads: int, folder: str):
    """Write, compile and run once; returns the monitor and the seconds that writing and compiling took."""
    b2.device.reinit()
    b2.device.activate()
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    b2.defaultclock.dt = dt * b2.ms
    group = b2.NeuronGroup(size, EQUATIONS, method=method, namespace=NAMES)
    group.v, group.g_na = START, sodium_conductances(size)
    for gate in "mhn":
        setattr(group, gate, f"alpha_{gate} / (alpha_{gate} + beta_{gate})")
    monitor = b2.StateMonitor(group, "v", record=True) if record else None
    network = b2.Network(group, *([monitor] if record else []))
    network.run(ONSET * b2.ms)
    group.current = AMPLITUDE
    network.run((DURATION - ONSET) * b2.ms)
    began = time.perf_counter()
    b2.device.build(directory=folder, compile=True, run=False, with_output=False)
    built = time.perf_counter() - began
    b2.device.run(directory=folder, with_output=False)
    return monitor, built


def _timed(folder: str, repeats: int) -> dict:
    times = [LONGER * b2.device._last_run_time]
    for _ in range(repeats - 1):
        b2.device.run(directory=folder, with_output=False)
        times.append(LONGER * b2.device._last_run_time)
    return {"run_s": statistics.median(times), "fastest_s": min(times), "slowest_s": max(times), "repeats": repeats}


def accuracy(method: str, settings: list[float]) -> list[dict]:
    """Spike times and run time of one cell at each step [ms], voltage recorded."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for dt in settings:
            monitor, _ = _program(1, dt, method, True, 1, folder)
            spikes = spike_times(np.asarray(monitor.t / b2.ms), np.asarray(monitor.v[0]))
            found.append({"setting": dt, "spikes": spikes, **_timed(folder, 5)})
    return found


def population(sizes: list[int], threads: int = 1, method: str = "exponential_euler") -> list[dict]:
    """Run time of populations; nothing recorded, no threshold."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            _, built = _program(size, DT, method, False, threads, folder)
            found.append({"size": size, "compile_s": built, **_timed(folder, 3)})
    return found


def first_trace() -> float:
    """The first trace of a process, written and compiled anew."""
    with tempfile.TemporaryDirectory() as folder:
        monitor, _ = _program(1, DT, "exponential_euler", True, 1, folder)
        return float(monitor.v[0][-1])
