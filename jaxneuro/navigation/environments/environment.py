"""An animal in an arena with a hidden goal, with the signature of gymnax 1.0.

`reset(key, params) -> observation, state` and `step(key, state, action, params) -> observation, state, reward,
terminated, truncated, info` are pure functions for one animal; `jax.vmap` makes thousands. `step` begins a new episode
when one ends; `step_env` does not. The signature is that of gymnax's `Environment`
(https://github.com/RobertTLange/gymnax, 1.0), so code written for it runs; gymnax itself is not needed.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...pytree import Pytree, static
from ..arenas.arena import Arena
from .spaces import Box, Discrete

ACTIONS = ("forward", "forward left", "forward right", "left", "right", "backward")
DRIVE = ((1.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0))  # of speed and turn
CHANNELS = 3  # of a wall's colour


class Params(Pytree):
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
        goal_radius: The goal is visited within so much of it [m].
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


class State(Pytree):
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


@dataclass(frozen=True)
class Environment:
    """A task: its name and the parameters it has if no others are given."""

    name: str
    default_params: Params

    # the parameters are arrays and an argument of every method: what jit needs to know is the object alone
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def num_actions(self) -> int:
        """How many actions there are; `ACTIONS` names them."""
        return len(ACTIONS)

    def action_space(self, params: Params | None = None) -> Discrete:
        """The six actions."""
        return Discrete(len(ACTIONS))

    def observation_space(self, params: Params | None = None) -> Box:
        """Closeness and colour along each ray, then self-motion: forward, left, turn."""
        rays = (params or self.default_params).rays
        return Box(-1.0, 1.0, (rays * (1 + CHANNELS) + 3,))

    def reset(self, key: jax.Array, params: Params | None = None) -> tuple[jax.Array, State]:
        """Begin an episode."""
        return self.reset_env(key, params or self.default_params)

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, State]:
        """Begin an episode: goal, colours, doors and start are drawn."""
        walls = params.arena.walls.shape[0]
        chance = jax.random.uniform(key, (8 + CHANNELS * walls,))  # one draw: each takes long to compile
        position, heading = start(chance[:4], params)
        goal, shut = place(chance[4:7], params.goals, params.goal_spread), one_of(chance[7], params.before)
        zero = jnp.zeros((), jnp.int32)
        colours = chance[8:].reshape(walls, CHANNELS)
        state = State(zero, position, heading, goal, shut, colours, jnp.zeros(3), zero)
        return observe(state, params), state

    def step(
        self, key: jax.Array, state: State, action: jax.Array, params: Params | None = None
    ) -> tuple[jax.Array, State, jax.Array, jax.Array, jax.Array, dict]:
        """One action; where the episode ends, the observation and state are the first of the next one.

        Args:
            key: Random key.
            state: Where the animal is.
            action: Number of one of `ACTIONS`. Another number raises a `ValueError`; inside `jit`, where it cannot, the
                nearest action is taken and `info["invalid_action"]` is true.
            params: Of the task; by default its own.

        Returns:
            Observation, state, reward, terminated (never: a goal does not end an episode), truncated, info.
        """
        params = params or self.default_params
        step_key, reset_key = jax.random.split(key)
        observation, after, reward, terminated, truncated, info = self.step_env(step_key, state, action, params)
        ended = terminated | truncated
        new = jax.tree.map(lambda a, b: jnp.where(ended, a, b), self.reset_env(reset_key, params)[1], after)
        info = info | {"final_observation": observation, "terminated": terminated, "truncated": truncated}
        return observe(new, params), new, reward, terminated, truncated, info  # what is not used is not computed

    def step_env(
        self, key: jax.Array, state: State, action: jax.Array, params: Params
    ) -> tuple[jax.Array, State, jax.Array, jax.Array, jax.Array, dict]:
        """One action, also past the end of an episode."""
        check_action(action)
        valid = self.action_space(params).contains(action)
        moved, hit = walk(state, jnp.clip(action, 0, len(ACTIONS) - 1), params)
        away = put_back(key, moved, params)
        after = jax.tree.map(lambda a, b: jnp.where(hit, a, b), away, moved)
        never, truncated = jnp.zeros((), bool), after.time >= params.max_steps_in_episode
        info = {"hit": hit, "arrived": moved.position, "motion": moved.motion, "invalid_action": ~valid}
        return observe(after, params), after, params.reward * hit, never, truncated, info


def check_action(action: jax.Array) -> None:
    """Refuse a number that is no action, where its value is known."""
    if not isinstance(action, Tracer):
        numbers = np.asarray(action)
        if not np.issubdtype(numbers.dtype, np.integer) or ((numbers < 0) | (numbers >= len(ACTIONS))).any():
            known = ", ".join(f"{i} {name}" for i, name in enumerate(ACTIONS))
            raise ValueError(f"action = {numbers}: give an integer from {known}.")


def one_of(chance: jax.Array, rows: jax.Array) -> jax.Array:
    """A row, each with the same probability, by a number from 0 to 1."""
    return rows[jnp.minimum((chance * rows.shape[0]).astype(jnp.int32), rows.shape[0] - 1)]


def place(chance: jax.Array, centres: jax.Array, spread: jax.Array) -> jax.Array:
    """A point near one of the centres, by three numbers from 0 to 1."""
    return one_of(chance[0], centres) + spread * (2 * chance[1:] - 1)


def start(chance: jax.Array, params: Params) -> tuple[jax.Array, jax.Array]:
    """Where an animal is put, looking anywhere, by four numbers from 0 to 1."""
    return place(chance[:3], params.starts, params.start_spread), jnp.pi * (2 * chance[3] - 1)


def put_back(key: jax.Array, state: State, params: Params) -> State:
    """After a visit to the goal: at a start again, and perhaps with other doors."""
    chance = jax.random.uniform(key, (5,))
    position, heading = start(chance[:4], params)
    shut = one_of(chance[4], params.after) if params.redraw else state.shut
    return state.replace(position=position, heading=heading, shut=shut, hits=state.hits + 1)


def standing(params: Params, state: State) -> Arena:
    """The arena with its doors as they are now."""
    return params.arena.with_doors(shut=state.shut) if params.arena.doors else params.arena


def walk(state: State, action: jax.Array, params: Params) -> tuple[State, jax.Array]:
    """The frames of one action, up to the goal if it is on the way, and whether it was."""
    forward, turn = jnp.asarray(DRIVE)[action]
    arena = standing(params, state)

    def frame(pose: tuple, _: None) -> tuple:
        position, heading, hit = pose
        heading = heading + jnp.where(hit, 0.0, turn * params.turn * params.dt)
        way = forward * params.speed * params.dt * jnp.stack([jnp.cos(heading), jnp.sin(heading)])
        position = jnp.where(hit, position, arena.move(position, way))
        return (position, heading, hit | (jnp.sum((position - state.goal) ** 2) < params.goal_radius**2)), None

    begin = (state.position, state.heading, jnp.zeros((), bool))
    (position, heading, hit), _ = jax.lax.scan(frame, begin, length=params.action_repeat)
    motion = self_motion(state, position, heading, params)
    wrapped = jnp.arctan2(jnp.sin(heading), jnp.cos(heading))
    return state.replace(position=position, heading=wrapped, motion=motion, time=state.time + 1), hit


def self_motion(state: State, position: jax.Array, heading: jax.Array, params: Params) -> jax.Array:
    """What the animal feels of a step, in the frame of its heading before: parts of the largest possible ones."""
    east, north = position - state.position
    c, s = jnp.cos(state.heading), jnp.sin(state.heading)
    step, angle = largest_motion(params)
    return jnp.stack([(c * east + s * north) / step, (c * north - s * east) / step, (heading - state.heading) / angle])


def largest_motion(params: Params) -> tuple[jax.Array, jax.Array]:
    """How far an action can lead [m], and how much it can turn [rad]."""
    duration = params.action_repeat * params.dt
    return jnp.asarray(params.speed * duration), jnp.asarray(params.turn * duration)


def observe(state: State, params: Params) -> jax.Array:
    """Closeness exp(-distance / 1 m) and colour of the nearest wall along each ray, from right to left; self-motion."""
    angles = state.heading + params.field_of_view * jnp.linspace(-0.5, 0.5, params.rays)
    distance, wall = standing(params, state).rays(state.position, angles)
    return jnp.concatenate([jnp.exp(-distance), state.colours[wall].ravel(), state.motion])
