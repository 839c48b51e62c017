"""What an agent does with frozen weights."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ....pytree import Pytree
from ...environments.contract import Limited, part
from ..rollout import Agent, Intervention, act, begin
from ..train import policy_of


class Episodes(Pytree):
    """Whole episodes, side by side; a row of time is before an action. None where the state of an environment has no such thing.

    Attributes:
        position: (time, episode, 2) [m].
        heading: (time, episode) [rad].
        goal: (episode, 2) [m].
        shut: Which walls stand (time, episode, wall).
        hits: Visits to the goal so far (time, episode).
        hit: Whether the action led to the goal (time, episode).
        memory: Of the recurrent layer after the step (time, episode, unit).
        action: (time, episode).
        returns: Sum of the rewards until the episode ended (episode,).
    """

    position: Any
    heading: np.ndarray
    goal: np.ndarray
    shut: np.ndarray
    hits: np.ndarray
    hit: jax.Array
    memory: jax.Array
    action: jax.Array
    returns: jax.Array


def evaluate(
    agent: Agent,
    weights: PyTree,
    key: jax.Array,
    *,
    episodes: int = 100,
    steps: int = 200,
    intervene: Intervention | None = None,
) -> Episodes:
    """Let an agent live through episodes without learning.

    Args:
        agent: With the environment and parameters of the test, not necessarily those of the training.
        weights: Of its policy.
        key: Random key.
        episodes: How many.
        steps: Their length, at most `params.max_steps_in_episode`.
        intervene: What the policy gets instead of the goal code.

    Raises:
        ValueError: for no episodes, more steps than an episode has, or an intervention where there is no goal code.
    """
    longest = agent.params.max_steps_in_episode if isinstance(agent.params, Limited) else np.inf
    if min(episodes, steps) < 1 or (not isinstance(longest, Tracer) and steps > longest):
        raise ValueError(
            f"episodes = {episodes}, steps = {steps}: give 1 or more, and steps of one episode, which has {longest}."
        )
    if intervene is not None and agent.code is None:
        raise ValueError("intervene: an agent without a code has no goal code to replace: give None, or another agent.")
    policy = policy_of(agent, weights)
    begin_key, key = jax.random.split(key)
    lives = jax.vmap(begin, (None, 0))(agent, jax.random.split(begin_key, episodes))
    goal = part(lives[2], "goal")
    each = jax.vmap(lambda key, life: act(agent, policy, key, *life, intervene=intervene))

    def step(lives: PyTree, key: jax.Array) -> tuple:
        after, done = each(jax.random.split(key, episodes), lives)
        seen = {name: part(lives[2], name) for name in ("position", "heading", "shut", "hits")}
        return after, seen | {"memory": after[1].memory} | {
            name: done[name] for name in ("hit", "action", "reward", "ended")
        }

    seen = jax.lax.scan(step, lives, jax.random.split(key, steps))[1]
    reward, ended = seen.pop("reward"), seen.pop("ended")
    first = jnp.cumsum(ended, 0) - ended == 0
    return Episodes(goal=goal, returns=jnp.sum(reward * first, 0), **seen)
