"""An animal and its agent, step by step."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import PyTree

from ...pytree import Pytree, static
from ..environments.contract import EnvironmentProtocol, action_count, begin_episode, require_environment, transition
from .mind import Intervention as Intervention
from .mind import Mind, follow, fresh_mind, sense
from .motor import MIRRORED, MotorPair, preferences
from .policy import Policy
from .pose import CodeOfPlace

__all__ = ["Agent", "Intervention", "act", "begin"]


def __dir__() -> list[str]:
    return __all__


class Agent(Pytree):
    """What an agent is, but for its weights.

    Attributes:
        environment: Where it lives: one of `environments`, or one of your own (see `EnvironmentProtocol`).
        params: Of the environment.
        code: Of its pose and its goal: `PoseCode` or a path integrator; none for the plain agent.
        motor: `motor_pair()` of cells that turn the animal; without one the network's outputs choose the action.
        units: In each layer of its network.
    """

    environment: EnvironmentProtocol = static()
    params: PyTree
    code: CodeOfPlace | None = None
    motor: MotorPair | None = None
    units: int = static(default=64)

    def policy(self, key: jax.Array) -> Policy:
        """A network with fresh weights."""
        require_environment(self.environment)
        actions = action_count(self.environment, self.params)
        if self.motor is not None and actions != len(MIRRORED):
            raise ValueError(
                f"{actions} actions and a motor, which turns an animal by its {len(MIRRORED)}: give motor=None."
            )
        senses = jax.eval_shape(lambda key: sense(self, *begin(self, key)[:2]), key)
        return Policy(senses.shape[-1], actions + (0 if self.motor is None else 2), self.units, rngs=nnx.Rngs(key))


def begin(agent: Agent, key: jax.Array) -> tuple[jax.Array, Mind, PyTree]:
    """Observation, mind and state at the beginning of an episode."""
    observation, state = begin_episode(agent.environment, key, agent.params)
    return observation, fresh_mind(agent, state), state


def act(
    agent: Agent, policy: Policy, key: jax.Array, observation: jax.Array, mind: Mind, state: PyTree,
    intervene: Intervention | None = None,
) -> tuple[tuple[jax.Array, Mind, PyTree], dict[str, PyTree]]:  # fmt: skip
    """One step of one animal.

    Returns:
        Observation, mind and state after it, and what was done: senses, action, its log-probability, value, reward, whether the
        episode ended, `cut`, the value of the state in which it was cut off (0 if it was not), ...
    """
    action_key, step_key, code_key = jax.random.split(key, 3)
    senses = sense(agent, observation, mind, intervene)
    memory, outputs, value = policy(mind.memory, senses)
    logits = preferences(agent.motor, outputs)
    action = jax.random.categorical(action_key, logits)
    now = transition(agent.environment, step_key, state, action, agent.params)
    lived = mind.replace(memory=memory, action=jax.nn.one_hot(action, mind.action.shape[-1]),
                         reward=jnp.minimum(now.reward, 1.0), begins=jnp.zeros((), bool))  # fmt: skip
    lived = follow(agent, code_key, lived, now.last_state, now.info)
    cut = policy(memory, sense(agent, now.last_observation, lived, intervene))[2]
    ended = now.terminated | now.truncated
    after = jax.tree.map(lambda a, b: jnp.where(ended, a, b), fresh_mind(agent, now.state), lived)
    done = {"senses": senses, "action": action, "log_probability": jax.nn.log_softmax(logits)[action], "value": value,
            "reward": now.reward, "ended": ended, "cut": jnp.where(now.truncated, cut, 0.0), "begins": mind.begins,
            "hit": now.info.get("hit", jnp.zeros((), bool))}  # fmt: skip
    return (now.observation, after, now.state), done
