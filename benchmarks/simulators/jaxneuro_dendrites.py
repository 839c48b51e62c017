"""jaxneuro: cells with dendrites."""

import time

import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn

from ..case import timed
from .dendrites import CURRENT, DT, DURATION, ONSET, RESISTIVITY, TREES, Tree, sodium, traced
from .gradient import timed_gradient

STIMULUS = jn.stimuli.inject(jn.stimuli.step(CURRENT, start=ONSET))
SOLVERS = {"tree": None, "strang": jn.Strang()}


def build(what: str, folder: str) -> jn.Cell:
    """The cell with a squid membrane."""
    if what in TREES:
        tree = TREES[what]()
        shape, division = _morphology(tree), {"per_section": tree.compartments}
    else:
        shape, division = jn.data.read_swc(traced(folder)), {"per_section": 1}
    cell = jn.cells.from_morphology(shape, resistivity=RESISTIVITY, **division)
    for name, channel in jn.cells.hodgkin_huxley().channels.items():
        cell = cell.insert(name, channel)
    return cell


def _morphology(tree: Tree) -> jn.Morphology:
    """Every branch begins with a point at the end of its parent, so that it has one radius."""
    ends, position, radius, parent = [], [], [], []
    for above, length, r in zip(tree.parent, tree.length, tree.radius, strict=True):
        start = np.zeros(3) if above < 0 else position[ends[above]]
        parent += [-1 if above < 0 else ends[above], len(position)]
        position += [start, start + np.array([length, 0, 0])]
        radius += [r, r]
        ends.append(len(position) - 1)
    joint = jnp.arange(len(parent)) % 2 == 0
    return jn.Morphology(
        jnp.asarray(position), jnp.asarray(radius), jnp.asarray(parent), jnp.full(len(parent), 3), joint
    )


def root(model: jn.Cell, state: jn.State, drive: object) -> jax.Array:
    """Voltage of the first compartment (1,) [mV]."""
    del model, drive
    return state.v[:1]


def _run(cell: jn.Cell, solver: str) -> jax.Array:
    return jn.simulate(cell, STIMULUS, duration=DURATION, dt=DT, record=root, solver=SOLVERS[solver])["root"][:, 0]


def forward(what: str, cells: int, folder: str, solver: str = "tree") -> dict:
    """Run time of one cell or many in float32, the root's voltage recorded at every step."""
    began = time.perf_counter()
    cell = build(what, folder)
    built = time.perf_counter() - began
    one = lambda g: _run(cell.set("na.g_max", g), solver)
    run = jax.jit(jax.vmap(one) if cells > 1 else lambda g: one(g[0])[None])
    g = jnp.asarray(sodium(cells), jnp.float32)
    v = run(g).block_until_ready()
    first = time.perf_counter() - began
    times = timed(lambda: run(g).block_until_ready(), seconds=1.0)
    return {"compartments": cell.compartments, "build_s": built, "first_s": first, "spikes": _spikes(v), **times}


def gradient(what: str, cells: int, folder: str, solver: str = "tree") -> dict:
    """Run time of the gradient of a loss on the root's voltage by three conductances in every compartment."""
    cell = build(what, folder)
    names = ("na.g_max", "k.g_max", "leak.g_max")

    def loss(g: jax.Array) -> jax.Array:
        changed = cell
        for name, value in zip(names, g, strict=True):
            changed = changed.set(name, value)
        return jnp.mean((_run(changed, solver) + 60.0) ** 2)

    g = jnp.stack([jnp.full(cell.compartments, cell.get(name)) for name in names])
    g = g * jnp.linspace(0.95, 1.05, cells)[:, None, None]
    return {"compartments": cell.compartments, **timed_gradient(loss, g)}


def _spikes(v: jax.Array) -> int:
    return int(((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum())
