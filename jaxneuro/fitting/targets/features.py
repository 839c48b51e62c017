"""What a voltage trace shows, as differentiable functions: spike times, mean spike, mean course between spikes."""

from typing import Any

import jax
import jax.numpy as jnp

from ...crossings import find_spikes
from ...pytree import Pytree

PHASES = 20  # points of a warped course
BEFORE = 2.0  # ms before a crossing that a spike begins
SPIKE_SHAPE = 38  # samples of a spike


class Frame(Pytree):
    """Where in a sweep to look.

    Attributes:
        onset: When firing may begin: the onset of the stimulus [ms].
        end: When it ends: the end of the stimulus or of the window [ms].
        after: How long a spike lasts, afterhyperpolarisation included [ms].
        first: Stands for the first spike of a trace that has none [ms].
        quiet: Times at which the voltage itself is compared (point,) [ms].
        middle: Half way up the spikes: where their width is taken, and the smooth count [mV].
        last: Until when the sweep is measured; what comes after is padding [ms].
    """

    onset: Any
    end: Any
    after: Any
    first: Any
    quiet: Any
    middle: Any
    last: Any


class Features(Pytree):
    """What a trace shows. Everything is smooth in the voltage, except where a spike is born or dies.

    Attributes:
        times: Times of the spikes within the frame, padded with its end (spike,) [ms].
        fired: True where a time is a spike (spike,).
        intervals: Onset to first spike and spike to spike, (spike,) [ms].
        shape: Mean voltage around the spikes (SPIKE_SHAPE,) [mV].
        between: Mean voltage between spikes, at equal phases (PHASES,) [mV].
        latency: Voltage from the onset to the first spike, at equal phases (PHASES,) [mV].
        quiet: Voltage at the quiet times (point,) [mV].
        soft_count: Sum of the rises of sigmoid((v - middle) / 8 mV): the number of spikes, made smooth.
    """

    times: jax.Array
    fired: jax.Array
    intervals: jax.Array
    shape: jax.Array
    between: jax.Array
    latency: jax.Array
    quiet: jax.Array
    soft_count: jax.Array


def features(v: jax.Array, dt: float, frame: Frame, *, spikes: int, level: float | None) -> Features:
    """Describe a trace.

    Args:
        v: Voltage at 0, dt, 2 dt, ... (time,) [mV].
        dt: Spacing [ms].
        frame: Where to look.
        spikes: Size of the arrays of spikes.
        level: What a spike must reach [mV]; None as in `crossings.find_spikes`.

    Returns:
        The features.
    """
    t = jnp.arange(v.shape[0]) * jnp.asarray(dt, v.dtype)
    raw = find_spikes(t, v, level, spikes).times
    fired = (raw >= frame.onset) & (raw < frame.end)
    times = jnp.where(fired, jnp.minimum(raw, frame.end), frame.end)
    order = jnp.argsort(times, stable=True)
    times, fired = times[order], fired[order]
    previous = jnp.concatenate([jnp.reshape(frame.onset, (1,)).astype(times.dtype), times[:-1]])
    whole = fired & (times + frame.after <= frame.last)
    first = jnp.where(fired[0], times[0], frame.first)
    return Features(
        times, fired, times - previous, _shape(v, dt, times, whole, frame.after), _between(v, dt, times, fired, frame),
        at(v, dt, frame.onset + jnp.linspace(0.02, 1.0, PHASES) * jnp.maximum(first - BEFORE - frame.onset, 1.0)),
        at(v, dt, frame.quiet), _soft_count(v, t, frame),
    )  # fmt: skip


def at(v: jax.Array, dt: float, times: jax.Array) -> jax.Array:
    """A trace at any times, linear between its samples; differentiable in both.

    Args:
        v: Voltage at 0, dt, ... (time,) [mV].
        dt: Spacing [ms].
        times: Of any shape [ms].

    Returns:
        The voltage, of the shape of `times` [mV].
    """
    place = times / dt
    left = jnp.clip(jnp.floor(jax.lax.stop_gradient(place)).astype(int), 0, v.shape[0] - 2)
    return v[left] + (place - left) * (v[left + 1] - v[left])


def offsets(after: Any) -> jax.Array:
    """Times relative to a crossing at which a spike is sampled, closest where it is fastest (SPIKE_SHAPE,) [ms]."""
    rise = jnp.concatenate([jnp.linspace(-BEFORE, -0.25, 8), jnp.linspace(-0.1, 2.0, 18)])
    return jnp.concatenate([rise, 2.0 + (after - 2.0) * jnp.arange(1, 13) / 12])


def _shape(v: jax.Array, dt: float, times: jax.Array, whole: jax.Array, after: Any) -> jax.Array:
    samples = at(v, dt, times[:, None] + offsets(after))
    return _mean(samples, whole)


def _between(v: jax.Array, dt: float, times: jax.Array, fired: jax.Array, frame: Frame) -> jax.Array:
    start, stop = times[:-1] + frame.after, times[1:] - BEFORE
    used = fired[1:] & (stop > start)
    phase = jnp.linspace(0.0, 1.0, PHASES)
    return _mean(at(v, dt, start[:, None] + phase * jnp.maximum(stop - start, 0.0)[:, None]), used)


def _mean(rows: jax.Array, used: jax.Array) -> jax.Array:
    return jnp.sum(jnp.where(used[:, None], rows, 0.0), 0) / jnp.maximum(jnp.sum(used), 1)


def _soft_count(v: jax.Array, t: jax.Array, frame: Frame) -> jax.Array:
    high = jax.nn.sigmoid((v - frame.middle) / 8.0)
    inside = (t[1:] >= frame.onset) & (t[1:] < frame.end)
    return jnp.sum(jnp.where(inside, jnp.maximum(jnp.diff(high), 0.0), 0.0))
