"""What can be seen among walls."""

import jax
import jax.numpy as jnp

from .segments import meet

SLACK = 1e-6  # of a wall's length, by which it is longer to the eye: no light comes through corners


def rays(position: jax.Array, angles: jax.Array, walls: jax.Array, stands: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Distance of the first wall that stands along each ray (..., ray) [m], and its number; infinite and -1 without one.
    NaN where the position or the angle is.

    Args:
        position: Where the eye is (..., 2) [m].
        angles: Directions of the rays (..., ray) [rad].
        walls: Walls (wall, 2, 2) [m].
        stands: Which of them stand (wall,).
    """
    towards = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
    position, towards = jnp.broadcast_arrays(position[..., None, :], towards)
    if not walls.shape[0]:
        return jnp.full(towards.shape[:-1], jnp.inf), jnp.full(towards.shape[:-1], -1)
    distance, place = meet(position, towards, walls)
    distance = jnp.where(stands & (distance >= 0) & _on(place), distance, jnp.inf)
    first, nearest = jnp.argmin(distance, -1), jnp.min(distance, -1)
    nearest = jnp.where(jnp.isnan(jnp.sum(position + towards, -1)), jnp.nan, nearest)
    return nearest, jnp.where(jnp.isfinite(nearest), first, -1)


def clear(a: jax.Array, line: jax.Array, walls: jax.Array, stands: jax.Array) -> jax.Array:
    """Whether no wall that stands lies on a line from a (...,); a wall at its very end does not count."""
    a, line = jnp.broadcast_arrays(a, line)
    part, place = meet(a, line, walls)
    return ~jnp.any(stands & (part > 0) & (part < 1 - SLACK) & _on(place), -1) & jnp.isfinite(jnp.sum(a + line, -1))


def _on(place: jax.Array) -> jax.Array:
    return (place >= -SLACK) & (place <= 1 + SLACK)
