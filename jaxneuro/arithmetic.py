"""Elementary functions with derivatives of their own, exact where the formula is singular."""

import jax
import jax.numpy as jnp

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
    notices, keeps it from that.
    """
    return jnp.maximum(jnp.exp(x), 1e-30)


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


def norm(x: jax.Array) -> jax.Array:
    """Euclidean length over the last axis, with derivative 0 at 0."""
    square = jnp.sum(x * x, axis=-1)
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
