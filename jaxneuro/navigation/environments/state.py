"""What makes a task, what is hidden in an episode, and how goal, start and doors are drawn."""

import jax
import jax.numpy as jnp

from ...pytree import Pytree, static
from ..arenas.arena import Arena


class EnvParams(Pytree):
    """Everything that makes one task differ from another.

    Attributes:
        arena: Walls, among them the doors.
        goals: Centres of the places where the goal may be (place, 2) [m]; one is drawn in every episode.
        goal_spread: The goal is within so much of the centre, uniformly (2,) [m].
        starts: The same for where the animal starts, and is put back after each visit to the goal (place, 2) [m].
        start_spread: (2,) [m].
        before: Which doors are shut until the goal is first visited (configuration, door); a row is drawn in every episode.
        after: Which are shut from then on (configuration, door); a row is drawn after each visit if `redraw`.
        redraw: Whether doors change after a visit.
        goal_radius: The goal is visited within so much of it [m], on either side of a wall.
        reward: For a visit.
        speed: Of walking [m/s].
        turn: Speed of turning [rad/s].
        dt: Length of a frame [s].
        action_repeat: Frames for which an action lasts.
        max_steps_in_episode: Actions in an episode.
        rays: Lines of sight.
        field_of_view: Angle that they span [rad].
    """

    arena: Arena
    goals: jax.Array
    goal_spread: jax.Array
    starts: jax.Array
    start_spread: jax.Array
    before: jax.Array
    after: jax.Array
    goal_radius: float = 0.15
    reward: float = 10.0
    speed: float = 0.5
    turn: float = 2.6
    dt: float = 0.05
    max_steps_in_episode: int = 200
    field_of_view: float = 4.2
    redraw: bool = static(default=False)
    action_repeat: int = static(default=4)
    rays: int = static(default=12)


class EnvState(Pytree):
    """Where the animal is, and what is hidden from it.

    Attributes:
        time: Actions since the episode began.
        position: (2,) [m].
        heading: [rad].
        goal: (2,) [m].
        shut: Which doors are shut now (door,).
        colours: Of the walls, drawn in every episode (wall, channel), 0 to 1.
        motion: How the last action moved it: forward and to the left, as parts of what is possible, and turn likewise.
        hits: Visits to the goal in this episode.
    """

    time: jax.Array
    position: jax.Array
    heading: jax.Array
    goal: jax.Array
    shut: jax.Array
    colours: jax.Array
    motion: jax.Array
    hits: jax.Array


def one_of(chance: jax.Array, rows: jax.Array) -> jax.Array:
    """A row, each with the same probability, by a number from 0 to 1."""
    return rows[jnp.minimum((chance * rows.shape[0]).astype(jnp.int32), rows.shape[0] - 1)]


def place(chance: jax.Array, centres: jax.Array, spread: jax.Array) -> jax.Array:
    """A point near one of the centres, by three numbers from 0 to 1."""
    return one_of(chance[0], centres) + spread * (2 * chance[1:] - 1)


def start(chance: jax.Array, params: EnvParams) -> tuple[jax.Array, jax.Array]:
    """Where an animal is put, looking anywhere, by four numbers from 0 to 1."""
    return place(chance[:3], params.starts, params.start_spread), jnp.pi * (2 * chance[3] - 1)


def put_back(key: jax.Array, state: EnvState, params: EnvParams) -> EnvState:
    """The state after a visit to the goal: at a start again, and perhaps with other doors."""
    chance = jax.random.uniform(key, (5,))
    position, heading = start(chance[:4], params)
    shut = one_of(chance[4], params.after) if params.redraw else state.shut
    return state.replace(position=position, heading=heading, shut=shut, hits=state.hits + 1)


def standing(params: EnvParams, state: EnvState) -> Arena:
    """The arena with its doors as they are now."""
    return params.arena.with_doors(shut=state.shut) if params.arena.doors else params.arena
