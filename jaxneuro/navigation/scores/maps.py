"""Rate maps as every score takes them."""

from typing import Any

import jax
import jax.numpy as jnp


def as_maps(maps: Any) -> jax.Array:
    """Rate maps (..., y, x) as floating-point numbers, spike counts and masks too.

    Raises:
        ValueError: for another shape.
    """
    maps = jnp.asarray(maps)
    if maps.ndim < 2 or 0 in maps.shape:
        raise ValueError(f"maps have shape {maps.shape}: must be (..., y, x), with at least one unit.")
    return maps if jnp.issubdtype(maps.dtype, jnp.floating) else maps.astype(float)
