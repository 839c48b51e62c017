"""jaxneuro."""

import time

import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn

from ..case import peak_memory_mb, timed
from .problem import AMPLITUDE, DT, DURATION, ONSET, STEPS, sodium_conductances, spike_times

CELL = jn.cells.hodgkin_huxley()
STIMULUS = jn.stimuli.step(AMPLITUDE, start=ONSET)


def _cell(g: jax.Array) -> jn.Cell:
    """The squid axon with conductances g_na, g_k, g_leak (3,) [mS/cm²]."""
    return CELL.set("na.g_max", g[0]).set("k.g_max", g[1]).set("leak.g_max", g[2])


def accuracy(method: str, settings: list[float], double: bool, repeats: int = 50) -> list[dict]:
    """Spike times and run time of one cell at each step [ms] or, of an adaptive method, tolerance."""
    jax.config.update("jax_enable_x64", double)
    g = jnp.array([120.0, 36.0, 0.3])
    found = []
    for setting in settings:
        if method.startswith("adaptive "):
            import diffrax  # here and below, so that the first results of a process do not wait for what they don't use

            control = diffrax.PIDController(rtol=setting, atol=setting)
            solver = getattr(diffrax, method.removeprefix("adaptive "))()
            options = {"solver": solver, "stepsize": control, "dt": DT}
        else:
            options = {"solver": _solver(method), "dt": setting}

        @jax.jit
        def run(g, options=options):
            recording = jn.simulate(_cell(g), STIMULUS, duration=DURATION, **options)
            return recording.t, recording.v

        t, v = run(g)
        times = timed(lambda run=run: jax.block_until_ready(run(g)), most=repeats)
        spikes = spike_times(np.asarray(t), np.asarray(v[:, 0]))
        found.append({"setting": setting, "spikes": spikes, **times})
    return found


def _solver(method: str):
    import diffrax

    return getattr(jn if method in ("Staggered", "ExponentialEuler") else diffrax, method)()


def population(sizes: list[int], devices: int = 1, every: int = 1) -> list[dict]:
    """Run time of populations in float32, every voltage recorded at every `every`-th step."""

    @jax.jit
    def run(g_max: jax.Array) -> jax.Array:
        def voltage(g: jax.Array) -> jax.Array:
            return jn.simulate(CELL.set("na.g_max", g), STIMULUS, duration=DURATION, dt=DT, every=every).v

        return jax.vmap(voltage)(g_max)

    found = []
    for size in sizes:
        g_max = jnp.asarray(sodium_conductances(size), jnp.float32)
        if devices > 1:
            mesh = jax.sharding.Mesh(np.array(jax.devices()[:devices]), ("cell",))
            g_max = jax.device_put(g_max, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("cell")))
        began = time.perf_counter()
        v = run(g_max).block_until_ready()
        first = time.perf_counter() - began
        spikes = int(((v[:, :-1] < 0) & (v[:, 1:] >= 0)).sum())
        del v
        times = timed(lambda g_max=g_max: run(g_max).block_until_ready())
        found.append({"size": size, "compile_s": first - times["run_s"], "spikes": spikes, **times})
    return found


def _loss(g: jax.Array) -> jax.Array:
    return jnp.mean((jn.simulate(_cell(g), STIMULUS, duration=DURATION, dt=DT).v + 60.0) ** 2)


def gradient(size: int, double: bool = False) -> dict:
    """Run time and memory of the gradient of a voltage loss by (g_na, g_k, g_leak) of each cell."""
    jax.config.update("jax_enable_x64", double)
    g = jnp.stack([jnp.asarray(sodium_conductances(size)), jnp.full(size, 36.0), jnp.full(size, 0.3)], axis=1)
    loss, slope = jax.jit(jax.vmap(_loss)), jax.jit(jax.vmap(jax.grad(_loss)))
    loss(g).block_until_ready()
    forward = timed(lambda: loss(g).block_until_ready())
    began = time.perf_counter()
    value = np.asarray(slope(g))
    first = time.perf_counter() - began
    times = timed(lambda: slope(g).block_until_ready())
    return {"size": size, "first_call_s": first, "forward_s": forward["run_s"], "peak_mb": peak_memory_mb(),
            "gradient": value.sum(axis=0).tolist(), "finite": bool(np.isfinite(value).all()), "steps": STEPS,
            **times}  # fmt: skip


def first_trace() -> float:
    """The first trace of a process."""
    return float(jn.simulate(CELL, STIMULUS, duration=DURATION, dt=DT).v[-1, 0])


def first_gradient() -> float:
    """The first gradient of a process."""
    return float(jax.jit(jax.grad(_loss))(jnp.array([120.0, 36.0, 0.3]))[0])
