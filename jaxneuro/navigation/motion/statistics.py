"""What a path is like: how fast, how straight, how near to walls."""

from functools import partial

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar
from ...pytree import Pytree
from ..arenas.arena import Arena
from .path import Path
from .tracked import path_of, smoothed

MOVING = 0.05  # m/s; below it, a tracked direction is mostly noise
ZONES = (0.05, 0.1, 0.2)  # m from a wall


class MotionStatistics(Pytree):
    """Statistics of a path.

    Attributes:
        speed: Mean speed [m/s].
        speed_spread: Its standard deviation [m/s].
        speed_time: Time in which the autocorrelation of speed falls to 1/e [s].
        turning: Standard deviation of angular velocity while moving [rad/s].
        turning_median: Median of its absolute value [rad/s].
        turning_time: Time in which its autocorrelation falls to 1/e [s].
        near_wall: Part of the time within 5, 10 and 20 cm of a wall (zone,).
    """

    speed: jax.Array
    speed_spread: jax.Array
    speed_time: jax.Array
    turning: jax.Array
    turning_median: jax.Array
    turning_time: jax.Array
    near_wall: jax.Array


@partial(jax.jit, static_argnames="every")
def motion_statistics(
    path: Path, arena: Arena, *, smoothing: Scalar = 0.1, every: int = 1, moving: float = MOVING
) -> MotionStatistics:
    """Statistics of a path from its places alone, as they are measured of an animal.

    Args:
        path: Of one animal; times at which it was not tracked are left out.
        arena: Where it moved; not periodic.
        smoothing: Standard deviation of the Gaussian with which places are smoothed [s]; 0 for none.
        every: Places are then taken at every n-th time.
        moving: Directions are counted above this speed [m/s].

    Raises:
        ValueError: for several animals, or a periodic arena.
    """
    if path.position.ndim != 2 or arena.period is not None:
        raise ValueError(
            f"position has shape {path.position.shape} and the arena the period {arena.period}: statistics are of one animal, "
            "(time, 2), in an arena with walls; `vmap` them over animals."
        )
    kept = None if path.mask is None else path.mask[::every]
    path = path_of(smoothed(path.position, path.dt, smoothing)[::every], path.dt * every, mask=kept)
    here = jnp.ones(len(path.position), bool) if kept is None else kept
    speed, turning, walked = path.speed, path.turning[:-1], path.walked
    fast = (speed[1:] > moving) & (speed[:-1] > moving) & walked[1:] & walked[:-1]
    mean = jnp.mean(speed, where=walked)
    counted = jnp.where(fast, turning, jnp.nan)
    near = arena.distance_to_wall(path.position)[:, None] < jnp.array(ZONES)
    return MotionStatistics(
        speed=mean,
        speed_spread=jnp.std(speed, where=walked),
        speed_time=decay_time(jnp.where(walked, speed, mean), path.dt),
        turning=jnp.nanstd(counted),
        turning_median=jnp.nanmedian(jnp.abs(counted)),
        turning_time=decay_time(jnp.where(fast, turning, 0.0), path.dt),
        near_wall=jnp.mean(near, 0, where=here[:, None]),
    )


def autocorrelation(x: jax.Array) -> jax.Array:
    """Autocorrelation of a series at lags 0, 1, 2, ... (time,), biased: falling to 0 where few pairs are left."""
    x = x - x.mean()
    power = jnp.abs(jnp.fft.rfft(x, 2 * x.size)) ** 2
    sums = jnp.fft.irfft(power)[: x.size]
    return sums / sums[0]


def decay_time(x: jax.Array, dt: Scalar) -> jax.Array:
    """Time in which the autocorrelation of a series falls to 1/e, between samples by interpolation [s]."""
    r = autocorrelation(x)
    after = jnp.argmax(r < jnp.exp(-1.0))
    return dt * (after - (jnp.exp(-1.0) - r[after]) / (r[after - 1] - r[after]))


@partial(jax.jit, static_argnames="bins")
def occupancy(path: Path, arena: Arena, bins: int = 20) -> jax.Array:
    """Part of the time spent in each square of an arena (bins, bins), rows along y; what is masked of a path is left out."""
    low, high = arena.bounds
    place = jnp.clip(((path.position - low) / (high - low) * bins).astype(int), 0, bins - 1)
    known = jnp.ones(path.position.shape[:-1]) if path.mask is None else path.mask.astype(path.position.dtype)
    return jnp.zeros((bins, bins)).at[place[..., 1], place[..., 0]].add(known) / jnp.sum(known)
