"""Between the samples of a curve: its spikes, where it crosses a level, the exact time of that, and its value anywhere."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .pytree import Pytree

STENCIL = 6  # samples of the local polynomial: its error at dt = 0.025 ms on a squid upstroke is below 1e-6 ms
NEWTON_STEPS = 4  # safeguarded by the bracket; quadratic convergence reaches rounding from the linear guess
LEVEL = 0.0  # mV: where a spike that reaches it is timed
HEIGHT = 20.0  # mV that a spike rises and falls; white noise of 2 mV spans 18 mV in 1e5 samples
LONGEST = 50.0  # ms; what stays up for longer is a plateau
SHORTEST = 4096  # samples that a measured trace is held on to
NARROW, LOWEST_PEAK = 10.0, -40.0  # ms, mV: of a spike that does not reach `LEVEL`


class Found(Pytree):
    """Spikes of a trace, in order.

    Attributes:
        times: When each rises through its level, padded with infinity (spike,) [ms].
        peaks: Index of the highest sample of each, 0 where there is none (spike,).
        troughs: Index of the lowest sample before each (spike,).
        count: How many there are, which may exceed the size of the arrays.
    """

    times: jax.Array
    peaks: jax.Array
    troughs: jax.Array
    count: jax.Array


@partial(jax.jit, static_argnames="size")
def find_spikes(t: jax.Array, v: jax.Array, level: Any = None, size: int = 128, height: Any = HEIGHT) -> Found:
    """The spikes of a trace: what every room of the package counts as one.

    A spike rises by `height` from the lowest voltage since the last one, then falls by `height` from its peak; until it
    has fallen there is no other, so that noise below `height` neither makes spikes nor splits them. What has not fallen
    when the trace ends is no spike, nor is what stays up for longer than 50 ms.

    With a `level` it must reach that. Without, it must reach 0 mV, or be a narrow peak above -40 mV: at most 10 ms from
    10 mV below the peak on the way up to 20 mV below it on the way down. Its time is when it first rises through the
    level; through half a `height` below the peak if the level is not reached, or above the trough if the voltage did not
    fall below the level. The derivative of the time is that of the root (implicit function theorem).

    Args:
        t: Sample times, increasing (time,) [ms].
        v: Samples (time,) [mV].
        level: What a spike must reach, and is timed at [mV]; by default 0 mV, and lower for spikes that do not reach it.
        size: Length of the arrays.
        height: Least rise and fall of a spike [mV].

    Returns:
        The spikes.

    Source: the rises and falls are those of the play operator, Krasnosel'skii & Pokrovskii (1989), Systems with
    Hysteresis, Springer, chapter 2.
    """
    v = jnp.asarray(v, jnp.result_type(v, float))
    room = 2 * size  # some of the excursions may be no spikes
    extreme, up = _extremes(jax.lax.stop_gradient(v), height)
    before = jnp.concatenate([jnp.zeros(1, bool), up[:-1]])
    ended = jnp.cumsum(before & ~up)
    begin, stop = _places(up & ~before, ended + up, room), _places(before & ~up, ended, room)
    troughs, peaks = (extreme[jnp.maximum(i - 1, 0)] for i in (begin, stop))
    own = _own_levels(v[troughs], v[peaks], level, 0.5 * height)
    left = _first_rises(v, troughs, own, ended)
    counted = (stop > 0) & _is_spike(v[peaks], t[stop] - t[jnp.minimum(left, len(v) - 1)], level)
    kept = jnp.argsort(~counted, stable=True)[:size]
    times = _roots(t, v, jnp.minimum(left[kept], len(v) - 2), own[kept])
    shown = counted[kept]
    peaks, troughs = (jnp.where(shown, index[kept], 0) for index in (peaks, troughs))
    count = jnp.sum(counted) + jnp.maximum(ended[-1] - room, 0)
    return Found(jnp.where(shown, times, jnp.inf), peaks, troughs, count)


def all_spikes(t: Any, v: Any, level: float | None = None) -> Found:
    """`find_spikes` of a measured trace, in arrays that hold every spike and no more (spike,).

    The trace is held on to a power of two samples, so that traces of many lengths compile once.
    """
    t, v, size = np.asarray(t, float), np.asarray(v, float), 128
    more = np.arange(1, max(1 << (len(t) - 1).bit_length(), SHORTEST) - len(t) + 1)
    t, v = np.append(t, t[-1] + more * (t[-1] - t[-2])), np.pad(v, (0, len(more)), mode="edge")
    while int((found := find_spikes(jnp.asarray(t), jnp.asarray(v), level, size)).count) > size:
        size *= 4
    return jax.tree.map(lambda x: np.asarray(x)[: int(found.count)] if jnp.ndim(x) else x, found)


def _extremes(v: jax.Array, height: Any) -> tuple[jax.Array, jax.Array]:
    """Index of the peak or trough that the samples up to each have reached, and whether that is a peak (time,)."""
    play = _clipped(v - height, v, v[0])
    change = jnp.diff(play, prepend=v[:1])
    index = jnp.arange(1, len(v) + 1, dtype=v.dtype)
    last = jnp.where(change > 0, index, -index)
    moved = change != 0
    last = _clipped(jnp.where(moved, last, -jnp.inf), jnp.where(moved, last, jnp.inf), -jnp.ones((), v.dtype))
    return (jnp.abs(last) - 1).astype(int), last > 0


def _clipped(low: jax.Array, high: jax.Array, first: jax.Array) -> jax.Array:
    """x of x[i] = clip(x[i - 1], low[i], high[i]) from x[-1] = first (time,): clips of clips are clips.

    In √n blocks at once, so that the loops have √n steps.
    """
    size = len(low)
    width = math.isqrt(size - 1) + 1
    low, high = (jnp.pad(x, (0, width * width - size), mode="edge").reshape(width, width).T for x in (low, high))

    def within(carry: tuple, x: tuple) -> tuple:
        carry = tuple(jnp.clip(bound, *x) for bound in carry)
        return carry, carry

    far = jnp.full(width, jnp.inf, low.dtype)
    (last_low, last_high), bounds = jax.lax.scan(within, (-far, far), (low, high))
    _, begins = jax.lax.scan(lambda x, ends: (jnp.clip(x, *ends), x), first, (last_low, last_high))
    return jnp.clip(begins, *bounds).T.reshape(-1)[:size]


def _places(mask: jax.Array, count: jax.Array, size: int) -> jax.Array:
    """Where a mask whose running count is given is true, padded with zeros (size,)."""
    return jnp.zeros(size, int).at[jnp.where(mask, count - 1, size)].set(jnp.arange(len(mask)), mode="drop")


def _own_levels(trough: jax.Array, peak: jax.Array, level: Any, margin: Any) -> jax.Array:
    """What each excursion is timed at: the level, or within a margin of its peak or trough (spike,) [mV]."""
    asked = jnp.where(peak >= LEVEL, LEVEL, peak - margin) if level is None else level
    return jnp.maximum(asked, trough + margin)


def _is_spike(peak: jax.Array, width: jax.Array, level: Any) -> jax.Array:
    if level is not None:
        return (peak >= level) & (width <= LONGEST)
    return jnp.where(peak >= LEVEL, width <= LONGEST, (peak >= LOWEST_PEAK) & (width <= NARROW))


def _first_rises(v: jax.Array, troughs: jax.Array, levels: jax.Array, which: jax.Array) -> jax.Array:
    """The sample before each excursion first rises through its level after its trough (spike,)."""
    here, index = jnp.minimum(which[1:], len(levels) - 1), jnp.arange(len(v) - 1)
    rises = (v[:-1] < levels[here]) & (v[1:] >= levels[here]) & (index >= troughs[here])
    none = jnp.full(len(levels), len(v))
    return none.at[which[1:]].min(jnp.where(rises, index, len(v)), mode="drop")


@partial(jax.jit, static_argnames="size")
def crossing_times(t: jax.Array, v: jax.Array, level: float, size: int) -> tuple[jax.Array, jax.Array]:
    """Times at which samples rise through a level.

    Each crossing lies between two samples; its time is the root of the polynomial through the six samples around
    them. The derivative is that of the root (implicit function theorem), not of the iteration that finds it.

    Args:
        t: Sample times, increasing (time,) [ms].
        v: Samples (time,) [mV].
        level: Level [mV].
        size: Length of the result.

    Returns:
        Crossing times padded with infinity (size,) [ms], and the number of crossings found, which may exceed `size`.
    """
    up = (v[:-1] < level) & (v[1:] >= level)
    (left,) = jnp.nonzero(up, size=size, fill_value=-1)
    times = _roots(t, v, jnp.maximum(left, 0), level)
    return jnp.where(left >= 0, times, jnp.inf), jnp.sum(up)


def interpolate(t: jax.Array, y: jax.Array, at: jax.Array) -> jax.Array:
    """Values of a curve between its samples, on the polynomial through the six samples around each.

    Args:
        t: Sample times, increasing (time,) [ms].
        y: Samples (time, ...).
        at: Where (point,) [ms].

    Returns:
        Values (point, ...).
    """

    def value(x: jax.Array) -> jax.Array:
        start = jnp.clip(jnp.searchsorted(t, x) - STENCIL // 2, 0, t.shape[0] - STENCIL)
        ts = jax.lax.dynamic_slice(t, (start,), (STENCIL,)) - x
        return _evaluate(ts, _newton_form(ts, jax.lax.dynamic_slice_in_dim(y, start, STENCIL)), jnp.zeros_like(x))[0]

    return jax.vmap(value)(at)


def _roots(t: jax.Array, v: jax.Array, left: jax.Array, level: Any) -> jax.Array:
    """Where a curve rises through its level between the samples at `left` and the next (crossing,) [ms]."""
    start = jnp.clip(left - (STENCIL // 2 - 1), 0, t.shape[0] - STENCIL)
    around = start + jnp.arange(STENCIL)[:, None]
    nodes, values = t[around] - t[left], v[around] - level
    coefficients = _newton_form(nodes, values)
    low_value, high_value, high = *jax.lax.stop_gradient((v[left] - level, v[left + 1] - level)), t[left + 1] - t[left]

    def closer(_: int, x: jax.Array) -> jax.Array:
        value, slope = _evaluate(nodes, fixed, x)
        return jnp.clip(x - value / jnp.where(slope == 0, 1.0, slope), 0.0, high)

    fixed = jax.lax.stop_gradient(coefficients)
    guess = high * low_value / jnp.where(low_value == high_value, 1.0, low_value - high_value)
    x = jax.lax.stop_gradient(jax.lax.fori_loop(0, NEWTON_STEPS, closer, guess))
    value, slope = _evaluate(nodes, coefficients, x)
    slope = jax.lax.stop_gradient(slope)
    return t[left] + x - value / jnp.where(slope == 0, 1.0, slope)


def _newton_form(x: jax.Array, y: jax.Array) -> list[jax.Array]:
    """Divided differences of a polynomial through (x, y)."""
    first = [y[0]]
    for order in range(1, STENCIL):
        gap = x[order:] - x[:-order]
        gap = gap.reshape(gap.shape + (1,) * (y.ndim - gap.ndim))
        y = (y[1:] - y[:-1]) / jnp.where(gap == 0, 1.0, gap)
        first.append(y[0])
    return first


def _evaluate(nodes: jax.Array, coefficients: list[jax.Array], x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A polynomial in Newton's form and its slope."""
    value, slope = coefficients[-1], jnp.zeros_like(coefficients[-1])
    for i in range(STENCIL - 2, -1, -1):
        slope = slope * (x - nodes[i]) + value
        value = value * (x - nodes[i]) + coefficients[i]
    return value, slope
