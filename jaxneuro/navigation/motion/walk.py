"""A motion in time: what every model of motion shares."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..arenas.arena import Arena
from .path import Path


def start_of(arena: Arena, key: jax.Array, position: Any, heading: Any) -> tuple[jax.Array, jax.Array]:
    """Where an animal starts: as given, or drawn from the arena and from all directions.

    Raises:
        ValueError: for a position that is not in the arena.
    """
    place, direction = jax.random.split(key)
    dtype = arena.walls.dtype
    if position is None:
        position = arena.sample(place)
    else:
        arena.require_inside(position, "position")
    heading = jax.random.uniform(direction, (), dtype, -jnp.pi, jnp.pi) if heading is None else heading
    return jnp.asarray(position, dtype), jnp.asarray(heading, dtype)


def require_times(steps: int, dt: Any) -> None:
    """Refuse a time that does not pass.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    if steps < 1:
        raise ValueError(f"steps = {steps}: give 1 or more.")
    if not isinstance(dt, Tracer) and not (np.isfinite(dt) and dt > 0):
        raise ValueError(f"dt = {dt}: give a positive step in s.")


def walk(step: Callable, state: tuple, noise: Any, dt: Any) -> Path:
    """Run `step(state, noise) -> (state, velocity)` over time; a state begins with position and heading.

    Args:
        step: One step of the motion.
        state: Where it starts.
        noise: Arrays (steps, ...).
        dt: Step [s].
    """

    def body(state: tuple, noise: Any) -> tuple:
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
