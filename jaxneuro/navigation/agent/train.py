"""Training: experience, advantages, updates; a pure function of a configuration and a key."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import PyTree

from ...pytree import Pytree, static
from ..environments.contract import Limited, Timed
from .advantages import advantages
from .algorithms import A2C, PPO
from .motor import preferences
from .policy import Policy
from .rollout import Agent, act, begin, sense


class Config(Pytree):
    """A training.

    Attributes:
        agent: Who learns, and where.
        algorithm: `PPO(...)` or `A2C(...)`.
        animals: That live at once.
        updates: Stretches of `algorithm.horizon` actions of every animal.
    """

    agent: Agent
    algorithm: PPO | A2C = static(default=PPO())
    animals: int = static(default=64)
    updates: int = static(default=100)

    @property
    def steps(self) -> int:
        """Actions of all animals in the training."""
        return self.updates * self.algorithm.horizon * self.animals


class Learner(Pytree):
    """The state of a training.

    Attributes:
        weights: Of the policy.
        optimiser: Its state.
        lives: Observation, mind and state of every animal.
        done: Updates made.
    """

    weights: PyTree
    optimiser: PyTree
    lives: PyTree
    done: jax.Array


def start(config: Config, key: jax.Array) -> Learner:
    """Fresh weights, and animals at random times of their first episodes."""
    weights_key, lives_key = jax.random.split(key)
    weights = nnx.state(config.agent.policy(weights_key), nnx.Param)
    observation, mind, state = jax.vmap(begin, (None, 0))(config.agent, jax.random.split(lives_key, config.animals))
    lives = observation, mind, out_of_phase(jax.random.fold_in(lives_key, config.animals), state, config.agent.params)
    return Learner(weights, config.algorithm.optimiser().init(weights), lives, jnp.zeros((), jnp.int32))


def out_of_phase(key: jax.Array, states: PyTree, params: PyTree) -> PyTree:
    """States at random times of their episodes; as they are where states or parameters count no time as gymnax does.

    Animals that began together would end together: then every so many updates learn from ends of episodes alone.
    """
    counted = all((isinstance(params, Limited), isinstance(states, Timed)))
    if not counted or params.max_steps_in_episode is None:
        return states
    longest = params.max_steps_in_episode
    time = jax.random.randint(key, states.time.shape, 0, longest).astype(states.time.dtype)
    put: Any = states._replace if isinstance(states, tuple) else partial(dataclasses.replace, states)  # pyright: ignore[reportAttributeAccessIssue]
    return put(time=time)


def policy_of(agent: Agent, weights: PyTree) -> Policy:
    """The network with given weights."""
    shape = nnx.eval_shape(lambda: agent.policy(jax.random.key(0)))
    return nnx.merge(nnx.graphdef(shape), weights)


def update(config: Config, key: jax.Array, learner: Learner) -> tuple[Learner, dict[str, jax.Array]]:
    """A stretch of experience, and what is learned from it.

    Returns:
        The learner after it, and `reward` (raw, a step), `ended` (episodes, a step), `entropy` [nat], `loss`.
    """
    live_key, order_key = jax.random.split(jax.random.fold_in(key, learner.done))
    memory = learner.lives[1].memory
    lives, stretch, last = experience(config, live_key, learner)
    batch = prepared(config.algorithm, stretch, last)
    state = (learner.weights, learner.optimiser)
    keys = jax.random.split(order_key, config.algorithm.epochs)
    state, losses = jax.lax.scan(lambda s, k: epoch(config, k, s, batch, memory), state, keys)
    figures = {name: stretch[name].mean() for name in ("reward", "ended")}
    figures |= {"loss": losses.mean(), "entropy": -stretch["log_probability"].mean()}
    return Learner(*state, lives, learner.done + 1), figures


def experience(config: Config, key: jax.Array, learner: Learner) -> tuple[PyTree, dict[str, jax.Array], jax.Array]:
    """The animals live for one stretch: their lives after it, what was done (time, animal, ...), values at the end."""
    agent, policy = config.agent, policy_of(config.agent, learner.weights)
    each = jax.vmap(lambda key, life: act(agent, policy, key, *life))

    def step(lives: PyTree, key: jax.Array) -> tuple:
        return each(jax.random.split(key, config.animals), lives)

    lives, stretch = jax.lax.scan(step, learner.lives, jax.random.split(key, config.algorithm.horizon))
    last = jax.vmap(lambda observation, mind, _: policy(mind.memory, sense(agent, observation, mind))[2])(*lives)
    return lives, stretch, last


def prepared(algorithm: PPO | A2C, stretch: dict[str, jax.Array], last: jax.Array) -> dict[str, jax.Array]:
    """Experience with advantages and targets of the value, rewards clipped."""
    reward = jnp.clip(stretch["reward"], -algorithm.reward_clip, algorithm.reward_clip)
    gain = advantages(reward, stretch["value"], stretch["ended"], last, algorithm.discount, algorithm.trace,
                      stretch["cut"])  # fmt: skip
    used = {name: stretch[name] for name in ("senses", "action", "log_probability", "begins")}
    return used | {"advantage": gain, "target": gain + stretch["value"]}


def epoch(config: Config, key: jax.Array, state: tuple, batch: dict, memory: jax.Array) -> tuple[tuple, jax.Array]:
    """One pass through the experience, in minibatches of animals."""
    order = jax.random.permutation(key, config.animals).reshape(config.algorithm.minibatches, -1)
    optimiser = config.algorithm.optimiser()

    def step(state: tuple, animals: jax.Array) -> tuple:
        weights, moments = state
        part = {name: jnp.take(x, animals, axis=1) for name, x in batch.items()}
        loss, slope = jax.value_and_grad(loss_of)(weights, config, memory[animals], part)
        change, moments = optimiser.update(slope, moments, weights)
        return (jax.tree.map(jnp.add, weights, change), moments), loss

    state, losses = jax.lax.scan(step, state, order)
    return state, losses.mean()


def loss_of(weights: PyTree, config: Config, memory: jax.Array, batch: dict[str, jax.Array]) -> jax.Array:
    """The algorithm's loss of weights on a batch."""
    policy = policy_of(config.agent, weights)
    _, outputs, value = policy.unroll(memory, batch["senses"], batch["begins"])
    return config.algorithm.loss(preferences(config.agent.motor, outputs), value, batch)


def advance(config: Config, key: jax.Array, learner: Learner, updates: int) -> tuple[Learner, dict[str, jax.Array]]:
    """Several updates in one scan."""
    return jax.lax.scan(lambda learner, _: update(config, key, learner), learner, length=updates)


def train(config: Config, key: jax.Array) -> tuple[Learner, dict[str, jax.Array]]:
    """A whole training; `jit` and `vmap` it over keys.

    Returns:
        The learner at the end, and the figures of every update.
    """
    return advance(config, key, start(config, key), config.updates)
