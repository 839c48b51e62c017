"""Surrogate derivatives of a spike."""

from typing import Any

import jax
import jax.numpy as jnp

from ..pytree import Pytree


class FastSigmoid(Pytree):
    """Relaxation x / (1 + |x|) of the step, x = sharpness × excess: derivative 1 / (1 + |x|)².

    Attributes:
        sharpness: Steepness, in 1 / units of the potential.

    Source: Zenke & Ganguli (2018), Neural Comput. 30:1514, eq. 6.
    """

    sharpness: Any = 10.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        x = self.sharpness * excess
        return 0.5 + 0.5 * x / (1 + jnp.abs(x))


def spike(excess: jax.Array, surrogate: Any) -> jax.Array:
    """1 where the excess is not negative, else 0, with the derivative of the surrogate's relaxation."""
    relaxed = surrogate.relaxed(excess)
    return jax.lax.stop_gradient((excess >= 0).astype(excess.dtype) - relaxed) + relaxed
