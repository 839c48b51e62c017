"""A task as a `gymnasium.Env`, for learners that are written for gymnasium. Slow: one step of one animal at a time."""

import importlib
from typing import Any

import jax
import numpy as np

from .environment import NavigationEnvironment
from .state import EnvParams

NEEDED = 'the adapter needs gymnasium, which is not installed: pip install "jaxneuro[gymnasium]"'


def to_gymnasium(environment: NavigationEnvironment, params: EnvParams | None = None) -> Any:
    """An environment with gymnasium's `reset(seed=...)` and `step(action)`.

    Args:
        environment: The task.
        params: Of the task; by default its own.

    Raises:
        ImportError: without gymnasium.
    """
    try:
        gymnasium = importlib.import_module("gymnasium")
    except ImportError as fault:
        raise ImportError(NEEDED) from fault
    params = params or environment.default_params
    space = environment.observation_space(params)

    class Adapter(gymnasium.Env):
        """One animal."""

        action_space = gymnasium.spaces.Discrete(environment.num_actions)
        observation_space = gymnasium.spaces.Box(space.low, space.high, space.shape, np.float32)
        _state = None  # before an episode has begun
        _reset, _step = (jax.jit(method) for method in (environment.reset_env, environment.step_env))

        def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
            super().reset(seed=seed)
            self._key = jax.random.key(int(self.np_random.integers(2**31)))
            observation, self._state = Adapter._reset(self._key, params)
            return np.asarray(observation, np.float32), {}

        def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
            if self._state is None:
                raise gymnasium.error.ResetNeeded("step before an episode has begun: call reset() first.")
            if not self.action_space.contains(np.asarray(action)):
                raise ValueError(f"action = {action}: give an integer from 0 to {environment.num_actions - 1}.")
            self._key, key = jax.random.split(self._key)
            observation, self._state, reward, terminated, truncated, info = Adapter._step(
                key, self._state, int(action), params
            )
            info = {name: np.asarray(value) for name, value in info.items()}
            return np.asarray(observation, np.float32), float(reward), bool(terminated), bool(truncated), info

    return Adapter()
