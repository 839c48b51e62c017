"""Gap junctions: the voltages of a step are those of the cells that they join, so all are solved together.

A junction's current over a step is w times the mean of the voltage difference in it, (before + after) / 2, and the
voltages after the step depend on the currents linearly. That is one linear system for the currents of all junctions, near
the identity: conjugate gradients take a few iterations, each a solve of every cell alone.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.sparse.linalg import cg
from jaxtyping import Array, Float

TOLERANCE = 32  # relative, in units of rounding
ITERATIONS = 100


def currents(
    weight: Float[Array, "junction"], difference: Float[Array, "junction"], response: Callable[[jax.Array], jax.Array]
) -> Float[Array, "junction"]:
    """Mean currents through the junctions in a step (junction,) [nA].

    Args:
        weight: Conductances (junction,) [µS].
        difference: Mean voltage differences without these currents (junction,) [mV].
        response: What currents (junction,) [nA] add to them: linear, symmetric and negative.
    """
    root = jnp.sqrt(jax.lax.stop_gradient(weight))
    tolerance = TOLERANCE * float(jnp.finfo(difference.dtype).eps)

    def multiply(i: jax.Array) -> jax.Array:
        return i - weight * response(i)

    # with K = -response: 1/(1 + w K) = 1 - √w S √w K and its transpose 1 - K √w S √w, where S = 1/(1 + √w K √w) is symmetric
    def symmetric(b: jax.Array) -> jax.Array:
        return root * cg(lambda x: x - root * response(root * x), root * b, tol=tolerance, maxiter=ITERATIONS)[0]

    def solve(_: object, b: jax.Array) -> jax.Array:
        return b + symmetric(response(b))

    def solve_transposed(_: object, b: jax.Array) -> jax.Array:
        return b + response(symmetric(b))

    return jax.lax.custom_linear_solve(multiply, weight * difference, solve, solve_transposed)
