"""The body of the animal: what actions do among walls, and what it then sees and feels."""

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from .state import EnvParams, EnvState, standing

ACTIONS = ("forward", "forward left", "forward right", "left", "right", "backward")
DRIVE = ((1.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0))  # of speed and turn
CHANNELS = 3  # of a wall's colour


def walk(state: EnvState, action: jax.Array, params: EnvParams) -> tuple[EnvState, jax.Array]:
    """The frames of one action, up to the goal if it is on the way, and whether it was."""
    forward, turn = jnp.asarray(DRIVE)[action]
    arena = standing(params, state)

    def frame(pose: tuple, _: None) -> tuple:
        position, heading, hit = pose
        heading = heading + jnp.where(hit, 0.0, turn * params.turn * params.dt)
        way = forward * params.speed * params.dt * jnp.stack([jnp.cos(heading), jnp.sin(heading)])
        position = jnp.where(hit, position, arena.move(position, way))
        hit |= jnp.sum(arena.between(position, state.goal) ** 2) < params.goal_radius**2
        return (position, heading, hit), None

    begin = (state.position, state.heading, jnp.zeros((), bool))
    (position, heading, hit), _ = jax.lax.scan(frame, begin, length=params.action_repeat)
    motion = self_motion(state, position, heading, params)
    wrapped = jnp.arctan2(jnp.sin(heading), jnp.cos(heading))
    return state.replace(position=position, heading=wrapped, motion=motion, time=state.time + 1), hit


def self_motion(state: EnvState, position: jax.Array, heading: jax.Array, params: EnvParams) -> jax.Array:
    """What the animal feels of a step, in the frame of its heading before: parts of the largest possible ones."""
    east, north = params.arena.between(state.position, position)
    c, s = jnp.cos(state.heading), jnp.sin(state.heading)
    step, angle = largest_motion(params)
    return jnp.stack([(c * east + s * north) / step, (c * north - s * east) / step, (heading - state.heading) / angle])


def largest_motion(params: PyTree) -> tuple[jax.Array, jax.Array]:
    """How far an action can lead [m], and how much it can turn [rad]."""
    duration = params.action_repeat * params.dt
    return jnp.asarray(params.speed * duration), jnp.asarray(params.turn * duration)


def observe(state: EnvState, params: EnvParams) -> jax.Array:
    """Closeness exp(-distance / 1 m) and colour of the nearest wall along each ray, from right to left; self-motion."""
    angles = state.heading + params.field_of_view * jnp.linspace(-0.5, 0.5, params.rays)
    distance, wall = standing(params, state).rays(state.position, angles)
    colours = jnp.concatenate([state.colours, jnp.zeros((1, CHANNELS))])  # the last where no wall is seen, which is -1
    return jnp.concatenate([jnp.exp(-distance), colours[wall].ravel(), jnp.clip(state.motion, -1.0, 1.0)])
