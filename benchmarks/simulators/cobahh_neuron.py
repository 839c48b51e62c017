"""NEURON on COBAHH, float64, one thread; its channels are compiled from traub.mod in a folder of their own."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from neuron import h

from .cobahh import AREA, CELLS, REVERSAL, SIZES, TAU, THRESHOLD, WEIGHT, connections, start

MECHANISM = Path(__file__).with_name("traub.mod")


def rate(duration: float, dt: float, seeds: list[int]) -> dict:
    """Run time, time to compile the channels and to build the cells, and the mean rate [Hz] for each seed."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        shutil.copy(MECHANISM, folder)
        compiler = Path(sys.executable).with_name("nrnivmodl")
        subprocess.run([compiler], cwd=folder, check=True, capture_output=True)
        h.nrn_load_dll(str(next(Path(folder).rglob("libnrnmech.so"))))
        compiled = time.perf_counter() - began
    rates, times, built = [], [], []
    for seed in seeds:
        began = time.perf_counter()
        cells = _build(seed, dt)
        built.append(time.perf_counter() - began)
        seconds, spikes = _run(cells, seed, duration, dt)
        times.append(seconds)
        rates.append(spikes / CELLS / duration * 1e3)
    return {"rates": rates, "compile_s": compiled, "build_s": float(np.median(built)), "run_s": float(np.median(times)),
            "fastest_s": min(times), "slowest_s": max(times), "repeats": len(times)}  # fmt: skip


def _build(seed: int, delay: float) -> tuple:
    sections, synapses, sources = [], {"exc": [], "inh": []}, []
    side = float(np.sqrt(AREA / np.pi))
    for _ in range(CELLS):
        section = h.Section()
        section.L = section.diam = side
        section.insert("traub")
        for kind, made in synapses.items():
            synapse = h.ExpSyn(section(0.5))
            synapse.tau, synapse.e = TAU[kind], REVERSAL[kind]
            made.append(synapse)
        sections.append(section)
    connected = []
    for pre, post in zip(*(x.tolist() for x in connections(seed)), strict=True):
        kind = "exc" if pre < SIZES["exc"] else "inh"
        section = sections[pre]
        connected.append(
            h.NetCon(section(0.5)._ref_v, synapses[kind][post], THRESHOLD, delay, WEIGHT[kind], sec=section)
        )
    times = h.Vector()
    for section in sections:
        source = h.NetCon(section(0.5)._ref_v, None, THRESHOLD, delay, 0.0, sec=section)
        source.record(times)
        sources.append(source)
    return sections, synapses, connected, sources, times


def _run(cells: tuple, seed: int, duration: float, dt: float) -> tuple[float, int]:
    sections, synapses, _, _, times = cells
    v, g = start(seed)
    h.dt = dt
    h.finitialize(-60.0)
    for i, section in enumerate(sections):
        section(0.5).v = v[i]
        for kind, made in synapses.items():
            made[i].g = g[kind][i]
    h.fcurrent()
    context = h.ParallelContext()
    context.set_maxstep(10)
    began = time.perf_counter()
    context.psolve(duration)
    return time.perf_counter() - began, int(times.size())
