"""An animal and its agent, step by step."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from ...pytree import Pytree, static
from ..environments import Environment, Params, State
from ..environments.body import largest_motion
from .motor import MotorPair, preferences
from .policy import Policy
from .pose import Code, Pose


class Agent(Pytree):
    """What an agent is, but for its weights.

    Attributes:
        environment: Where it lives.
        params: Of the environment.
        code: Of its pose and its goal: `PoseCode` or a path integrator; none for the plain agent.
        motor: `motor_pair()` of cells that turn the animal; without one the network's outputs choose the action.
        units: In each layer of its network.
    """

    environment: Environment = static()
    params: Params
    code: Any = None
    motor: MotorPair | None = None
    units: int = static(default=64)

    def policy(self, key: jax.Array) -> Policy:
        """A network with fresh weights."""
        senses = jax.eval_shape(lambda key: sense(self, *begin(self, key)[:2]), key)
        outputs = self.environment.num_actions + (0 if self.motor is None else 2)
        return Policy(senses.shape[-1], outputs, self.units, rngs=nnx.Rngs(key))


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
    estimate: Any
    code: Code | None
    goal: jax.Array | None
    action: jax.Array
    reward: jax.Array
    begins: jax.Array


Intervention = Callable[[jax.Array], jax.Array]  # what the policy gets instead of the goal code


def begin(agent: Agent, key: jax.Array) -> tuple[jax.Array, Mind, State]:
    """Observation, mind and state at the beginning of an episode."""
    observation, state = agent.environment.reset(key, agent.params)
    return observation, fresh_mind(agent, state), state


def fresh_mind(agent: Agent, state: State) -> Mind:
    """A mind that knows where it is and nothing else."""
    estimate, code = (None, None) if agent.code is None else agent.code.init(Pose(state.position, state.heading))
    goal = None if code is None else jnp.zeros_like(code.place)
    empty = jnp.zeros(agent.units), jnp.zeros(agent.environment.num_actions), jnp.zeros(())
    return Mind(empty[0], estimate, code, goal, empty[1], empty[2], jnp.ones((), bool))


def sense(agent: Agent, observation: jax.Array, mind: Mind, intervene: Intervention | None = None) -> jax.Array:
    """All that the policy gets: sight and self-motion, last action and reward, codes of pose and goal."""
    parts = [observation, mind.action, mind.reward[None]]
    if mind.code is not None and mind.goal is not None:
        goal = mind.goal if intervene is None else intervene(mind.goal)
        parts += [mind.code.place, mind.code.heading, goal]
    return jnp.concatenate(parts)


def act(
    agent: Agent, policy: Policy, key: jax.Array, observation: jax.Array, mind: Mind, state: State,
    intervene: Intervention | None = None,
) -> tuple[tuple[jax.Array, Mind, State], dict[str, Any]]:  # fmt: skip
    """One step of one animal.

    Returns:
        Observation, mind and state after it, and what was done: senses, action, its log-probability, value, reward, ...
    """
    action_key, step_key, code_key = jax.random.split(key, 3)
    senses = sense(agent, observation, mind, intervene)
    memory, outputs, value = policy(mind.memory, senses)
    logits = preferences(agent.motor, outputs)
    action = jax.random.categorical(action_key, logits)
    after, new, reward, terminated, truncated, info = agent.environment.step(step_key, state, action, agent.params)
    ended = terminated | truncated
    one_hot = jax.nn.one_hot(action, agent.environment.num_actions)
    mind_after = mind.replace(
        memory=memory, action=one_hot, reward=jnp.minimum(reward, 1.0), begins=jnp.zeros((), bool)
    )
    mind_after = follow(agent, code_key, mind_after, new, info)
    mind_after = jax.tree.map(lambda a, b: jnp.where(ended, a, b), fresh_mind(agent, new), mind_after)
    log_probability = jax.nn.log_softmax(logits)[action]
    done = {"senses": senses, "action": action, "log_probability": log_probability, "value": value, "reward": reward,
            "ended": ended, "begins": mind.begins, "hit": info["hit"]}  # fmt: skip
    return (after, mind_after, new), done


def follow(agent: Agent, key: jax.Array, mind: Mind, state: State, info: dict) -> Mind:
    """Path integration; at the goal its code is remembered, and where the animal is put then it knows where it is."""
    if agent.code is None or mind.goal is None:
        return mind
    hit, motion = info["hit"], info["motion"]
    true = Pose(jnp.where(hit, info["arrived"], state.position), state.heading)
    estimate, code = agent.code.step(key, mind.estimate, motion, largest_motion(agent.params), true)
    goal = jnp.where(hit, code.place, mind.goal)
    estimate, code = jax.tree.map(
        lambda a, b: jnp.where(hit, a, b), agent.code.init(Pose(state.position, state.heading)), (estimate, code)
    )
    return mind.replace(estimate=estimate, code=code, goal=goal)
