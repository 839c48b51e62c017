"""Smooth random motion, as of a foraging rat: Ornstein–Uhlenbeck processes of speed and of turning.

Parameters, their values and the two effects of walls are those of RatInABox, fitted there to the rat of Sargolini et al. (2006).
The nearest point of all standing walls acts, where RatInABox adds up walls: then neither the pieces in which an outline is given
matter nor the number of sides of a polygon that stands for a circle. In a corner that is the nearer of its two walls, at a free
end that end, and in a corridor the wall on the animal's side.
Speed is realised in another way: as the length of a vector of two Ornstein–Uhlenbeck processes, whose stationary distribution is
that of Rayleigh at any step, without an inverse error function. After a collision the rat goes on along the wall.

Source: George et al. (2024), eLife 13:e85274, Methods, "Motion model"; RatInABox 1.15.3, defaults of Agent.
"""

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

SPRING, BELT = 3.0, 6.0  # how strongly walls turn and shift a rat: RatInABox 1.15.3, Agent


class OrnsteinUhlenbeck(Pytree):
    """Parameters of the motion.

    Attributes:
        speed: Scale of the Rayleigh distribution of speeds [m/s]; the mean is √(π/2) of it.
        speed_time: Time constant of the autocorrelation of squared speed [s].
        turning: Standard deviation of angular velocity [rad/s].
        turning_time: Its time constant [s].
        thigmotaxis: From 0, where walls turn the animal away, to 1, where they only shift it, so that it stays at them.
        wall_distance: Distance at which walls begin to act [m].
        wall_strength: How much they act; 0 for not at all.
        bounce: Part of the speed into a wall that comes back from it.
    """

    speed: Values = 0.08
    speed_time: Values = 0.7
    turning: Any = 2.0943951  # 120 deg/s
    turning_time: Values = 0.08
    thigmotaxis: Values = 0.5
    wall_distance: Values = 0.1
    wall_strength: Values = 1.0
    bounce: Values = 0.5


# fitted to nine statistics of the places of one rat, smoothed by 0.1 s; see benchmarks/rat_motion.py
RAT = OrnsteinUhlenbeck(
    speed=0.116,
    speed_time=0.43,
    turning=7.55,
    turning_time=0.0272,
    thigmotaxis=0.531,
    wall_distance=0.169,
    wall_strength=1.22,
)


def ornstein_uhlenbeck(
    key: jax.Array, arena: Arena, steps: int, dt: Scalar = 0.05, parameters: OrnsteinUhlenbeck | None = None,
    *, position: ArrayLike | None = None, heading: ArrayLike | None = None,
) -> Path:  # fmt: skip
    """The path of one animal; `vmap` over keys for many, differentiable in the parameters.

    Args:
        key: Of its randomness.
        arena: Where it moves.
        steps: Number of steps.
        dt: Step [s].
        parameters: Of the motion; RatInABox's by default, `RAT` for those that are fitted here.
        position: Where it starts (2,) [m]; drawn uniformly by default.
        heading: Which way it starts [rad]; drawn uniformly by default.

    Raises:
        ValueError: for a start outside the arena, a time that does not pass, or parameters that cannot be.
    """
    p = require_parameters(parameters, OrnsteinUhlenbeck, ("speed_time", "turning_time", "wall_distance"))
    place, direction, noise = begin(arena, key, steps, dt, position, heading)
    state = (place, direction, p.speed * norm(noise[0, :2]), p.turning * noise[0, 2])
    return walk(lambda state, noise: _step(p, arena, dt, state, noise), state, noise[1:], dt)


def _step(p: OrnsteinUhlenbeck, arena: Arena, dt: Scalar, state: tuple, noise: jax.Array) -> tuple:
    position, heading, speed, turning = state
    keep = jnp.exp(-dt / p.turning_time)
    turning = keep * turning + p.turning * jnp.sqrt(1 - keep**2) * noise[2]
    keep = jnp.exp(-0.5 * dt / p.speed_time)
    spread = p.speed * jnp.sqrt(1 - keep**2)
    speed = norm(jnp.stack([keep * speed + spread * noise[0], spread * noise[1]]))
    push, shift = _walls(p, arena, position)
    velocity = speed * unit(heading + turning * dt) + push * dt
    wanted = (velocity + shift) * dt
    done = arena.slide(position, wanted)
    velocity = velocity - (1 + p.bounce) * (wanted - done) / dt
    turn = wrapped(jnp.arctan2(velocity[1], velocity[0]) - heading)
    return (arena.wrap(position + done), heading + turn, norm(velocity), turning), done / dt


def _walls(p: OrnsteinUhlenbeck, arena: Arena, position: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What walls do: an acceleration [m/s²] like that of a spring, and a velocity [m/s] like that of a conveyor belt (2,)."""
    to_wall, distance = arena.nearest_wall(position)
    deep = 1 - jnp.minimum(distance / p.wall_distance, 1.0)  # 1 at the wall, 0 where it begins to act
    strength = p.wall_strength * p.speed
    spring = SPRING * (1 - p.thigmotaxis) ** 2 * strength**2 / p.wall_distance * deep
    belt = BELT * p.thigmotaxis**2 * strength * (1 - jnp.sqrt(jnp.maximum(1 - deep**2, 1e-6)))
    away = -to_wall / jnp.clip(distance, 1e-9, p.wall_distance)
    return spring * away, belt * away
