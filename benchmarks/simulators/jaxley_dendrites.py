"""Jaxley: cells with dendrites."""

import time

import jax
import jax.numpy as jnp
import jaxley as jx
from jaxley.channels import HH

from ..case import timed
from .dendrites import CURRENT, DT, DURATION, LEAK_REVERSAL, ONSET, RESISTIVITY, START, TREES, sodium, traced
from .gradient import timed_gradient


def build(what: str, folder: str) -> jx.Cell:
    """The cell with a squid membrane and its electrode."""
    if what in TREES:
        tree = TREES[what]()
        branch = jx.Branch(jx.Compartment(), ncomp=tree.compartments)
        cell = jx.Cell([branch] * len(tree.parent), parents=tree.parent)
        for i, (length, radius) in enumerate(zip(tree.length, tree.radius, strict=True)):
            cell.branch(i).set("length", length / tree.compartments)
            cell.branch(i).set("radius", radius)
    else:
        cell = jx.read_swc(str(traced(folder)), ncomp=1)
    cell.insert(HH())
    for name, value in {"axial_resistivity": RESISTIVITY, "v": START, "HH_eLeak": LEAK_REVERSAL}.items():
        cell.set(name, value)
    cell.init_states(delta_t=DT)
    site = cell.branch(0).loc(0.0)
    site.stimulate(jx.step_current(ONSET, DURATION - ONSET, CURRENT, DT, DURATION), verbose=False)
    site.record("v", verbose=False)
    return cell


def forward(what: str, cells: int, folder: str, solver: str = "bwd_euler") -> dict:
    """Run time of one cell or many in float32, the root's voltage recorded at every step."""
    began = time.perf_counter()
    cell = build(what, folder)
    built = time.perf_counter() - began

    def one(g: jax.Array) -> jax.Array:
        state = cell.data_set("HH_gNa", 1e-3 * g, None)
        return jx.integrate(cell, param_state=state, delta_t=DT, solver=solver)[0]

    run = jax.jit(jax.vmap(one) if cells > 1 else lambda g: one(g[0])[None])
    g = jnp.asarray(sodium(cells), jnp.float32)
    v = run(g).block_until_ready()
    first = time.perf_counter() - began
    times = timed(lambda: run(g).block_until_ready(), seconds=1.0)
    spikes = int(((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum())
    return {"compartments": len(cell.nodes), "build_s": built, "first_s": first, "spikes": spikes, **times}


def gradient(what: str, cells: int, folder: str, checkpoint: list[int]) -> dict:
    """Run time of the gradient of a loss on the root's voltage by three conductances in every compartment."""
    cell = build(what, folder)
    names = ("HH_gNa", "HH_gK", "HH_gLeak")
    for name in names:
        cell.branch("all").comp("all").make_trainable(name, verbose=False)
    parameters = cell.get_parameters()

    def loss(scale: jax.Array) -> jax.Array:
        changed = [{name: value * scale[i] for name, value in each.items()} for i, each in enumerate(parameters)]
        v = jx.integrate(cell, params=changed, delta_t=DT, checkpoint_lengths=checkpoint)[0]
        return jnp.mean((v + 60.0) ** 2)

    count = next(iter(parameters[0].values())).shape[0]
    g = jnp.ones((3, count)) * jnp.linspace(0.95, 1.05, cells)[:, None, None]
    return {"compartments": len(cell.nodes), **timed_gradient(loss, g)}
