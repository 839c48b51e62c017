"""The motion on which grid networks are trained: a speed drawn anew at each step, turns drawn anew, a turn along walls.

    speed ~ Rayleigh(speed);   turn ~ N(0, turning) dt
    within `wall_zone` of a wall that it faces: speed × slow_down, and a turn by what makes it parallel to the wall

Source: Raudies & Hasselmo (2012), PLoS Comput. Biol. 8:e1002383; values of Banino et al. (2018), Nature 557:429, SI table 1. The
turn at a wall, "90 deg" there, is taken as in ganguli-lab/grid-pattern-formation: up to the direction along the wall.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from ...arithmetic import Scalar, Values, norm
from ...pytree import Pytree
from ..arenas.arena import Arena
from .checks import require_parameters
from .path import Path
from .walk import begin, unit, walk, wrapped


class RaudiesHasselmo(Pytree):
    """Parameters of the motion.

    Attributes:
        speed: Scale of the Rayleigh distribution of speeds [m/s].
        turning: Standard deviation of angular velocity, drawn at each step [rad/s].
        slow_down: By what a wall ahead multiplies speed.
        wall_zone: Distance at which it does [m].
        wall_angle: Angle to the wall's normal at which it then goes on [rad].
    """

    speed: Values = 0.13
    turning: Any = math.radians(330.0)
    slow_down: Values = 0.25
    wall_zone: Values = 0.03
    wall_angle: Any = math.pi / 2


# ganguli-lab/grid-pattern-formation, trajectory_generator.py: 6.3 times as fast (a mean of 1.0 m/s; rats walk at 0.15) and twice
# the turns, so that the 20 steps of 0.02 s of that recipe cover 0.4 m
FAST = RaudiesHasselmo(speed=0.13 * 2 * math.pi, turning=2 * 5.76)


def raudies_hasselmo(
    key: jax.Array, arena: Arena, steps: int, dt: Scalar = 0.02, parameters: RaudiesHasselmo | None = None,
    *, position: ArrayLike | None = None, heading: ArrayLike | None = None,
) -> Path:  # fmt: skip
    """The path of one animal; `vmap` over keys for many, differentiable in the parameters.

    Args:
        key: Of its randomness.
        arena: Where it moves.
        steps: Number of steps.
        dt: Step [s]; turns are drawn at each, so it is part of the model.
        parameters: Of the motion; those of Banino et al. by default, `FAST` for those of Sorscher et al.'s code.
        position: Where it starts (2,) [m]; drawn uniformly by default.
        heading: Which way it starts [rad]; drawn uniformly by default.

    Raises:
        ValueError: for a start outside the arena, a time that does not pass, or parameters that cannot be.
    """
    p = require_parameters(parameters, RaudiesHasselmo, ())
    place, direction, noise = begin(arena, key, steps, dt, position, heading)
    drawn = p.speed * norm(noise[1:, :2]), p.turning * dt * noise[1:, 2]
    return walk(lambda state, noise: _step(p, arena, dt, state, noise), (place, direction), drawn, dt)


def _step(p: RaudiesHasselmo, arena: Arena, dt: Scalar, state: tuple, noise: tuple) -> tuple:
    position, heading = state
    speed, turn = noise
    near, evasion = _evasion(p, arena, position, heading)
    speed = jnp.where(near, p.slow_down, 1.0) * speed
    done = arena.slide(position, speed * dt * unit(heading))
    return (arena.wrap(position + done), heading + turn + evasion), done / dt


def _evasion(p: RaudiesHasselmo, arena: Arena, position: jax.Array, heading: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Whether a wall is near ahead, and the turn that it calls for [rad]."""
    to_wall, distance = arena.nearest_wall(position)
    ahead = jnp.where(jnp.isinf(distance), 1.0, to_wall[0])  # without walls any direction: arctan2 has no slope at 0, 0
    off = wrapped(heading - jnp.arctan2(to_wall[1], ahead))
    near = (distance < p.wall_zone) & (jnp.abs(off) < p.wall_angle)
    return near, jnp.where(near, jnp.sign(off) * (p.wall_angle - jnp.abs(off)), 0.0)
