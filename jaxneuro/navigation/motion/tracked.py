"""Positions that were tracked, as a path."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..arenas.arena import Arena
from .path import Path


def path_of(position: Any, dt: Any, arena: Arena | None = None) -> Path:
    """The path of tracked positions; headings are directions of movement, the last one kept for the last place.

    Args:
        position: Places at regular times (time, 2) [m].
        dt: Time between them [s].
        arena: Needed if it is periodic.

    Raises:
        ValueError: for a position that is not finite.
    """
    position = jnp.asarray(position)
    if not isinstance(position, Tracer) and not bool(jnp.isfinite(position).all()):
        at = int(np.flatnonzero(~np.isfinite(np.asarray(position)).all(-1))[0])
        raise ValueError(f"position[{at}] = {position[at].tolist()} is not finite: interpolate over gaps in the track.")
    steps = jnp.diff(position, axis=0) if arena is None else arena.between(position[:-1], position[1:])
    still = jnp.all(steps == 0, -1)
    heading = jnp.unwrap(jnp.arctan2(steps[:, 1], jnp.where(still, 1.0, steps[:, 0])))
    return Path(position, jnp.append(heading, heading[-1:]), steps / dt, jnp.asarray(dt, position.dtype))


def smoothed(position: jax.Array, dt: Any, width: float) -> jax.Array:
    """Positions (time, 2) [m] smoothed by a Gaussian; ends are continued by their last place.

    Args:
        position: Places at regular times, in no periodic arena.
        dt: Time between them [s].
        width: Standard deviation of the Gaussian [s].
    """
    half = int(np.ceil(4 * width / float(dt)))
    kernel = jnp.exp(-0.5 * (jnp.arange(-half, half + 1) * dt / width) ** 2).astype(position.dtype)
    padded = jnp.pad(position, ((half, half), (0, 0)), mode="edge")
    along = lambda x: jnp.convolve(x, kernel / kernel.sum(), mode="valid")
    return jax.vmap(along, 1, 1)(padded)
