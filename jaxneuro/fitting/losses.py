"""Other losses for `fit(..., loss=...)`: functions of a cell and a target. For spiking cells the residuals are better.

    fit(cell, sweeps, loss=partial(voltage_error, nudge=0.5), ...)

Each averages over sweeps by their weights. A free-running voltage error has its lowest values at silent cells.
"""

from typing import Any

import jax
import jax.numpy as jnp

from .. import compare
from ..biophysics.stimuli import inject, sampled, voltage_clamp
from ..simulate import simulate
from .residuals import describe, free_run
from .targets import Target, at

__all__ = ["SAMPLES", "nudged_run", "segment_error", "soft_dtw", "van_rossum", "voltage_error"]


def __dir__() -> list[str]:
    return __all__


SPACING = 0.2  # ms between compared voltages
SAMPLES = 200  # of a warped trace


def voltage_error(cell: Any, target: Target, *, nudge: float = 0.0, scale: float = 5.0) -> jax.Array:
    """Model minus measured voltage, every 0.2 ms, as residuals.

    Args:
        cell: The model.
        target: What was measured.
        nudge: Rate at which the model is pulled to the measured voltage [1/ms]; 0 lets it run freely.
        scale: Of an error [mV].

    Returns:
        Residuals (residual,); half their sum of squares is half the mean squared error in units of `scale`.

    Source: Abarbanel, Creveling, Farsian & Kostuk (2009), SIAM J. Appl. Dyn. Syst. 8:1341, for nudging.
    """
    v = nudged_run(cell, target, nudge) if nudge else free_run(cell, target)
    stride = max(round(SPACING / target.dt), 1)
    gap = (v - target.v)[:, ::stride] / scale
    times = jnp.arange(gap.shape[1]) * (stride * target.dt)
    return _mean_square_root(gap, times, target)


