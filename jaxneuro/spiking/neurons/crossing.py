"""When a potential next reaches its threshold: searched without derivatives, differentiated as an implicit function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...batching import anyone
from .kernels import relative_decay

MAX_STEPS = 60  # bisection alone would need as many; Newton takes three to six
CLOSE = 0.75  # power of the rounding error: a step of Newton's that is shorter, relative to the time, is followed by one last


def implicit(excess: Callable, t: jax.Array) -> jax.Array:
    """A time at which an excess vanishes, with its derivative by the implicit function theorem.

    dt/dp = -(d excess / dp) / (d excess / dt), and 0 where t is 0 or infinite.

    Args:
        excess: Excess over the threshold as a function of time, elementwise; closes over the parameters.
        t: Where it vanishes, to rounding.
    """
    t = jax.lax.stop_gradient(t)
    root = jnp.isfinite(t) & (t > 0)
    value, slope = jax.jvp(excess, (jnp.where(root, t, 0.0),), (jnp.ones_like(t),))
    ratio = value / jax.lax.stop_gradient(jnp.where(root & (slope != 0), slope, 1.0))
    return jnp.where(root, t - (ratio - jax.lax.stop_gradient(ratio)), t)


def rising_root(excess: Callable, low: jax.Array, high: jax.Array, guess: jax.Array, scale: Any = 0.0) -> jax.Array:
    """The root of an excess that rises from below 0 at `low` to 0 or more at `high`, by Newton's method kept in the bracket.

    Args:
        excess: From times to values and slopes, elementwise.
        low: Where the excess is negative; nothing is searched where it is not below `high`.
        high: Where the excess is not negative.
        guess: Where to start.
        scale: Size of what the excess is the difference of: where it is as small as its rounding error, the search ends.
    """

    def step(carry: tuple) -> tuple:
        low, high, t, _, n = carry
        value, slope = excess(t)
        low, high = jnp.where(value < 0, t, low), jnp.where(value < 0, high, t)
        new = t - value / jnp.where(slope > 0, slope, 1.0)
        inside = (slope > 0) & (new >= low) & (new <= high)
        new = jnp.where(inside, new, 0.5 * (low + high))
        eps = jnp.finfo(t.dtype).eps
        far = (jnp.abs(new - t) > eps**CLOSE * jnp.abs(t)) & (jnp.abs(value) > eps * scale)
        return low, high, new, far & (high > low), n + 1

    carry = (low, high, jnp.clip(guess, low, high), high > low, 0)
    carry = jax.lax.while_loop(lambda carry: anyone(carry[3].any() & (carry[4] < MAX_STEPS)), step, carry)
    return step(carry)[2]


def rise(curve: Callable, low: jax.Array, high: jax.Array) -> jax.Array:
    """First time between two at which an excess rises to 0, or infinity; its slope changes sign once at most.

    Args:
        curve: From times to excess, slope and second derivative, elementwise.
        low: Where it begins; an excess of 0 or more there is no rise.
        high: Where it ends.
    """
    before, rising, _ = curve(low)
    after, falling, _ = curve(high)
    peaks = (high > low) & (before < 0) & (after < 0) & (rising > 0) & (falling < 0)
    between = lambda there, a, b: (jnp.where(there, a, 0.0), jnp.where(there, b, 0.0))
    start, end = between(peaks, low, high)
    top = rising_root(lambda t: tuple(-x for x in curve(t)[1:]), start, end, 0.5 * (start + end))
    high = jnp.where(peaks, top, high)
    found = (high > low) & (before < 0) & (curve(high)[0] >= 0)
    start, end = between(found, low, high)
    return jnp.where(found, rising_root(lambda t: curve(t)[:2], start, end, 0.5 * (start + end)), jnp.inf)


def double_exponential(v: Any, i: Any, level: Values, tau: Values, tau_input: Any, within: Values) -> jax.Array:
    """First time in [0, within] at which a leaky integrator driven by a decaying current rises to a level, or infinity.

    u(t) = v exp(-t / tau) + i response(t, tau, tau_input)

    It turns once at most, where u(t) = i exp(-t / tau_input), at a time of closed form; up to a maximum, or from a minimum
    on, it rises, so that there is one root at most to be found, whatever the time constants.

    Args:
        v: Potential at 0, above where it would settle without current.
        i: Current at 0.
        level: Level, above where it would settle.
        tau: Time constant of the integrator [ms].
        tau_input: Time constant of the current [ms].
        within: How long it is watched [ms].

    Returns:
        The time [ms]; without derivative.
    """
    v, i, level, tau, tau_input, within = jax.lax.stop_gradient(
        jnp.broadcast_arrays(*map(jnp.asarray, (v, i, level, tau, tau_input, within)))
    )
    fast, slow = jnp.minimum(tau, tau_input), jnp.maximum(tau, tau_input)

    def excess(t: jax.Array) -> tuple:
        late = jnp.exp(-t / slow)
        share = relative_decay(t * (1 / fast - 1 / slow))
        early = late * (1 - share * t * (1 / fast - 1 / slow))
        membrane, current = jnp.where(tau > tau_input, late, early), jnp.where(tau > tau_input, early, late)
        u = v * membrane + i * t / tau * late * share
        return u - level, (i * current - u) / tau

    turn = turning(v, i, tau, tau_input)
    low = jnp.where(i < 0, jnp.where(jnp.isfinite(turn), turn, 0.0), 0.0)
    high = jnp.minimum(within, jnp.where(i > 0, turn, jnp.inf))
    top = excess(jnp.maximum(high, 0.0))[0]
    found = (high > low) & (top >= 0) & (v < level)
    share = (level - v) / jnp.where(found, top + level - v, 1.0)
    peaked = jnp.isfinite(turn) & (
        i > 0
    )  # then from a parabola: through start and peak, or, near the peak, by its curvature
    bend = jnp.maximum(i, 0.0) * jnp.exp(-jnp.where(peaked, turn, 0.0) / tau_input) / (tau * tau_input)
    peak = excess(jnp.where(peaked, turn, 0.0))[0]
    near = jnp.sqrt(2 * jnp.maximum(peak, 0.0) / jnp.where(peaked, bend, 1.0))
    share = jnp.where(peaked, (level - v) / jnp.where(found, peak + level - v, 1.0), share)
    wide = turn * jnp.sqrt(jnp.clip(1 - share, 0.0, 1.0))
    guess = jnp.where(peaked, turn - jnp.where(share > 0.8, near, wide), high * share)
    low, high, guess = (jnp.where(found, x, 0.0) for x in (low, high, guess))
    root = rising_root(excess, low, high, guess, jnp.abs(v) + jnp.abs(i) + jnp.abs(level))
    return jnp.where(found, root, jnp.where((v >= level) & (within >= 0), 0.0, jnp.inf))


def turning(v: jax.Array, i: jax.Array, tau: jax.Array, tau_input: jax.Array) -> jax.Array:
    """When u(t) of `double_exponential` turns, or infinity."""
    return lapse(jnp.where(i == 0, 0.0, tau_input * (i - v) / jnp.where(i == 0, 1.0, i)), 1 / tau_input - 1 / tau)


def lapse(y: jax.Array, rate: Values) -> jax.Array:
    """The time t > 0 at which (1 - exp(-rate t)) / rate = y, or infinity."""
    there = (y > 0) & (rate * y < 1)
    x = jnp.where(there, -rate * y, 0.0)
    return jnp.where(there, y * jnp.where(x == 0, 1.0, jnp.log1p(x) / jnp.where(x == 0, 1.0, x)), jnp.inf)
