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

from .body import ACTIONS, CHANNELS, observe, walk
from .spaces import Box, Discrete
from .state import EnvParams, EnvState, one_of, place, put_back, start


@dataclass(frozen=True)
class NavigationEnvironment:
    """A task: its name and the parameters it has if no others are given."""

    name: str
    default_params: EnvParams

    begins_anew = True  # `step` does, where an episode ends

    # the parameters are arrays and an argument of every method: what jit needs to know is the object alone
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def num_actions(self) -> int:
        """How many actions there are; `ACTIONS` names them."""
        return len(ACTIONS)

    def action_space(self, params: EnvParams | None = None) -> Discrete:
        """The six actions."""
        return Discrete(len(ACTIONS))

    def observation_space(self, params: EnvParams | None = None) -> Box:
        """Closeness and colour along each ray, then self-motion: forward, left, turn."""
        rays = (params or self.default_params).rays
        return Box(-1.0, 1.0, (rays * (1 + CHANNELS) + 3,))

    def reset(self, key: jax.Array, params: EnvParams | None = None) -> tuple[jax.Array, EnvState]:
        """Begin an episode."""
        return self.reset_env(key, params or self.default_params)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Begin an episode: goal, colours, doors and start are drawn."""
        walls = params.arena.walls.shape[0]
        chance = jax.random.uniform(key, (8 + CHANNELS * walls,))  # one draw: each takes long to compile
        position, heading = start(chance[:4], params)
        goal, shut = place(chance[4:7], params.goals, params.goal_spread), one_of(chance[7], params.before)
        zero = jnp.zeros((), jnp.int32)
        colours = chance[8:].reshape(walls, CHANNELS)
        state = EnvState(zero, position, heading, goal, shut, colours, jnp.zeros(3), zero)
        return observe(state, params), state

    def step(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict]:
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
        info = info | {"final_observation": observation, "final_state": after}
        info = info | {"terminated": terminated, "truncated": truncated}
        return observe(new, params), new, reward, terminated, truncated, info  # what is not used is not computed

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict]:
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
    """Refuse what is no integer, and a number that is no action where its value is known."""
    if np.ndim(action) or not jnp.issubdtype(jnp.result_type(action), jnp.integer):
        kind = f"of shape {np.shape(action)} and type {jnp.result_type(action)}"
        raise ValueError(f"action = {action} is {kind}: give one integer, and vmap `step` over animals.")
    if not isinstance(action, Tracer):
        numbers = np.asarray(action)
        if not 0 <= numbers < len(ACTIONS):
            known = ", ".join(f"{i} {name}" for i, name in enumerate(ACTIONS))
            raise ValueError(f"action = {numbers}: give an integer from {known}.")
