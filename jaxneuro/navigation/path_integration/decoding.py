"""Where a network says that the animal is, and by how much that is wrong."""

import jax
import jax.numpy as jnp

from ..arenas.arena import Arena
from ..codes.place import PlaceCells


def decode(logits: jax.Array, cells: PlaceCells, arena: Arena, best: int = 3) -> jax.Array:
    """The mean of the centres of the most active place cells (..., 2) [m]; in a periodic arena, the shortest way round.

    Args:
        logits: Of the place cells (..., cell).
        cells: The place cells.
        arena: Where they are.
        best: How many; 3 in most code for the recipe of Sorscher et al., 1 for the most active alone.
    """
    which = jax.lax.top_k(logits, best)[1]
    centres = cells.centres[which]
    first = centres[..., :1, :]
    return arena.wrap(first[..., 0, :] + jnp.mean(arena.between(first, centres), -2))


def ridge(code: jax.Array, position: jax.Array, penalty: float = 1e-3) -> jax.Array:
    """Weights (unit + 1, 2) of a linear reading of places from a code (sample, unit), of least squares with a penalty."""
    x = jnp.concatenate([code, jnp.ones((*code.shape[:-1], 1))], -1)
    scale = jnp.mean(code**2) * penalty * len(code)
    return jnp.linalg.solve(x.T @ x + scale * jnp.eye(x.shape[1]), x.T @ position)


def read(weights: jax.Array, code: jax.Array) -> jax.Array:
    """Places (..., 2) that `ridge` weights read from a code (..., unit)."""
    return code @ weights[:-1] + weights[-1]


def distance(arena: Arena, a: jax.Array, b: jax.Array) -> jax.Array:
    """Distance of places (...) [m]."""
    return jnp.linalg.norm(arena.between(a, b), axis=-1)
