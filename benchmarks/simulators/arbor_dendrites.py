"""Arbor: cells with dendrites, float64; nothing recorded."""

import time

import arbor as A
from arbor import units as U

from ..case import timed
from .dendrites import CURRENT, DT, DURATION, LEAK_REVERSAL, ONSET, RESISTIVITY, START, TREES, sodium, traced


def _shape(what: str, folder: str) -> tuple:
    """Morphology, and compartments in a branch."""
    if what not in TREES:
        return A.load_swc_neuron(str(traced(folder))).morphology, 1
    tree, segments, ends, x = TREES[what](), A.segment_tree(), [], []
    for above, length, radius in zip(tree.parent, tree.length, tree.radius, strict=True):
        start = 0.0 if above < 0 else x[above]
        points = A.mpoint(start, 0, 0, radius), A.mpoint(start + length, 0, 0, radius)
        ends.append(segments.append(A.mnpos if above < 0 else ends[above], *points, tag=3))
        x.append(start + length)
    return A.morphology(segments), tree.compartments


class Recipe(A.recipe):
    """The cells, not connected."""

    def __init__(self, what: str, folder: str, cells: int):
        super().__init__()
        self.shape, self.per_branch = _shape(what, folder)
        self.sodium = sodium(cells)
        self.properties = A.neuron_cable_properties()

    def num_cells(self):
        return len(self.sodium)

    def cell_kind(self, gid):
        return A.cell_kind.cable

    def global_properties(self, kind):
        return self.properties

    def cell_description(self, gid):
        decor = A.decor().set_property(
            Vm=START * U.mV, cm=0.01 * U.F / U.m2, rL=RESISTIVITY * U.Ohm * U.cm, tempK=279.45 * U.Kelvin
        )
        decor.paint("(all)", A.density("hh", {"gnabar": 1e-3 * self.sodium[gid], "el": LEAK_REVERSAL}))
        decor.place("(location 0 0)", A.i_clamp(ONSET * U.ms, 1e6 * U.ms, current=CURRENT * U.nA))
        return A.cable_cell(self.shape, decor, A.label_dict(), A.cv_policy_fixed_per_branch(self.per_branch))


def forward(what: str, cells: int, folder: str, threads: int = 1) -> dict:
    """Run time of one cell or many."""
    began = time.perf_counter()
    recipe = Recipe(what, folder, cells)
    context = A.context(threads=threads)
    simulation = A.simulation(recipe, context, A.partition_load_balance(recipe, context))
    built = time.perf_counter() - began

    def run() -> None:
        simulation.reset()
        simulation.run(tfinal=DURATION * U.ms, dt=DT * U.ms)

    run()
    first = time.perf_counter() - began
    count = A.cv_data(recipe.cell_description(0)).num_cv
    return {"compartments": count, "build_s": built, "first_s": first, **timed(run, seconds=1.0)}
