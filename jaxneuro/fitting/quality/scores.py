"""How good a model's trace is beside a measured one."""

from typing import Any

import jax
import numpy as np

from ...learn import half_square
from ..residuals import Weights, describe, free_run, residuals
from ..targets import Features, Target

PRECISION = 4.0  # ms within which two spikes coincide
AWAY = (2.0, 10.0)  # ms before and after a spike of either trace that are not subthreshold

SETTLED = 5.0  # ms before the stimulus that show the rest


def score(cell: Any, target: Target) -> dict[str, np.ndarray]:
    """Free-run a cell under the currents of a target and compare.

    Args:
        cell: A cell.
        target: What was measured.

    Returns:
        Each with one number a sweep (sweep,): `spikes` and `model_spikes`; `interval_error`, mean of model over measured
        minus 1 [%]; `coincidence`, the factor Γ at ±4 ms; `height_error`, `width_error` and `depth_error`, of the mean
        spike's peak [mV], width half way up the measured spikes [ms] and afterhyperpolarisation [mV]; `rest_error`, mean of the
        voltage before the stimulus, model minus measured [mV]; `subthreshold_error`,
        root mean square away from spikes [mV]; `loss`, half the sum of the squared residuals that a fit minimises. NaN
        where there are no spikes to compare.
    """
    v, shown, losses = jax.tree.map(np.asarray, answer(cell, target))
    data = jax.tree.map(np.asarray, target.features)
    rows = [_one(jax.tree.map(lambda x, n=n: x[n], shown), jax.tree.map(lambda x, n=n: x[n], data), v[n], target, n)
            for n in range(len(v))]  # fmt: skip
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} | {"loss": losses}


@jax.jit
def answer(cell: Any, target: Target) -> tuple[jax.Array, Features, jax.Array]:
    """What a cell does under the currents of a target: voltage (sweep, time) [mV], features, loss (sweep,)."""
    v = free_run(cell, target)
    shown = describe(v, target)
    compare = jax.vmap(lambda a, b, n: residuals(a, b, n, Weights()))
    return v, shown, jax.vmap(half_square)(compare(shown, target.features, target.has_quiet))


def _one(model: Any, data: Any, v: np.ndarray, target: Target, n: int) -> dict[str, float]:
    a, b = model.times[model.fired], data.times[data.fired]
    frame = jax.tree.map(lambda x: np.asarray(x)[n], target.frame)
    measured = np.asarray(target.v[n])
    both = len(a) > 0 and len(b) > 0
    gap = _spike_numbers(model.shape, frame) - _spike_numbers(data.shape, frame)
    height, width, depth = gap if both else np.full(3, np.nan)
    interval = 100 * (np.diff(a).mean() / np.diff(b).mean() - 1) if min(len(a), len(b)) > 1 else np.nan
    return {
        "spikes": len(b), "model_spikes": len(a), "interval_error": interval,
        "coincidence": coincidence(a, b, float(frame.end - frame.onset)), "height_error": height,
        "width_error": width, "depth_error": depth, "rest_error": _rest(v - measured, target.dt, float(target.rest[n])),
        "subthreshold_error": _subthreshold(v, measured, np.concatenate([a, b]), target, frame),
    }  # fmt: skip


def coincidence(model: np.ndarray, data: np.ndarray, length: float, precision: float = PRECISION) -> float:
    """Coincidence factor Γ: 1 for the same spikes, 0 for as many as a Poisson process of the model's rate would meet.

    Args:
        model, data: Spike times (spike,) [ms].
        length: Of the window [ms].
        precision: Largest difference of coincident spikes [ms].

    Returns:
        Γ; NaN without any spike.

    Source: Kistler, Gerstner & van Hemmen (1997), Neural Comput. 9:1015; Jolivet et al. (2008), J. Neurosci. Meth. 169:417.
    """
    total = len(model) + len(data)
    if total == 0:
        return float("nan")
    met = sum(bool(np.any(np.abs(model - t) <= precision)) for t in data)
    rate = len(model) / length
    chance = 2 * rate * precision * len(data)
    scale = 1 - 2 * rate * precision
    return float((met - chance) / (0.5 * total) / scale) if scale > 0 else float("nan")


def _spike_numbers(shape: np.ndarray, frame: Any) -> np.ndarray:
    """Peak [mV], width half way up [ms] and lowest voltage afterwards [mV] of a mean spike."""
    from ..targets import offsets

    t, top = np.asarray(offsets(frame.after)), int(shape.argmax())
    before, after = np.flatnonzero(shape[:top] < frame.middle), np.flatnonzero(shape[top:] < frame.middle)
    width = np.nan
    if before.size and after.size:
        rise, fall = (_meets(t, shape, i, frame.middle) for i in (before[-1], top + after[0] - 1))
        width = fall - rise
    return np.array([shape[top], width, shape[top:].min()])


def _meets(t: np.ndarray, v: np.ndarray, i: int, level: float) -> float:
    return t[i] + (level - v[i]) / (v[i + 1] - v[i]) * (t[i + 1] - t[i])


def _rest(gap: np.ndarray, dt: float, until: float) -> float:
    """Middle gap in the last fifth of the time before the stimulus: the model begins at the measured voltage [mV]."""
    end = int(until / dt)
    return float(np.median(gap[int(0.8 * end) : end])) if until > SETTLED else float("nan")


def _subthreshold(v: np.ndarray, measured: np.ndarray, spikes: np.ndarray, target: Target, frame: Any) -> float:
    t = np.arange(len(v)) * target.dt
    good = (t >= frame.onset) & (t < frame.end)
    for spike in spikes:
        good &= (t < spike - AWAY[0]) | (t > spike + AWAY[1])
    return float(np.sqrt(np.mean((v[good] - measured[good]) ** 2))) if good.any() else float("nan")
