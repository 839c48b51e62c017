"""Border scores of rate maps of rectangular and of round arenas."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from .maps import as_maps, connected, field_sizes, inside, to_wall, wall_bins, walls
from .signs import as_rates


@partial(jax.jit, static_argnames=("near", "signs", "outline"))
def border_score(
    maps: Num[ArrayLike, "*unit y x"], near: float = 0.15, signs: str = "rectified", outline: str = "rectangle"
) -> Float[Array, "*unit"]:
    """Border score of Banino et al.: max over the walls of (b - c) / (b + c).

    b is the mean rate near a wall, c that far from all walls. A round arena has as a wall each quarter of its rim, from anywhere.

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        near: How far from a wall is near, as a part of the side: 3 bins of 20 in the paper; of the diameter if it is round.
        signs: What becomes of negative rates, see `as_rates`.
        outline: "rectangle", the whole map; "circle", the one that the map's four sides touch.

    Returns:
        Score (...), from -1 to 1; 0 for uniform maps, NaN for silent ones.

    Source: Banino et al. (2018), Nature 557:429, supplementary information 3d; there 0.50 is the threshold.
    """
    if not 0 < near < 0.5:
        raise ValueError(f"near = {near}: give a part of the side above 0 and below 0.5, so that a middle is left.")
    rates = as_rates(as_maps(maps), signs, (-2, -1))
    beside = walls(rates.shape[-2:], near, outline)
    far = inside(rates.shape[-2:], outline) & ~np.any(beside, axis=0)
    known = jnp.isfinite(rates)
    each = jnp.where(known, rates, 0.0)
    mean = lambda where: jnp.sum(each * where, (-2, -1)) / jnp.sum(known * where, (-2, -1))  # NaN where nobody was
    b = jax.lax.map(mean, jnp.asarray(beside, rates.dtype))
    c = mean(jnp.asarray(far, rates.dtype))
    total = b + c
    return jnp.nanmax(jnp.where(total > 0, (b - c) / jnp.where(total > 0, total, 1.0), jnp.nan), 0)


@partial(jax.jit, static_argnames=("of_peak", "smallest", "signs", "outline"))
def solstad_border_score(
    maps: Num[ArrayLike, "*unit y x"],
    of_peak: float = 0.3,
    smallest: float = 0.02,
    signs: str = "rectified",
    outline: str = "rectangle",
) -> Float[Array, "*unit"]:
    """Border score of Solstad et al.: (c - d) / (c + d).

    c is the largest part of a wall that one field covers; d the mean distance of firing from the nearest wall, over all fields,
    in units of half the shorter side, or of the radius. A round arena has as a wall each quarter of its rim, from anywhere.

    Distances are those of the middles of bins: half a bin beside a wall. opexebo counts a whole bin there, so that its scores are
    lower, by up to 2 over the number of bins along a side for a thin field at a wall.

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        of_peak: A field is where the rate exceeds so much of the peak.
        smallest: Part of the arena that a field covers at least: 200 cm² of 1 m² in the paper.
        signs: What becomes of negative rates, see `as_rates`.
        outline: "rectangle", the whole map; "circle", the one that the map's four sides touch.

    Returns:
        Score (...), from -1 to 1; NaN without a field, and for a map that is one field, for it covers every wall.

    Source: Solstad et al. (2008), Science 322:1865.
    """
    rates = as_rates(as_maps(maps), signs, (-2, -1))
    rates = jnp.where(inside(rates.shape[-2:], outline), rates, jnp.nan)
    flat = rates.reshape(-1, *rates.shape[-2:])
    return jax.vmap(lambda one: _solstad(one, of_peak, smallest, outline))(flat).reshape(rates.shape[:-2])


def _solstad(rates: jax.Array, of_peak: float, smallest: float, outline: str) -> jax.Array:
    labels = connected(rates > of_peak * jnp.nanmax(rates))
    fields = field_sizes(labels) >= smallest * inside(rates.shape, outline).sum()
    labels = jnp.where(fields, labels, -1)
    rim, parts = wall_bins(rates.shape, outline)
    covered = _covered(labels[rim], jnp.asarray(parts, rates.dtype))
    firing = jnp.where(fields, rates, 0.0)
    mean = jnp.sum(firing * to_wall(rates.shape, outline)) / jnp.sum(firing)
    trivial = jnp.all(fields | jnp.isnan(rates)) | ~jnp.any(fields)
    return jnp.where(trivial, jnp.nan, (covered - mean) / (covered + mean))


def _covered(rim: jax.Array, parts: jax.Array) -> jax.Array:
    """The largest part of a wall that belongs to one field.

    Args:
        rim: Field of each bin along the walls (bin,), -1 for none.
        parts: Which bins each wall has (wall, bin), as parts of 1.
    """
    same = ((rim[:, None] == rim) & (rim >= 0)).astype(parts.dtype)
    return jnp.max(parts @ same)
