"""How far a step goes among walls: up to the first, then along it.

A wall is a strip: who walks into it stops `CLEARANCE` from it, so that rounding never decides on which side of it somebody is.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .segments import directions

CLEARANCE = 1e-4  # m; 1000 times the rounding of float32 in an arena of 1 m, and far below the size of any animal
WALLS_A_STEP = 3  # a step ends at the third wall that it meets; two end it in a corner
LIFT = 1e-5  # slope away from a wall along which one slides: more than rounding, less than anyone sees


def barred(walls: jax.Array, stands: jax.Array, free: tuple) -> tuple[jax.Array, jax.Array]:
    """What stops a step: walls, and a short bar across each free end, so that nobody walks into a wall lengthwise."""
    if not free:
        return walls, stands
    wall, end = np.array(free).T
    along, _ = directions(walls[wall])
    half = CLEARANCE * jnp.stack([-along[:, 1], along[:, 0]], -1)
    at = walls[wall, end]
    return jnp.concatenate([walls, jnp.stack([at - half, at + half], 1)]), jnp.concatenate([stands, stands[wall]])


def allowed(position: jax.Array, step: jax.Array, walls: jax.Array, stands: jax.Array) -> jax.Array:
    """The part of a step that walls allow, with what slides along them.

    Args:
        position: Where it begins (..., 2) [m].
        step: The step (..., 2) [m], of any length.
        walls: Walls (wall, 2, 2) [m].
        stands: Which of them stand (wall,).

    Returns:
        The displacement (..., 2) [m]; the step itself, exactly, where no wall is met.
    """
    along, length = directions(walls)
    gone, rest = jnp.zeros_like(position + step), step + jnp.zeros_like(position)
    for _ in range(WALLS_A_STEP):
        part, tangent, normal = _first_wall(position + gone, rest, walls[:, 0], along, length, stands)
        gone = gone + part[..., None] * rest
        left = jnp.sum(rest * tangent, -1) * (1.0 - part)
        rest = left[..., None] * tangent + LIFT * jnp.abs(left)[..., None] * normal
    return gone


def _first_wall(
    position: jax.Array, step: jax.Array, start: jax.Array, along: jax.Array, length: jax.Array, stands: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The part of a step up to the first wall (...,), and that wall's tangent and its normal towards the position (..., 2)."""
    normal = jnp.stack([-along[:, 1], along[:, 0]], -1)
    offset = position[..., None, :] - start
    before, change = jnp.sum(offset * normal, -1), jnp.sum(step[..., None, :] * normal, -1)
    side = jnp.where(before >= 0, 1.0, -1.0)
    before, approach = side * before, -side * change
    near = (approach > 0) & (before - approach < CLEARANCE) & stands
    safe = jnp.where(near, approach, 1.0)
    forward = jnp.minimum(before / safe, 1.0) * jnp.sum(
        step[..., None, :] * along, -1
    )  # to the wall's line, or to the end
    where = jnp.sum(offset * along, -1) + forward
    near &= (where > -CLEARANCE / 2) & (where < length + CLEARANCE / 2)  # half, to slide round corners freely
    part = jnp.where(near, jnp.clip((before - CLEARANCE) / safe, 0.0, 1.0), 2.0)
    first = (
        jnp.argmin(part, -1)[..., None, None] == jnp.arange(len(start))[:, None]
    )  # on a CPU a sum is faster than a gather
    take = lambda vectors: jnp.sum(jnp.where(first, vectors, 0.0), -2)
    return jnp.minimum(part.min(-1), 1.0), take(along), take(side[..., None] * normal)
