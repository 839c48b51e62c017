"""Arenas that begin anew after a period: walls are seen in nine images, vectors are the shortest."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Period = tuple[float, float] | None
SHIFTS = np.array([(x, y) for x in (0, -1, 1) for y in (0, -1, 1)])  # of the images, the arena itself first


def wrap(position: jax.Array, period: Period) -> jax.Array:
    """Positions brought back into the arena (..., 2) [m]."""
    return position if period is None else position % np.asarray(period, position.dtype)


def shortest(vector: jax.Array, period: Period) -> jax.Array:
    """The shortest of the vectors that lead to the same place (..., 2) [m]."""
    if period is None:
        return vector
    width: Any = np.asarray(period, vector.dtype)
    return (vector + width / 2) % width - width / 2


def images(walls: jax.Array, stands: jax.Array, period: Period) -> tuple[jax.Array, jax.Array]:
    """Walls (wall, 2, 2) with their images in the eight neighbours (9 wall, 2, 2), and whether those stand (9 wall,)."""
    if period is None or not walls.shape[0]:
        return walls, stands
    shifts = np.asarray(SHIFTS * period, walls.dtype)
    return (walls + shifts[:, None, None, None]).reshape(-1, 2, 2), jnp.tile(stands, len(SHIFTS))


def nearest_image(to_images: jax.Array, period: Period) -> jax.Array:
    """Vectors to the nearest image of each wall, of those to all images (..., 9 wall, 2): (..., wall, 2)."""
    if period is None or not to_images.shape[-2]:
        return to_images
    to_images = to_images.reshape(*to_images.shape[:-2], len(SHIFTS), -1, 2)
    nearest = jnp.argmin(jnp.sum(to_images**2, -1), -2)
    return jnp.take_along_axis(to_images, nearest[..., None, :, None], -3)[..., 0, :, :]
