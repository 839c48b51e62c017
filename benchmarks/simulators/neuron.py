"""NEURON, its own `hh`, float64; voltage recorded where spikes are read, not in populations."""

import time

import numpy as np
from neuron import h

from ..case import timed
from .problem import AMPLITUDE, AREA, DT, DURATION, LEAK_REVERSAL, ONSET, START, sodium_conductances, spike_times

SIDE = float(np.sqrt(AREA / np.pi))  # µm: length and diameter of a cylinder of that area


def build(conductances: np.ndarray) -> list:
    """One section a cell, and its electrode; returned to be kept alive."""
    h.celsius = 6.3
    kept = []
    for g_max in conductances:
        section = h.Section()
        section.L = section.diam = SIDE
        section.cm = 1.0
        section.insert("hh")
        section.el_hh, section.ena, section.ek = LEAK_REVERSAL, 50.0, -77.0
        section.gnabar_hh = 1e-3 * g_max
        clamp = h.IClamp(section(0.5))
        clamp.delay, clamp.dur, clamp.amp = ONSET, 1e9, AMPLITUDE * AREA * 1e-5
        kept.append((section, clamp))
    return kept


def run(context) -> None:
    """From the start to the end."""
    h.finitialize(START)
    context.set_maxstep(10)
    context.psolve(DURATION)


def accuracy(method: str, settings: list[float], table: bool = False) -> list[dict]:
    """Spike times and run time of one cell at each step [ms], or absolute tolerance for cvode."""
    cells = build(np.array([120.0]))
    context = h.ParallelContext()
    h.usetable_hh = int(table)
    adaptive = method == "cvode"
    control = h.CVode()
    control.active(int(adaptive))
    h.secondorder = 2 if method == "secondorder=2" else 0
    found = []
    for setting in settings:
        t, v = h.Vector(), h.Vector()
        if adaptive:
            control.atol(setting)
            v.record(cells[0][0](0.5)._ref_v, DT)
            t.record(h._ref_t, DT)
        else:
            h.dt = setting
            v.record(cells[0][0](0.5)._ref_v)
            t.record(h._ref_t)
        run(context)
        times = timed(lambda: run(context))
        found.append({"setting": setting, "spikes": spike_times(np.array(t), np.array(v)), **times})
    return found


def population(sizes: list[int], threads: int = 1) -> list[dict]:
    """Run time of populations, rates from NEURON's table (its default, and its fastest); nothing recorded."""
    context = h.ParallelContext()
    found = []
    for size in sizes:
        began = time.perf_counter()
        cells = build(sodium_conductances(size))
        built = time.perf_counter() - began
        context.nthread(threads)
        h.dt = DT
        times = timed(lambda: run(context))
        found.append({"size": size, "compile_s": built, **times})
        del cells
    return found


def first_trace() -> float:
    """The first trace of a process."""
    cells = build(np.array([120.0]))
    h.dt = DT
    v = h.Vector().record(cells[0][0](0.5)._ref_v)
    run(h.ParallelContext())
    return float(v[-1])
