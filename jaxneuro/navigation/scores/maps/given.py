"""Rate maps as every score takes them."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from ....arithmetic import Scalar

Corners = Num[ArrayLike, "2 2"] | Sequence[Num[ArrayLike, "2"] | Sequence[Scalar]]  # lowest (x, y) and highest (x, y)


def as_maps(maps: Num[ArrayLike, "*unit y x"]) -> Float[Array, "*unit y x"]:
    """Rate maps (..., y, x) as floating-point numbers, spike counts and masks too.

    Raises:
        ValueError: for another shape, or for what is not a real number.
    """
    maps = jnp.asarray(maps)
    if maps.ndim < 2 or 0 in maps.shape:
        raise ValueError(f"maps have shape {maps.shape}: must be (..., y, x), with at least one unit.")
    if jnp.iscomplexobj(maps):
        raise ValueError(f"maps are {maps.dtype}: give real numbers.")
    return maps if maps.dtype in (jnp.float32, jnp.float64) else maps.astype(float)  # halves have no Fourier transform
