"""Elementary functions with derivatives of their own, exact where the formula is singular."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jax.custom_derivatives import SymbolicZero

Scalar = float | jax.Array  # a number of Python, or an array of shape ()
Values = float | jax.Array  # a number, or an array of them

SLOPE = "slope"  # name of slopes, for a gradient to keep
NEAR = 0.1  # below it 1 - exp(-x) loses digits, and three terms of the Bernoulli series are exact to 1e-14


def linoid(x: jax.Array, decay: jax.Array | None = None) -> jax.Array:
    """x / (1 - exp(-x)), the voltage dependence of most opening rates, smooth through its removable singularity at 0.

    Value and derivative are accurate to rounding everywhere, in float32 too.

    Args:
        x: Argument, of any shape.
        decay: exp(-x), if it is known already: an exponential is most of the cost.

    Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, eqs. 12 and 20; from Goldman's equation.
    """
    return _linoid(x, jnp.exp(-x) if decay is None else decay)


def shared_exp(x: jax.Array) -> jax.Array:
    """exp(x), of which several rates are made by powers and reciprocals; exponentials take most of the time of a run.

    XLA would turn a power of an exponential back into an exponential of its own. The lower bound, far below what any rate
    notices, keeps it from that; as a `where`, because the derivative of `maximum` divides.
    """
    y = jnp.exp(x)
    return jnp.where(y < 1e-30, 1e-30, y)


@jax.custom_jvp
def _linoid(x: jax.Array, decay: jax.Array) -> jax.Array:
    near = jnp.abs(x) < NEAR
    x2 = x * x
    even = 1 / 12 - x2 * (1 / 720 - x2 * (1 / 30240))
    return jnp.where(near, 1 + x / 2 + x2 * even, x * _inverse_gap(decay, near))


@_linoid.defjvp
def _linoid_jvp(primals: tuple, tangents: tuple) -> tuple:
    (x, decay), (dx, _) = primals, tangents  # decay is a function of x, whose part is in the derivative below
    near = jnp.abs(x) < NEAR
    x2 = x * x
    odd = 1 / 6 - x2 * (1 / 180 - x2 * (1 / 5040))
    y = _linoid(x, decay)
    return y, jnp.where(near, 0.5 + x * odd, (1 - y * decay) * _inverse_gap(decay, near)) * dx


def _inverse_gap(decay: jax.Array, near: jax.Array) -> jax.Array:
    """1 / (1 - decay), and 1 near the singularity; one division for the value and the derivative."""
    return 1.0 / jnp.where(near, 1.0, 1.0 - decay)


@jax.custom_jvp
def reciprocal(x: jax.Array) -> jax.Array:
    """1 / x, with a derivative that needs no second division."""
    return 1.0 / x


@reciprocal.defjvp
def _reciprocal_jvp(primals: tuple, tangents: tuple) -> tuple:
    y = reciprocal(*primals)
    return y, -y * y * tangents[0]


def norm(x: jax.Array) -> jax.Array:
    """Euclidean length over the last axis, with derivative 0 at 0; NaN where x is."""
    square = jnp.sum(x * x, axis=-1)
    return jnp.where(square == 0, 0.0, jnp.sqrt(jnp.where(square == 0, 1.0, square)))


def by_slope(function: Callable[[jax.Array], Any], x: jax.Array) -> Any:
    """`function(x)`, where what it gives for a number of x depends on no other: its derivative in x is a slope.

    A gradient through many steps keeps the slopes, under the name `SLOPE`, and does not go through the function again. What
    the function closes over is differentiated as ever.

    Args:
        function: Gives a tree of arrays (..., any).
        x: Numbers (...).
    """
    function, closed_over = jax.closure_convert(function, x)
    return _by_slope(function, x, *closed_over)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _by_slope(function: Callable, x: jax.Array, *closed_over: jax.Array) -> Any:
    return function(x, *closed_over)


@functools.partial(_by_slope.defjvp, symbolic_zeros=True)
def _by_slope_jvp(function: Callable, at: tuple, along: tuple) -> tuple:
    x, *closed_over = at
    dx, *others = along
    y, slopes = jax.jvp(lambda x: function(x, *closed_over), (x,), (jnp.ones_like(x),))
    parts = []
    if not isinstance(dx, SymbolicZero):
        along_x = lambda slope: checkpoint_name(slope, SLOPE) * dx.reshape(*dx.shape, *[1] * (slope.ndim - dx.ndim))
        parts.append(jax.tree.map(along_x, slopes))
    moving = {i: d for i, d in enumerate(others) if not isinstance(d, SymbolicZero)}
    if moving:
        of_moving = lambda some: function(x, *(some.get(i, c) for i, c in enumerate(closed_over)))
        parts.append(jax.jvp(of_moving, ({i: closed_over[i] for i in moving},), (moving,))[1])
    return y, jax.tree.map(lambda *d: sum(d[1:], d[0]), *parts)
