"""Spatial autocorrelogram: how alike a rate map and its shifted self are."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from .maps import as_maps

ROUNDING = 100.0  # a variance below so many roundings of the largest is none


@partial(jax.jit, static_argnames="overlap")
def autocorrelogram(maps: Num[ArrayLike, "*unit y x"], overlap: int = 20) -> Float[Array, "*unit 2*y-1 2*x-1"]:
    """Pearson's correlation of a map with itself at every shift, over the bins that are valid in both, by FFT.

    r = (n Σab - Σa Σb) / sqrt((n Σa² - (Σa)²) (n Σb² - (Σb)²))

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        overlap: Common valid bins that a shift needs; NaN where there are fewer, and where either part is constant.

    Returns:
        Autocorrelograms (..., 2 y - 1, 2 x - 1), the shift of zero in the middle.

    Raises:
        ValueError: for maps of one row or column.

    Source: Sargolini et al. (2006), Science 312:758, supporting online material.
    """
    maps = as_maps(maps)
    if min(maps.shape[-2:]) < 2:
        raise ValueError(f"maps have shape {maps.shape}: an autocorrelogram needs 2 bins or more along y and along x.")
    known = jnp.isfinite(maps)
    a = _standardised(maps, known)
    one, first, second = (_spectrum(x) for x in (known.astype(a.dtype), a, a * a))
    shape = maps.shape[-2:]
    n = jnp.round(_shifts(one * one.conj(), shape))
    both, left, left2 = (_shifts(x, shape) for x in (first * first.conj(), first * one.conj(), second * one.conj()))
    right, right2 = jnp.flip(left, (-2, -1)), jnp.flip(left2, (-2, -1))
    variances = (n * left2 - left**2) * (n * right2 - right**2)
    least = ROUNDING * jnp.finfo(a.dtype).eps * jnp.max(jnp.abs(n), (-2, -1), keepdims=True) ** 2
    fair = (n >= overlap) & (variances > least**2)
    return jnp.where(fair, (n * both - left * right) / jnp.sqrt(jnp.where(fair, variances, 1.0)), jnp.nan)


def _standardised(maps: jax.Array, known: jax.Array) -> jax.Array:
    """Maps of mean 0 and variance 1, and 0 where unknown or constant: correlations stay the same and float32 suffices."""
    count = jnp.maximum(jnp.sum(known, (-2, -1), keepdims=True), 1)
    mean = jnp.sum(jnp.where(known, maps, 0.0), (-2, -1), keepdims=True) / count
    centred = jnp.where(known, maps - mean, 0.0)
    deviation = jnp.sqrt(jnp.sum(centred**2, (-2, -1), keepdims=True) / count)
    varies = deviation > ROUNDING * jnp.finfo(maps.dtype).eps * jnp.abs(mean)
    return jnp.where(varies, centred / jnp.where(varies, deviation, 1.0), 0.0)


def _spectrum(x: jax.Array) -> jax.Array:
    return jnp.fft.rfft2(x, s=[_even(2 * n - 1) for n in x.shape[-2:]])


def _shifts(spectrum: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    padded = [_even(2 * n - 1) for n in shape]
    rows, columns = (np.arange(-(n - 1), n) % p for n, p in zip(shape, padded, strict=True))
    return jnp.fft.irfft2(spectrum, s=padded)[..., rows[:, None], columns]


def _even(least: int) -> int:
    """The next number that is twice a product of 2, 3 and 5: a fast length of a Fourier transform."""
    n = least + least % 2
    while _rest(n) != 1:
        n += 2
    return n


def _rest(n: int) -> int:
    """What is left of a number without its factors 2, 3 and 5."""
    for p in (2, 3, 5):
        while n % p == 0:
            n //= p
    return n
