"""Jaxley: one compartment; voltage recorded at every step, as `integrate` always does."""

import time

import jax
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from jaxley.channels import HH

from ..case import peak_memory_mb, timed
from .problem import AMPLITUDE, AREA, DT, DURATION, LEAK_REVERSAL, ONSET, START, STEPS, sodium_conductances, spike_times

SIDE = float(np.sqrt(AREA / np.pi))  # µm: length and diameter of a cylinder of that area
NANOAMPERE = AMPLITUDE * AREA * 1e-5  # nA: 1 µA/cm² over 1 µm² is 1e-5 nA
PARAMETERS = ("HH_gNa", "HH_gK", "HH_gLeak")  # S/cm²


def build(dt: float, method: str) -> jx.Compartment | jx.Cell:
    """The squid axon under the step; exp_euler takes no bare compartment (Jaxley 0.14 raises a TypeError)."""
    cell = jx.Compartment()
    if method == "exp_euler":
        cell = jx.Cell(jx.Branch(cell, ncomp=1), parents=[-1])
    cell.insert(HH())
    for name, value in {"length": SIDE, "radius": SIDE / 2, "v": START, "HH_eLeak": LEAK_REVERSAL}.items():
        cell.set(name, value)
    cell.init_states(delta_t=dt)
    cell.stimulate(jx.step_current(ONSET, DURATION - ONSET, NANOAMPERE, dt, DURATION), verbose=False)
    cell.record("v", verbose=False)
    return cell


def simulator(dt: float, method: str, checkpoint: list[int] | None = None):
    """Function of the conductances (3,) [mS/cm²] giving the voltage (time,) [mV]."""
    cell = build(dt, method)

    def run(g: jax.Array) -> jax.Array:
        state = None
        for i, name in enumerate(PARAMETERS):
            state = cell.data_set(name, 1e-3 * g[i], state)
        return jx.integrate(cell, param_state=state, delta_t=dt, solver=method, checkpoint_lengths=checkpoint)[0]

    return run


def accuracy(method: str, settings: list[float], double: bool, repeats: int = 50) -> list[dict]:
    """Spike times and run time of one cell at each step [ms]."""
    jax.config.update("jax_enable_x64", double)
    g = jnp.array([120.0, 36.0, 0.3])
    found = []
    for dt in settings:
        run = jax.jit(simulator(dt, method))
        v = np.asarray(run(g))
        times = timed(lambda run=run: run(g).block_until_ready(), most=repeats)
        found.append({"setting": dt, "spikes": spike_times(np.arange(v.size) * dt, v), **times})
    return found


def population(sizes: list[int], method: str = "bwd_euler") -> list[dict]:
    """Run time of populations in float32."""
    run = jax.jit(jax.vmap(simulator(DT, method)))
    found = []
    for size in sizes:
        g = _conductances(size)
        began = time.perf_counter()
        v = run(g).block_until_ready()
        first = time.perf_counter() - began
        spikes = int(((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum())
        del v
        times = timed(lambda g=g: run(g).block_until_ready())
        found.append({"size": size, "compile_s": first - times["run_s"], "spikes": spikes, **times})
    return found


def gradient(size: int, checkpoint: list[int] | None = None, double: bool = False) -> dict:
    """Run time and memory of the gradient of a voltage loss by (g_na, g_k, g_leak) of each cell."""
    jax.config.update("jax_enable_x64", double)
    run, g = simulator(DT, "bwd_euler", checkpoint), _conductances(size)

    def loss(g: jax.Array) -> jax.Array:
        return jnp.mean((run(g) + 60.0) ** 2)

    value, slope = jax.jit(jax.vmap(loss)), jax.jit(jax.vmap(jax.grad(loss)))
    value(g).block_until_ready()
    forward = timed(lambda: value(g).block_until_ready())
    began = time.perf_counter()
    found = np.asarray(slope(g))
    first = time.perf_counter() - began
    times = timed(lambda: slope(g).block_until_ready())
    return {"size": size, "first_call_s": first, "forward_s": forward["run_s"], "peak_mb": peak_memory_mb(),
            "gradient": found.sum(axis=0).tolist(), "finite": bool(np.isfinite(found).all()), "steps": STEPS,
            **times}  # fmt: skip


def _conductances(size: int) -> jax.Array:
    return jnp.stack([jnp.asarray(sodium_conductances(size)), jnp.full(size, 36.0), jnp.full(size, 0.3)], axis=1)


def first_trace() -> float:
    """The first trace of a process."""
    return float(jax.jit(simulator(DT, "bwd_euler"))(jnp.array([120.0, 36.0, 0.3]))[-1])


def first_gradient() -> float:
    """The first gradient of a process."""
    run = simulator(DT, "bwd_euler", [64, 63])
    slope = jax.jit(jax.grad(lambda g: jnp.mean((run(g) + 60.0) ** 2)))
    return float(slope(jnp.array([120.0, 36.0, 0.3]))[0])
