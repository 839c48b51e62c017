"""What a rate map says of the place: spatial information, sparsity, stability."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from .maps import Corners, as_maps, rate_map
from .signs import as_rates


@partial(jax.jit, static_argnames="signs")
def spatial_information(
    maps: Num[ArrayLike, "*unit y x"], occupancy: Num[ArrayLike, "y x"] | None = None, signs: str = "rectified"
) -> Float[Array, "*unit"]:
    """Information that a spike carries about the place [bits a spike]: Σ p (r/m) log2(r/m), with m = Σ p r.

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        occupancy: Time in each bin (y, x); by default the same in all that were visited.
        signs: What becomes of negative rates, see `as_rates`.

    Returns:
        Information (...); NaN for silent maps. opexebo counts only bins in which the cell fires more than on average (it cuts the
        logarithm off at 0), so that its information is higher, and not 0 for a cell that fires evenly but for noise.

    Source: Skaggs et al. (1993), NIPS 5:1030.
    """
    rates, part = _rates_and_parts(maps, occupancy, signs)
    mean = jnp.sum(part * rates, (-2, -1), keepdims=True)
    relative = rates / jnp.where(mean > 0, mean, jnp.nan)
    return jnp.sum(part * jax.scipy.special.xlogy(relative, relative), (-2, -1)) / jnp.log(2.0)


@partial(jax.jit, static_argnames="signs")
def sparsity(
    maps: Num[ArrayLike, "*unit y x"], occupancy: Num[ArrayLike, "y x"] | None = None, signs: str = "rectified"
) -> Float[Array, "*unit"]:
    """Part of the arena in which a cell fires: (Σ p r)² / Σ p r², 1 for a uniform map. Arguments as `spatial_information`.

    Source: Skaggs et al. (1996), Hippocampus 6:149.
    """
    rates, part = _rates_and_parts(maps, occupancy, signs)
    square = jnp.sum(part * rates**2, (-2, -1))
    return jnp.sum(part * rates, (-2, -1)) ** 2 / jnp.where(square > 0, square, jnp.nan)


@jax.jit
def map_correlation(a: Num[ArrayLike, "*#unit y x"], b: Num[ArrayLike, "*#unit y x"]) -> Float[Array, "..."]:
    """Pearson's correlation of rate maps (..., y, x) over the bins that both visited; NaN if one is constant."""
    known = jnp.isfinite(a) & jnp.isfinite(b)
    count = jnp.sum(known, (-2, -1), keepdims=True)
    a, b = (jnp.where(known, x, 0.0) for x in (a, b))
    a, b = (jnp.where(known, x - jnp.sum(x, (-2, -1), keepdims=True) / count, 0.0) for x in (a, b))
    scale = jnp.sqrt(jnp.sum(a * a, (-2, -1)) * jnp.sum(b * b, (-2, -1)))
    return jnp.sum(a * b, (-2, -1)) / jnp.where(scale > 0, scale, jnp.nan)


def stability(
    position: Num[ArrayLike, "time 2"],
    activity: Num[ArrayLike, "time *unit"],
    bounds: Corners,
    bins: int = 32,
    *,
    smoothing: float = 0.0,
    block: int | None = None,
) -> Float[Array, "*unit"]:
    """Correlation of the maps of the two halves of a session, or of its even and odd blocks.

    Args:
        position: Places (time, 2) [m].
        activity: (time,) or (time, unit).
        bounds: Corners of the map [m].
        bins: Bins along each side.
        smoothing: Standard deviation of the Gaussian, in bins.
        block: Samples of a block; by default half of them all.

    Returns:
        Correlation, one number or one for each unit.
    """
    count = np.shape(position)[0]
    number = jnp.arange(count) // (block or -(-count // 2))
    a, b = (
        rate_map(position, activity, bounds, bins, smoothing=smoothing, weight=1.0 * (number % 2 == half))
        for half in (0, 1)
    )
    return map_correlation(a, b)


def _rates_and_parts(maps: ArrayLike, occupancy: ArrayLike | None, signs: str) -> tuple[jax.Array, jax.Array]:
    rates = as_rates(as_maps(maps), signs, (-2, -1))
    known = jnp.isfinite(rates)
    time = jnp.where(known, 1.0 if occupancy is None else jnp.asarray(occupancy), 0.0)
    return jnp.where(known, rates, 0.0), time / jnp.sum(time, (-2, -1), keepdims=True)
