"""Border scores of rate maps of rectangular arenas."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .fields import connected, field_sizes
from .maps import as_maps
from .signs import as_rates


@partial(jax.jit, static_argnames=("near", "signs"))
def border_score(maps: Any, near: float = 0.15, signs: str = "rectified") -> jax.Array:
    """Border score of Banino et al.: max over the walls of (b - c) / (b + c).

    b is the mean rate near a wall, c that far from all walls.

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        near: How far from a wall is near, as a part of the side: 3 bins of 20 in the paper.
        signs: What becomes of negative rates, see `as_rates`.

    Returns:
        Score (...), from -1 to 1; 0 for uniform maps, NaN for silent ones.

    Source: Banino et al. (2018), Nature 557:429, supplementary information 3d; there 0.50 is the threshold.
    """
    if not 0 < near < 0.5:
        raise ValueError(f"near = {near}: give a part of the side above 0 and below 0.5, so that a middle is left.")
    rates = as_rates(as_maps(maps), signs, (-2, -1))
    height, width = rates.shape[-2:]
    down, across = _from_low_wall(height)[:, None] / height, _from_low_wall(width) / width
    walls = [np.broadcast_to(d < near, (height, width)) for d in (down, 1 - down, across, 1 - across)]
    far = ~np.any(walls, axis=0)
    beside = jnp.stack([jnp.nanmean(rates, (-2, -1), where=wall) for wall in walls])
    middle = jnp.nanmean(rates, (-2, -1), where=far)
    total = beside + middle
    return jnp.nanmax(jnp.where(total > 0, (beside - middle) / jnp.where(total > 0, total, 1.0), jnp.nan), 0)


@partial(jax.jit, static_argnames=("of_peak", "smallest", "signs"))
def solstad_border_score(
    maps: Any, of_peak: float = 0.3, smallest: float = 0.02, signs: str = "rectified"
) -> jax.Array:
    """Border score of Solstad et al.: (c - d) / (c + d).

    c is the largest part of a wall that one field covers; d the mean distance of firing from the nearest wall, over all fields,
    in units of half the shorter side.

    Args:
        maps: Rate maps (..., y, x); NaN where not visited.
        of_peak: A field is where the rate exceeds so much of the peak.
        smallest: Part of the arena that a field covers at least: 200 cm² of 1 m² in the paper.
        signs: What becomes of negative rates, see `as_rates`.

    Returns:
        Score (...), from -1 to 1; NaN without a field, and for a map that is one field, for it covers every wall.

    Source: Solstad et al. (2008), Science 322:1865.
    """
    rates = as_rates(as_maps(maps), signs, (-2, -1))
    flat = rates.reshape(-1, *rates.shape[-2:])
    return jax.vmap(lambda one: _solstad(one, of_peak, smallest))(flat).reshape(rates.shape[:-2])


def _solstad(rates: jax.Array, of_peak: float, smallest: float) -> jax.Array:
    height, width = rates.shape
    labels = connected(rates > of_peak * jnp.nanmax(rates))
    fields = field_sizes(labels) >= smallest * rates.size
    labels = jnp.where(fields, labels, -1)
    covered = jnp.max(jnp.stack([_covered(wall) for wall in (labels[0], labels[-1], labels[:, 0], labels[:, -1])]))
    down, across = (np.minimum(d, n - d) for n, d in ((n, _from_low_wall(n)) for n in (height, width)))
    distance = np.minimum(down[:, None], across) / (min(height, width) / 2)
    firing = jnp.where(fields, rates, 0.0)
    mean = jnp.sum(firing * distance) / jnp.sum(firing)
    trivial = jnp.all(fields | jnp.isnan(rates)) | ~jnp.any(fields)
    return jnp.where(trivial, jnp.nan, (covered - mean) / (covered + mean))


def _from_low_wall(bins: int) -> np.ndarray:
    """Distance of the middle of each bin from the wall at the low end, in bins."""
    return np.arange(bins) + 0.5


def _covered(wall: jax.Array) -> jax.Array:
    """The largest part of the bins along a wall that belong to one field."""
    return jnp.max(jnp.mean((wall[:, None] == wall) & (wall >= 0), axis=1))
