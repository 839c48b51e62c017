"""NEURON and CoreNEURON: cells with dendrites, float64; the root's voltage recorded."""

import time

import numpy as np
from neuron import coreneuron, h

from ..case import timed
from .dendrites import CURRENT, DT, DURATION, LEAK_REVERSAL, ONSET, RESISTIVITY, START, TREES, sodium, traced


def build(what: str, folder: str, conductances: np.ndarray) -> tuple[list, int]:
    """What has to be kept alive, and the compartments of one cell."""
    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    h.celsius = 6.3
    kept, count = [], 0
    for g_max in conductances:
        sections = _branches(what) if what in TREES else _read(folder)
        count = sum(section.nseg for section in sections)
        for section in sections:
            section.Ra, section.cm = RESISTIVITY, 1.0
            section.insert("hh")
            section.el_hh, section.ena, section.ek, section.gnabar_hh = LEAK_REVERSAL, 50.0, -77.0, 1e-3 * g_max
        clamp = h.IClamp(sections[0](0.0))
        clamp.delay, clamp.dur, clamp.amp = ONSET, 1e9, CURRENT
        v = h.Vector().record(sections[0](0.5)._ref_v)
        kept.append((sections, clamp, v))
    return kept, count


def _branches(what: str) -> list:
    tree, sections = TREES[what](), []
    for above, length, radius in zip(tree.parent, tree.length, tree.radius, strict=True):
        section = h.Section()
        section.L, section.diam, section.nseg = length, 2 * radius, tree.compartments
        if above >= 0:
            section.connect(sections[above](1))
        sections.append(section)
    return sections


class _Holder:
    """What `Import3d_GUI` puts the sections of a file into."""


def _read(folder: str) -> list:
    reader = h.Import3d_SWC_read()
    reader.input(str(traced(folder)))
    holder = _Holder()
    h.Import3d_GUI(reader, False).instantiate(holder)
    return list(holder.all)


def forward(what: str, cells: int, folder: str, threads: int = 1, core: bool = False) -> dict:
    """Run time of one cell or many, rates from NEURON's table, its default; in `core` the run is CoreNEURON's."""
    began = time.perf_counter()
    kept, count = build(what, folder, sodium(cells))
    built = time.perf_counter() - began
    context = h.ParallelContext()
    context.nthread(threads)
    h.dt = DT
    if core:
        h.cvode.cache_efficient(1)
        coreneuron.enable, coreneuron.verbose = True, 0

    def run() -> None:
        h.finitialize(START)
        context.set_maxstep(10)
        context.psolve(DURATION)

    run()
    first = time.perf_counter() - began
    times = timed(run, seconds=1.0)
    v = np.array([np.array(each[2]) for each in kept])
    spikes = int(((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum())
    return {"compartments": count, "build_s": built, "first_s": first, "spikes": spikes, **times}
