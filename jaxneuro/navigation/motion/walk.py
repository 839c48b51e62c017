"""A motion in time: what every model of motion shares."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import PyTree

from ...arithmetic import Scalar
from ..arenas.arena import Arena
from .checks import require_numbers, require_times
from .path import Path


def begin(
    arena: Arena, key: jax.Array, steps: int, dt: Scalar, position: ArrayLike | None, heading: ArrayLike | None
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Where an animal starts, as given or drawn from the arena and from all directions, and its noise.

    Args:
        arena: Where it moves.
        key: Of its randomness.
        steps: How many steps it will make.
        dt: How long each of them is [s].
        position: Where it starts (2,) [m]; None to draw it.
        heading: Which way it starts [rad]; None for the direction of the first two numbers of its noise.

    Returns:
        Position, heading, and three normal numbers for the start and for each step (steps + 1, 3).

    Raises:
        ValueError: for a position that is not in the arena, a heading that is not finite, or a time that does not pass.
    """
    require_times(steps, dt)
    require_numbers(heading=0.0 if heading is None else heading)
    place, draws = jax.random.split(key)
    noise = jax.random.normal(draws, (steps + 1, 3), arena.walls.dtype)
    if position is None:
        position = arena.sample(place)
    else:
        arena.require_inside(position, "position")
    heading = jnp.arctan2(noise[0, 1], noise[0, 0]) if heading is None else heading
    return jnp.asarray(position, noise.dtype), jnp.asarray(heading, noise.dtype), noise


def walk(step: Callable, state: tuple, noise: PyTree, dt: Scalar) -> Path:
    """Run `step(state, noise) -> (state, velocity)` over time; a state begins with position and heading.

    Args:
        step: One step of the motion.
        state: Where it starts.
        noise: Arrays (steps, ...).
        dt: Step [s].
    """

    def body(state: tuple, noise: PyTree) -> tuple:
        after, velocity = step(state, noise)
        return after, (after[0], after[1], velocity)

    _, (position, heading, velocity) = jax.lax.scan(body, state, noise)
    join = lambda first, rest: jnp.concatenate([first[None], rest])
    return Path(join(state[0], position), join(state[1], heading), velocity, jnp.asarray(dt, position.dtype))


def unit(heading: jax.Array) -> jax.Array:
    """Unit vectors along directions (..., 2)."""
    return jnp.stack([jnp.cos(heading), jnp.sin(heading)], -1)


def wrapped(angle: jax.Array) -> jax.Array:
    """Angles in [-π, π)."""
    return (angle + jnp.pi) % (2 * jnp.pi) - jnp.pi
