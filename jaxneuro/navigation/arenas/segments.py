"""Geometry of straight segments. Shapes broadcast: points (..., 2), segments (segment, 2, 2)."""

from typing import Any

import jax
import jax.numpy as jnp


def cross(a: jax.Array, b: jax.Array) -> jax.Array:
    """z component of the cross product of plane vectors (..., 2): positive where b lies counter-clockwise of a."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def directions(segments: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Unit vectors along segments (segment, 2) and their lengths (segment,)."""
    along = segments[:, 1] - segments[:, 0]
    length = jnp.sqrt(jnp.sum(along**2, -1))
    return along / length[:, None], length


def nearest_points(position: jax.Array, segments: jax.Array) -> jax.Array:
    """The point of each segment that is nearest to a position (..., segment, 2)."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    part = jnp.sum((position[..., None, :] - start) * along, -1) / jnp.sum(along**2, -1)
    return start + jnp.clip(part, 0.0, 1.0)[..., None] * along


def meet(origin: jax.Array, ray: jax.Array, segments: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Where the lines through rays and segments meet.

    Args:
        origin: Where the rays begin (..., 2).
        ray: Vectors along them (..., 2).
        segments: The segments (segment, 2, 2).

    Returns:
        The place along the ray, in its lengths, and along the segment, in its lengths (..., segment); infinite where the two
        are parallel.
    """
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    to_start = start - origin[..., None, :]
    across = cross(ray[..., None, :], along)
    safe = jnp.where(across == 0, 1.0, across)
    place = lambda numerator: jnp.where(across == 0, jnp.inf, numerator / safe)
    return place(cross(to_start, along)), place(cross(to_start, ray[..., None, :]))


def enclosed(position: jax.Array, rings: jax.Array) -> jax.Array:
    """Whether positions lie within closed rings of segments: a ray from within crosses them an odd number of times.

    Source: Shimrat (1962), Commun. ACM 5:434, algorithm 112.
    """
    x, y = position[..., None, 0], position[..., None, 1]
    (x0, y0), (x1, y1) = rings[:, 0].T, rings[:, 1].T
    spans = (y0 > y) != (y1 > y)
    rise: Any = jnp.where(y1 == y0, 1.0, y1 - y0)
    return jnp.sum(spans & (x < x0 + (y - y0) * (x1 - x0) / rise), -1) % 2 == 1
