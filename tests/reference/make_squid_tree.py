"""Write squid_tree.npz: spike times of a binary tree with squid membrane, from an eighth-order explicit method.

Six levels of branches of 100 µm in 4 compartments each: 63 branches, 252 compartments. The root is 2 µm thick and the diameters
follow Rall's law at every fork; Ra 100 Ω cm, Hodgkin & Huxley (1952) membrane at 6.3 °C, 0.4 nA into the first compartment
for 150 ms from 5 ms on. The space is as divided: what converges here is time. NEURON, given a Python that has it, solves the
same compartments with cvode, as a check on the equations.

    python tests/reference/make_squid_tree.py [PYTHON WITH NEURON]
"""

import json
import subprocess
import sys
from pathlib import Path

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro.biophysics.shape import BASAL, Morphology

jax.config.update("jax_enable_x64", True)
LEVELS, LENGTH, DIAMETER, DURATION = 6, 100.0, 2.0, 200.0
PROBES = (0, 15, 251)  # root, end of a branch of the fourth level, a tip: compartments are in depth-first order

NEURON = """
import json, sys
from neuron import h
h.load_file("stdrun.hoc")
levels, length, diameter, duration = json.loads(sys.argv[1])
sections = []
def grow(level, above):
    section = h.Section(name=f"branch{len(sections)}")
    section.L, section.diam, section.nseg, section.Ra, section.cm = length, diameter / 2 ** (2 * level / 3), 4, 100, 1
    section.insert("hh")
    for segment in section:
        segment.hh.el = -54.387
    sections.append(section)
    if above is not None:
        section.connect(above(1))
    for _ in range(2 if level + 1 < levels else 0):
        grow(level + 1, section)
grow(0, None)
h.celsius, h.v_init, h.usetable_hh = 6.3, -65, 0
stimulus = h.IClamp(sections[0](0.125))
stimulus.delay, stimulus.dur, stimulus.amp = 5, 150, 0.4
solver = h.CVode()
solver.active(1)
solver.atol(1e-9)
solver.condition_order(2)
counters = []
for probe in json.loads(sys.argv[2]):
    section, x = sections[probe // 4], (probe % 4 + 0.5) / 4
    counter = h.NetCon(section(x)._ref_v, None, sec=section)
    counter.threshold = 0
    times = h.Vector()
    counter.record(times)
    counters.append((counter, times))
h.finitialize(-65)
h.continuerun(duration)
print(json.dumps([list(times) for _, times in counters]))
"""


def binary_tree() -> Morphology:
    """Branches in depth-first order, each from the end of its parent; only lengths and radii matter."""
    position, radius, parent = [(0.0, 0.0, 0.0)], [DIAMETER / 2], [-1]

    def grow(level: int, above: int) -> None:
        thickness = DIAMETER / 2 / 2 ** (2 * level / 3)
        x, y, z = position[above]
        for step in (0.0, LENGTH) if level else (LENGTH,):  # a branch begins with its own radius where its parent ends
            position.append((x + step, y, z))
            radius.append(thickness)
            parent.append(above)
            above = len(parent) - 1
        for _ in range(2 if level + 1 < LEVELS else 0):
            grow(level + 1, above)

    grow(0, 0)
    position = np.array(position)
    above = np.maximum(parent, 0)
    joint = np.all(position == position[above], axis=-1)
    return Morphology(
        *map(jnp.asarray, (position, np.array(radius), np.array(parent), np.full(joint.size, BASAL), joint))
    )


def voltages(cell: jn.Cell, state: jn.State, drive: object) -> jax.Array:
    """Root, middle and tip (3,) [mV]."""
    return state.v[jnp.array(PROBES)]


tree = binary_tree()
cell = jn.cells.from_morphology(tree, per_section=4)
assert cell.compartments == 252
for name, channel in jn.cells.hodgkin_huxley().channels.items():
    cell = cell.insert(name, channel)
stimulus = jn.stimuli.inject(jn.stimuli.step(0.4, start=5.0, duration=150.0))
recording = jn.simulate(
    cell, stimulus, duration=DURATION, dt=0.01, record=voltages, solver=diffrax.Dopri8(),
    stepsize=diffrax.PIDController(rtol=1e-8, atol=1e-8), max_steps=1_000_000,
)  # fmt: skip
assert bool(recording.ok)
probes = jn.Recording(recording.t, {"v": recording["voltages"]})
times = np.stack([probes.spike_times(max_spikes=20, compartment=i).times for i in range(len(PROBES))])
print(times)
if len(sys.argv) > 1:
    problem = [json.dumps([LEVELS, LENGTH, DIAMETER, DURATION]), json.dumps(PROBES)]
    printed = subprocess.run([sys.argv[1], "-c", NEURON, *problem], capture_output=True, text=True, check=True).stdout
    theirs = json.loads(printed.splitlines()[-1])
    apart = [np.abs(ours[np.isfinite(ours)] - other).max() for ours, other in zip(times, theirs, strict=True)]
    print("NEURON's spikes are apart by at most", apart, "ms")
np.savez(
    Path(__file__).with_name("squid_tree.npz"), spikes=times, probes=PROBES, duration=DURATION,
    **{name: getattr(tree, name) for name in ("position", "radius", "parent")},
)  # fmt: skip
