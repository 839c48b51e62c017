"""jaxneuro on COBAHH, float32 but for the check of the gradient."""

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn

from ..case import timed
from .cobahh import AREA, CELLS, PAIRS, REVERSAL, SIZES, TAU, THRESHOLD, WEIGHT, connections, start

EXCITATORY = SIZES["exc"]


def network(seed: int, delay: float) -> jn.Network:
    """The network with the connections of a seed; the delay [ms] is the shortest that there can be, one step."""
    na, k = jn.channels.CorticalNa(100.0, 50.0, -63.0), jn.channels.CorticalK(30.0, -90.0, -63.0)
    cell = jn.Cell({"na": na, "k": k, "leak": jn.channels.Leak(0.05, -60.0)}, area=(AREA,), celsius=36.0)
    populations = {name: jn.Population(cell, size, threshold=THRESHOLD) for name, size in SIZES.items()}
    pre, post = connections(seed)
    first, projections = {"exc": 0, "inh": EXCITATORY}, {}
    for name, (source, target) in PAIRS.items():
        here = ((pre >= EXCITATORY) == (source == "inh")) & ((post >= EXCITATORY) == (target == "inh"))
        edges = jn.connect.edges(pre[here] - first[source], post[here] - first[target], SIZES[source], SIZES[target])
        synapse = jn.synapses.Exponential(TAU[source], REVERSAL[source])
        projections[name] = jn.Projection(source, target, synapse, edges, WEIGHT[source], delay)
    return jn.Network(populations, projections)


def begun(model: jn.Network, seed: int) -> dict:
    """Voltages and conductances at the start, by population and by projection."""
    v, g = start(seed)
    part = {"exc": slice(None, EXCITATORY), "inh": slice(EXCITATORY, None)}
    voltages = {name: jnp.asarray(v[part[name]], float)[:, None] for name in SIZES}
    opened = {name: jnp.asarray(g[p.pre][part[p.post]], float) for name, p in model.projections.items()}
    return {"v": voltages, "g": opened}


def initial(model: jn.Network, begun: dict):
    """The state at the start, gates at their steady state at -60 mV."""
    state = model.set("exc.v_init", -60.0).set("inh.v_init", -60.0).initial()
    cells = {name: one.replace(v=begun["v"][name]) for name, one in state.cells.items()}
    return state.replace(cells=cells, synapses={name: {"levels": g[None]} for name, g in begun["g"].items()})


def rate(duration: float, dt: float, seeds: list[int]) -> dict:
    """Run time, time to build and to compile, and the mean rate [Hz] for each seed."""

    @jax.jit
    def run(model, begin):
        recording = jn.simulate(
            model,
            duration=duration,
            dt=dt,
            record=("exc.spikes", "inh.spikes"),
            every=10,
            initial=initial(model, begin),
        )
        return sum(jnp.isfinite(x).sum() for x in recording.values.values()), recording.ok

    rates, built, times, first = [], [], {}, 0.0
    for seed in seeds:
        began = time.perf_counter()
        model = jax.tree.map(jnp.asarray, network(seed, dt))
        built.append(time.perf_counter() - began)
        begin = begun(model, seed)
        began = time.perf_counter()
        count, ok = run(model, begin)
        first = first or time.perf_counter() - began if ok else float("nan")
        rates.append(float(count) / 4000 / duration * 1e3 if ok else float("nan"))
        if not times:
            times = timed(lambda model=model, begin=begin: jax.block_until_ready(run(model, begin)))
    return {"rates": rates, "build_s": float(np.median(built)), "compile_s": first - times["run_s"], **times}


def _activity(weights: jax.Array, model: jn.Network, begin: dict, duration: float, dt: float) -> jax.Array:
    """Fraction of cells in a spike, above -20 mV by a logistic function of 5 mV, in the mean over a run.

    A smooth stand-in for the mean rate, which it follows as long as a spike takes as long.
    """
    for name, weight in zip(PAIRS, weights, strict=True):
        model = model.set(f"{name}.weight", weight)

    def above(model, state, drive):
        del model, drive
        return sum(jnp.sum(jax.nn.sigmoid((state.cells[name].v - THRESHOLD) / 5.0)) for name in SIZES) / CELLS

    start = initial(model, begin)
    return jn.simulate(model, duration=duration, dt=dt, record=(above,), initial=start)["above"].mean()


def gradient(durations: list[float], dt: float, seed: int, double: bool) -> list[dict]:
    """Derivatives of the activity by the four weights, for each duration [ms]: reverse and forward mode.

    In float32 with run times and XLA's count of temporary memory, in float64 with central differences instead.
    """
    jax.config.update("jax_enable_x64", double)
    model = jax.tree.map(jnp.asarray, network(seed, dt))
    begin, at = begun(model, seed), jnp.array([WEIGHT[source] for source, _ in PAIRS.values()])
    found = []
    for duration in durations:
        loss = partial(_activity, duration=duration, dt=dt)
        ways = {"activity": jax.jit(loss), "reverse": jax.jit(jax.grad(loss)), "forward": jax.jit(jax.jacfwd(loss))}
        row: dict = {"duration": duration, "weights": list(PAIRS), "at": np.asarray(at).tolist()}
        for name, way in ways.items():
            compiled = way.lower(at, model, begin).compile()
            row[name] = np.asarray(compiled(at, model, begin)).tolist()
            if not double:
                run = timed(lambda compiled=compiled: compiled(at, model, begin).block_until_ready())
                memory = compiled.memory_analysis().temp_size_in_bytes / 1e6
                row[f"{name}_cost"] = {**run, "temporary_mb": memory}
        if double:
            value = partial(ways["activity"], model=model, begin=begin)
            row["differences"] = [_difference(value, at, i) for i in range(at.size)]
        found.append(row)
    return found


def _difference(loss, at: jax.Array, i: int, relative: float = 1e-6) -> float:
    """Central difference by one weight, extrapolated to fourth order."""

    def central(h: float) -> float:
        return float(loss(at.at[i].add(h)) - loss(at.at[i].add(-h))) / (2 * h)

    h = relative * float(at[i])
    return (4 * central(h / 2) - central(h)) / 3
