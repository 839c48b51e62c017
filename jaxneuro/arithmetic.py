"""Elementary functions with derivatives of their own, exact where the formula is singular."""

import jax
import jax.numpy as jnp

NEAR = 0.1  # below it 1 - exp(-x) loses digits, and three terms of the Bernoulli series are exact to 1e-14


@jax.custom_jvp
def linoid(x: jax.Array) -> jax.Array:
    """x / (1 - exp(-x)), the voltage dependence of most opening rates, smooth through its removable singularity at 0.

    Value and derivative are accurate to rounding everywhere, in float32 too.

    Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, eqs. 12 and 20; from Goldman's equation.
    """
    near = jnp.abs(x) < NEAR
    x2 = x * x
    even = 1 / 12 - x2 * (1 / 720 - x2 * (1 / 30240))
    return jnp.where(near, 1 + x / 2 + x2 * even, x * _inverse_gap(x, near)[1])


@linoid.defjvp
def _linoid_jvp(primals: tuple, tangents: tuple) -> tuple:
    (x,), (dx,) = primals, tangents
    near = jnp.abs(x) < NEAR
    x2 = x * x
    odd = 1 / 6 - x2 * (1 / 180 - x2 * (1 / 5040))
    decay, inverse = _inverse_gap(x, near)
    y = linoid(x)
    return y, jnp.where(near, 0.5 + x * odd, inverse * (1 - y * decay)) * dx


def _inverse_gap(x: jax.Array, near: jax.Array) -> tuple[jax.Array, jax.Array]:
    """exp(-x) and 1 / (1 - exp(-x)), with x replaced by 1 where it is near 0."""
    decay = jnp.exp(-jnp.where(near, 1.0, x))
    return decay, 1.0 / (1.0 - decay)