def segment_error(cell: Any, target: Target, *, length: float = 10.0, scale: float = 5.0) -> jax.Array:
    """Voltage error of runs that begin anew from the measured voltage every `length` ms, as residuals.

    Multiple shooting in which the states between segments are not unknowns: gates begin where the measured voltage has taken
    them. Errors cannot build up beyond a segment.

    Args:
        cell: The model.
        target: What was measured.
        length: Of a segment [ms].
        scale: Of an error [mV].

    Returns:
        Residuals (residual,).

    Source: Bock (1983), in Numerical Treatment of Inverse Problems, Birkhäuser, 95, with states eliminated.
    """
    steps = round(length / target.dt)
    count = (target.v.shape[1] - 1) // steps
    stride = max(round(SPACING / target.dt), 1)
    t = jnp.arange(steps + 1) * jnp.asarray(target.dt, target.v.dtype)

    def of_sweep(v: jax.Array, current: jax.Array) -> jax.Array:
        starts = jnp.arange(count) * steps
        states = jax.tree.map(lambda x: x[starts], _driven_states(cell, v, target.dt))
        pieces = (starts[:, None] + jnp.arange(steps + 1)).astype(int)

        def run(state: Any, v: jax.Array, current: jax.Array) -> jax.Array:
            stimulus = inject(sampled(t, current))
            out = simulate(cell, stimulus, duration=steps * target.dt, dt=target.dt, initial=state)
            return (out.v[:, 0] - v)[::stride]

        return jnp.ravel(jax.vmap(run)(states, v[pieces], current[pieces]))

    gap = jax.vmap(of_sweep)(target.v, target.current) / scale
    ends = jnp.repeat(jnp.arange(1, count + 1) * (steps * target.dt), gap.shape[1] // count)
    return _mean_square_root(gap, ends, target)


def van_rossum(cell: Any, target: Target, *, tau: float = 15.0) -> jax.Array:
    """Distance of spike trains filtered by exp(-t / tau), a scalar; a train of n spikes is n / 2 from silence.

    Args:
        cell: The model.
        target: What was measured.
        tau: Time constant [ms]; long ones first make the landscape smooth.

    Returns:
        Mean over sweeps.

    Source: van Rossum (2001), Neural Comput. 13:751.
    """
    found = describe(free_run(cell, target), target)

    def distance(model: Any, data: Any) -> jax.Array:
        a, b = (jnp.where(train.fired, train.times, jnp.inf) for train in (model, data))
        return compare.van_rossum(a, b, tau)

    return jnp.sum(jax.vmap(distance)(found, target.features) * _share(target) ** 2)


def soft_dtw(cell: Any, target: Target, *, gamma: float = 1.0, scale: float = 10.0) -> jax.Array:
    """Soft dynamic time warping between voltages at 200 places of the sweep, a scalar.

    Args:
        cell: The model.
        target: What was measured.
        gamma: Smoothness of the minimum.
        scale: Of an error [mV].

    Returns:
        Mean over sweeps of the cost a sample.

    Source: Cuturi & Blondel (2017), Proc. ICML 70:894, algorithm 1.
    """
    sample = jax.vmap(lambda v, last: at(v, target.dt, jnp.linspace(0.0, last, SAMPLES)) / scale)
    model, data = (sample(v, target.frame.last) for v in (free_run(cell, target), target.v))
    costs = jax.vmap(lambda a, b: _warped(a, b, gamma))(model, data)
    return jnp.sum(costs * _share(target) ** 2) / SAMPLES


def nudged_run(cell: Any, target: Target, rate: Any) -> jax.Array:
    """Voltage of a cell pulled towards the measured one with a rate [1/ms] (sweep, time) [mV]."""

    def run(current: jax.Array, v: jax.Array) -> jax.Array:
        t = jnp.arange(v.shape[0]) * jnp.asarray(target.dt, v.dtype)
        stimulus = inject(sampled(t, current)) + voltage_clamp(sampled(t, v), rate * cell.capacitance)
        started = cell.set("v_init", v[0])
        return simulate(started, stimulus, duration=target.duration, dt=target.dt).v[:, 0]

    return jax.vmap(run)(target.current, target.v)


def _driven_states(cell: Any, v: jax.Array, dt: float) -> Any:
    """States whose gates follow a given voltage (time,) [mV]; leaves have a leading axis of time."""

    def step(state: Any, v: jax.Array) -> tuple:
        kinetics = cell.gate_kinetics(state.replace(v=0.5 * (state.v + v)))
        gates = {c: {g: kinetics[c][g].exponential(y, dt) for g, y in ys.items()} for c, ys in state.gates.items()}
        state = state.replace(v=jnp.broadcast_to(v, state.v.shape), gates=gates)
        return state, state

    first = cell.initial(v[0])
    _, states = jax.lax.scan(step, first, v[1:])
    return jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), first, states)


def _warped(a: jax.Array, b: jax.Array, gamma: float) -> jax.Array:
    cost = (a[:, None] - b) ** 2
    far = jnp.asarray(1e8, cost.dtype)

    def row(above: jax.Array, costs: jax.Array) -> tuple:
        def cell(carry: tuple, x: tuple) -> tuple:
            left, diagonal = carry
            up, here = x
            low = -gamma * jax.nn.logsumexp(-jnp.stack([left, diagonal, up]) / gamma)
            return (here + low, up), here + low

        _, new = jax.lax.scan(cell, (far, above[0]), (above[1:], costs))
        return jnp.concatenate([far[None], new]), None

    first = jnp.concatenate([jnp.zeros(1, cost.dtype), jnp.full(cost.shape[1], far)])
    last, _ = jax.lax.scan(row, first, cost)
    return last[-1]


def _mean_square_root(gap: jax.Array, times: jax.Array, target: Target) -> jax.Array:
    """Errors (trace, time) as residuals whose squares sum to a mean over what was measured, by the weights of the traces."""
    measured = times <= target.frame.last[:, None] + 0.5 * target.dt
    gap = jnp.where(measured, gap, 0.0) / jnp.sqrt(jnp.maximum(jnp.sum(measured, 1, keepdims=True), 1))
    return jnp.ravel(gap * _share(target)[:, None])


def _share(target: Target) -> jax.Array:
    return jnp.sqrt(target.weight / jnp.sum(target.weight))
