"""What diffusion along a tree does in one step, exactly, as matrices."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

SQUARINGS = 24
EXACT = jax.lax.Precision.HIGHEST  # accelerators round matrix products otherwise


def diffusion_step(
    rates: Float[Array, "compartment compartment"], dt: float
) -> tuple[Float[Array, "compartment compartment"], Float[Array, "compartment compartment"]]:
    """The matrices of v(t + dt) = v(t) + change v(t) + response inflow, for dv/dt = -rates v + inflow.

    exp(-dt rates) - 1 and its mean over the step, by scaling and squaring. What is squared is the change itself,
    1 + Q' = (1 + Q)² as Q' = 2 Q + Q², so that slow modes keep their digits.

    Args:
        rates: Matrix whose rows sum to zero, off its diagonal not positive (compartment, compartment) [1/ms].
        dt: Step [ms]; times the largest rate less than 1e5.

    Returns:
        The change in a step (compartment, compartment), and the response to inflow (compartment, compartment) [ms].

    Source: Higham (2005), SIAM J. Matrix Anal. Appl. 26:1179 (scaling and squaring).
    """
    h = dt / 2**SQUARINGS
    small = -h * rates
    half = 0.5 * small + _product(small, small) / 6
    change, response = small + _product(small, half), h * (jnp.eye(rates.shape[0], dtype=rates.dtype) + half)

    def double(_: int, both: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        change, response = both
        twice = 2 * change + _product(change, change)
        # a potential that is the same everywhere stays what it is
        return twice - jnp.diag(twice.sum(axis=1)), 2 * response + _product(change, response)

    return jax.lax.fori_loop(0, SQUARINGS, double, (change, response))


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a, b, precision=EXACT)
