"""Positions that were tracked, as a path."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from ...arithmetic import Scalar, Values
from ..arenas.arena import Arena
from .checks import require_times
from .path import Path


def path_of(position: ArrayLike, dt: Scalar, arena: Arena | None = None, *, mask: ArrayLike | None = None) -> Path:
    """The path of tracked positions; headings are directions of movement, the last one kept for the last place.

        track = jn.data.read_trajectory("rat.npz")
        path = path_of(track.position, track.dt, mask=track.mask)

    Args:
        position: Places at regular times (time, 2) [m].
        dt: Time between them [s].
        arena: Needed if it is periodic.
        mask: When the animal was tracked (time,); what is measured of the path leaves out the rest. None for always.

    Raises:
        ValueError: for positions or a mask of another shape, a position that is not finite, or a time that does not pass.
    """
    position = jnp.asarray(position)
    if position.ndim != 2 or position.shape[1] != 2 or len(position) < 2:
        raise ValueError(f"position has shape {position.shape}: must be (time, 2) [m], of two times or more.")
    require_times(1, dt)
    if not isinstance(position, Tracer) and not bool(jnp.isfinite(position).all()):
        at = int(np.flatnonzero(~np.isfinite(np.asarray(position)).all(-1))[0])
        raise ValueError(
            f"position[{at}] = {position[at].tolist()} is not finite: interpolate over gaps and mask them, as "
            "data.regular_track does."
        )
    if mask is not None and np.shape(mask) != position.shape[:1]:
        raise ValueError(f"mask has shape {np.shape(mask)}: must be {position.shape[:1]}, as position.")
    position = position if jnp.issubdtype(position.dtype, jnp.floating) else position.astype(float)
    mask = None if mask is None else jnp.asarray(mask, bool)
    return _path(position, jnp.asarray(dt, position.dtype), arena, mask)


@jax.jit
def _path(position: jax.Array, dt: jax.Array, arena: Arena | None, mask: jax.Array | None) -> Path:
    steps = jnp.diff(position, axis=0) if arena is None else arena.between(position[:-1], position[1:])
    still = jnp.all(steps == 0, -1)
    heading = jnp.unwrap(jnp.arctan2(steps[:, 1], jnp.where(still, 1.0, steps[:, 0])))
    return Path(position, jnp.append(heading, heading[-1:]), steps / dt, dt, mask)


def smoothed(position: jax.Array, dt: Scalar, width: Values) -> jax.Array:
    """Positions (time, 2) [m] smoothed by a Gaussian; beyond its ends the track is mirrored.

    Args:
        position: Places at regular times, in no periodic arena.
        dt: Time between them [s].
        width: Standard deviation of the Gaussian [s].
    """
    there_and_back = jnp.concatenate([position, position[::-1]])
    spectrum = jnp.fft.rfft(there_and_back, axis=0)
    cycles = jnp.arange(len(spectrum)) / (len(there_and_back) * dt)
    kept = jnp.exp(-0.5 * (2 * jnp.pi * cycles * width) ** 2)[:, None]
    return jnp.fft.irfft(spectrum * kept, len(there_and_back), axis=0)[: len(position)]
