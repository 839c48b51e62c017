"""What an animal carries from step to step: its memory, and where it takes itself to be."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...pytree import Pytree
from ..environments.body import largest_motion
from ..environments.contract import Measured, Paced, Posed, action_count
from .pose import Code, Pose

if TYPE_CHECKING:
    from .rollout import Agent


class Mind(Pytree):
    """What an animal carries from step to step.

    Attributes:
        memory: Of the recurrent layer.
        estimate: State of the path integration.
        code: Of the present pose.
        goal: The place code when the goal was last visited, zeros before.
        action: The last one, as a one-hot vector; zeros at the beginning.
        reward: The last one, clipped to 1.
        begins: Whether an episode begins.
    """

    memory: jax.Array
    estimate: PyTree
    code: Code | None
    goal: jax.Array | None
    action: jax.Array
    reward: jax.Array
    begins: jax.Array


Intervention = Callable[[jax.Array], jax.Array]  # what the policy gets instead of the goal code


def fresh_mind(agent: "Agent", state: PyTree) -> Mind:
    """A mind that knows where it is and nothing else."""
    estimate, code = (None, None) if agent.code is None else agent.code.init(pose_of(state))
    goal = None if code is None else jnp.zeros_like(code.place)
    actions = jnp.zeros(action_count(agent.environment, agent.params))
    return Mind(jnp.zeros(agent.units), estimate, code, goal, actions, jnp.zeros(()), jnp.ones((), bool))


def sense(agent: "Agent", observation: jax.Array, mind: Mind, intervene: Intervention | None = None) -> jax.Array:
    """All that the policy gets: sight and self-motion, last action and reward, codes of pose and goal."""
    parts = [observation, mind.action, mind.reward[None]]
    if mind.code is not None and mind.goal is not None:
        goal = mind.goal if intervene is None else intervene(mind.goal)
        parts += [mind.code.place, mind.code.heading, goal]
    return jnp.concatenate(parts)


def follow(agent: "Agent", key: jax.Array, mind: Mind, state: PyTree, info: dict) -> Mind:
    """Path integration; at the goal its code is remembered, and where the animal is put then it knows where it is."""
    if agent.code is None or mind.goal is None:
        return mind
    if "motion" not in info:
        raise ValueError(f"a code for place needs info['motion'] of a step, which gives {[*info]}: {WITHOUT}")
    now, hit = pose_of(state), info.get("hit", jnp.zeros((), bool))
    true = Pose(jnp.where(hit, info.get("arrived", now.position), now.position), now.heading)
    estimate, code = agent.code.step(key, mind.estimate, info["motion"], farthest(agent), true)
    goal = jnp.where(hit, code.place, mind.goal)
    estimate, code = jax.tree.map(lambda a, b: jnp.where(hit, a, b), agent.code.init(now), (estimate, code))
    return mind.replace(estimate=estimate, code=code, goal=goal)


WITHOUT = "give it, as `EnvironmentProtocol` says, or code=None."


def pose_of(state: PyTree) -> Pose:
    """The true pose in a state.

    Raises:
        ValueError: for a state that has none.
    """
    if not isinstance(state, Posed):
        raise ValueError(f"a code for place needs position and heading of {type(state).__name__}: {WITHOUT}")
    return Pose(state.position, state.heading)


def farthest(agent: "Agent") -> tuple:
    """Longest way [m] and largest turn [rad] of an action.

    Raises:
        ValueError: for an environment that does not tell.
    """
    if isinstance(agent.environment, Measured):
        return agent.environment.largest_motion(agent.params)
    if not isinstance(agent.params, Paced):
        name = type(agent.environment).__name__
        raise ValueError(f"a code for place needs {name}.largest_motion(params): {WITHOUT}")
    return largest_motion(agent.params)
