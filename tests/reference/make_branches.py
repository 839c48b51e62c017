"""Write branches.json: what NEURON 9.0.2 makes of a cell of five sections.

python tests/reference/make_branches.py
"""

import json
from pathlib import Path

import numpy as np
from neuron import h

h.load_file("stdrun.hoc")
CELL = {
    "parents": [-1, 0, 1, 1, -1],
    "lengths": [20.0, 150.0, 80.0, 60.0, 100.0],
    "radii": [10.0, 1.0, 0.5, 0.7, 0.4],
    "names": ["soma", "dend[0]", "dend[1]", "dend[2]", "axon"],
    "compartments": [1, 7, 5, 3, 4],
}
PLACES = ["soma(0)", "soma(0.5)", "soma(1)", "dend[0](0)", "dend[0](0.4)", "dend[0](1)", "dend[1](1)", "dend[2](0.5)",
          "axon(0.3)", "axon(1)"]  # fmt: skip


def sections(mechanism: str) -> list:
    made = []
    columns = (CELL[name] for name in ("parents", "lengths", "radii", "names", "compartments"))
    for parent, length, radius, name, count in zip(*columns, strict=True):
        section = h.Section(name=name.replace("[", "").replace("]", ""))
        section.L, section.diam, section.nseg, section.Ra, section.cm = length, 2 * radius, count, 100, 1
        section.insert(mechanism)
        if made:
            section.connect(made[parent](1) if parent >= 0 else made[0](0), 0)
        made.append(section)
    for section in made:
        for segment in section:
            if mechanism == "pas":
                segment.pas.g, segment.pas.e = 1e-4, -65
            else:
                segment.hh.el = -54.387
    return made


def at(made: list, place: str):
    name, x = place[:-1].split("(")
    return made[CELL["names"].index(name)](float(x))


def run(made: list, into: str, current: float, start: float, duration: float) -> np.ndarray:
    """Voltages at the places (place, time)."""
    clamp = h.IClamp(at(made, into))
    clamp.delay, clamp.dur, clamp.amp = start, 1e9, current
    recorded = [h.Vector().record(at(made, place)._ref_v) for place in PLACES]
    h.v_init = -65
    h.finitialize(-65)
    h.continuerun(duration)
    return np.array([np.array(v) for v in recorded])


def steady() -> list:
    """Depolarisation at each place by 0.1 nA into each, [into][place] [mV]."""
    made = sections("pas")
    h.secondorder, h.dt = 0, 1.0
    return [(run(made, place, 0.1, 0.0, 400.0)[:, -1] + 65.0).tolist() for place in PLACES]


def transient() -> list:
    """At each place and millisecond, 0.1 nA into the middle of a branch from 1 ms on, [place][ms] [mV]."""
    h.secondorder, h.dt = 1, 0.001
    return run(sections("pas"), "dend[2](0.5)", 0.1, 1.0, 5.0)[:, ::1000].tolist()


def spikes() -> list:
    """Times of spikes at the soma and at a tip, 0.8 nA into another tip from 1 ms on [ms]."""
    made = sections("hh")
    h.celsius, h.usetable_hh, h.secondorder = 6.3, 0, 0
    solver = h.CVode()
    solver.active(1)
    solver.atol(1e-10)
    solver.condition_order(2)
    counters = []
    for place in ("soma(0.5)", "dend[2](1)"):
        segment, times = at(made, place), h.Vector()
        counter = h.NetCon(segment._ref_v, None, sec=segment.sec)
        counter.threshold = 0
        counter.record(times)
        counters.append((counter, times))
    run(made, "dend[1](1)", 0.8, 1.0, 25.0)
    return [list(times) for _, times in counters]


found = {"cell": CELL, "places": PLACES, "steady": steady(), "transient": transient(), "spikes": spikes()}
Path(__file__).with_name("branches.json").write_text(json.dumps(found) + "\n")
