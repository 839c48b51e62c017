"""Rate maps: the mean activity of units in each bin of an arena."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, Num, Shaped

from ....arithmetic import Scalar
from .given import Corners


def rate_map(
    position: Num[ArrayLike, "time 2"],
    activity: Num[ArrayLike, "time *unit"],
    bounds: Corners,
    bins: int | tuple[int, int] = 32,
    *,
    smoothing: float = 0.0,
    visits: Scalar = 1.0,
    weight: Shaped[ArrayLike, "time"] | None = None,
) -> Float[Array, "*unit y x"]:
    """Mean activity in each bin of an arena; NaN where the animal was not.

    Activity and occupancy are smoothed each by the same Gaussian before they are divided, so that a bin is a mean over samples,
    weighted by distance. Spike counts divided by the length of a sample [s] give Hz.

    Args:
        position: Places (time, 2) [m].
        activity: One value a sample (time,), or one for each unit (time, unit).
        bounds: Corners of the map ((x, y) lowest, (x, y) highest) [m]; samples outside are left out.
        bins: Number of bins along each side, or (along y, along x).
        smoothing: Standard deviation of the Gaussian, in bins.
        visits: Samples that a bin needs to count as visited.
        weight: Weight of each sample (time,), or a mask of those that count; 1 by default. What has none may be NaN.

    Returns:
        Map (y, x), or one for each unit (unit, y, x); all NaN where a position is.

    Raises:
        ValueError: for shapes that do not fit, no units, no bins, or positions and activities that are not numbers.
    """
    position, activity, bounds = jnp.asarray(position), jnp.asarray(activity), jnp.asarray(bounds)
    shape = tuple(bins) if isinstance(bins, tuple | list) else (bins, bins)
    weight = np.ones(position.shape[:1]) if weight is None else jnp.asarray(weight, float)
    _check(position, activity, bounds, shape, weight)
    return _rate_map(position, activity, bounds, shape, smoothing, visits, weight)


@partial(jax.jit, static_argnames=("shape", "smoothing"))
def _rate_map(
    position: jax.Array,
    activity: jax.Array,
    bounds: jax.Array,
    shape: tuple,
    smoothing: float,
    visits: Scalar,
    weight: jax.Array | np.ndarray,
) -> jax.Array:
    left_out = (weight == 0)[:, None]
    position = jnp.where(left_out, bounds[0], position)
    where, inside = bin_of(position, bounds, shape)
    weight = weight * inside
    values = jnp.where(left_out, 0.0, activity.reshape(activity.shape[0], -1))
    sums = jax.ops.segment_sum(
        jnp.concatenate([weight[:, None], weight[:, None] * values], 1), where, shape[0] * shape[1]
    )
    maps = sums.T.reshape(-1, *shape)
    seen = maps[0] >= visits
    smooth = smoothed(maps, smoothing)
    rates = jnp.where(seen, smooth[1:] / jnp.where(seen, smooth[0], 1.0), jnp.nan)
    rates = jnp.where(jnp.any(jnp.isnan(position)), jnp.nan, rates)
    return rates[0] if activity.ndim == 1 else rates


def bin_of(
    position: Num[Array, "place 2"], bounds: Num[Array, "2 2"], shape: tuple[int, int]
) -> tuple[Int[Array, "place"], Bool[Array, "place"]]:
    """Number of the bin of each place, row by row, and whether the place is within the bounds."""
    fraction = (position - bounds[0]) / (bounds[1] - bounds[0])
    inside = jnp.all((fraction >= 0) & (fraction <= 1), axis=-1)
    cells = jnp.array([shape[1], shape[0]])
    column, row = jnp.moveaxis(jnp.clip((fraction * cells).astype(int), 0, cells - 1), -1, 0)
    return row * shape[1] + column, inside


def smoothed(maps: Float[Array, "*unit y x"], deviation: float) -> Float[Array, "*unit y x"]:
    """Maps (..., y, x) under a Gaussian of a standard deviation in bins, nothing coming from outside."""
    if deviation == 0:
        return maps
    down, across = (_gaussian(n, deviation) for n in maps.shape[-2:])
    return down @ maps @ across.T


def filled(maps: Float[Array, "*unit y x"], deviation: float = 1.0) -> Float[Array, "*unit y x"]:
    """Maps with the mean of the surroundings, weighted by a Gaussian, where they are NaN."""
    known = jnp.isfinite(maps)
    mean = smoothed(jnp.where(known, maps, 0.0), deviation) / smoothed(known.astype(maps.dtype), deviation)
    return jnp.where(known, maps, mean)


def _gaussian(n: int, deviation: float) -> jax.Array:
    apart = jnp.subtract.outer(jnp.arange(n), jnp.arange(n))
    return jnp.exp(-0.5 * (apart / deviation) ** 2)


def require_map(position: jax.Array, bounds: jax.Array, shape: tuple) -> None:
    """Refuse what gives no map.

    Raises:
        ValueError: for places, corners or numbers of bins of another shape, or corners in another order.
    """
    if position.ndim != 2 or position.shape[1] != 2:
        raise ValueError(f"position has shape {position.shape}: must be (time, 2) [m].")
    if bounds.shape != (2, 2):
        raise ValueError(f"bounds has shape {bounds.shape}: must be (2, 2), lowest and highest corner [m].")
    if not isinstance(bounds, Tracer) and not np.all(np.less(*np.asarray(bounds))):
        raise ValueError(f"bounds = {bounds.tolist()}: the second corner must be above and right of the first [m].")
    if len(shape) != 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
        raise ValueError(f"bins = {shape}: give a number of bins of 1 or more, or two, along y and along x.")


def _check(
    position: jax.Array, activity: jax.Array, bounds: jax.Array, shape: tuple, weight: jax.Array | np.ndarray
) -> None:
    require_map(position, bounds, shape)
    if activity.ndim not in (1, 2) or activity.shape[0] != position.shape[0]:
        raise ValueError(
            f"activity has shape {activity.shape}: must be ({position.shape[0]},) or ({position.shape[0]}, unit), as position."
        )
    if 0 in activity.shape:
        raise ValueError(f"activity has shape {activity.shape}: there must be at least one sample and one unit.")
    if weight.shape != position.shape[:1]:
        raise ValueError(f"weight has shape {weight.shape}: must be {position.shape[:1]}, one of each sample.")
    if isinstance(weight, Tracer):
        return
    for name, values in (("position", position), ("activity", activity)):
        if not isinstance(values, Tracer):
            _require_numbers(name, values, np.asarray(weight) != 0)


def _require_numbers(name: str, values: jax.Array, counted: np.ndarray) -> None:
    bad = ~np.isfinite(values).reshape(len(values), -1).all(1) & counted
    if bad.any():
        raise ValueError(
            f"{name} of sample {int(bad.argmax())} is not a number, as of {int(bad.sum())} in all: leave them out by "
            f"weight = np.isfinite({name}){'.all(1)' * (values.ndim > 1)}."
        )
