"""An environment of one's own: what the trainer asks of it, what it may leave out, and what is said where it cannot be."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.learn import Trained
from jaxneuro.navigation import agent as ag
from jaxneuro.navigation import environments
from jaxneuro.navigation.agent import start
from jaxneuro.navigation.agent.run import row
from jaxneuro.navigation.agent.train import experience, prepared
from jaxneuro.navigation.environments.contract import begin_episode, transition
from jaxneuro.pytree import Pytree

KEYS = jax.random.split(jax.random.key(0), 2)
LIMIT, DISCOUNT = 7, 0.9


class Corridor:
    """Two ways out of a corridor, the right one pays; written as for gymnax, a dict for a state, and nothing more."""

    num_actions = 2

    def reset(self, key: jax.Array, params: Any) -> tuple:
        return jnp.zeros((1, 1)), {"place": 0}

    def step(self, key: jax.Array, state: dict, action: jax.Array, params: Any) -> tuple:
        place = state["place"] + 2 * action - 1
        return place[None, None] / 3, {"place": place}, place == 3, jnp.abs(place) == 3, {}


class Limit(Pytree):
    max_steps_in_episode: int = LIMIT


class Clock(NamedTuple):
    time: jax.Array


class Wage:
    """A reward of 1 for every action, for ever, in episodes of a limited time."""

    def __init__(self, ends: str, resets: bool):
        self.ends, self.resets = ends, resets

    def action_space(self, params: Any) -> environments.Discrete:
        return environments.Discrete(3)

    def reset(self, key: jax.Array, params: Any) -> tuple:
        return jnp.zeros(1), Clock(jnp.zeros((), jnp.int32))

    def step(self, key: jax.Array, state: Clock, action: jax.Array, params: Any) -> tuple:
        after = Clock(state.time + 1)
        over = after.time >= params.max_steps_in_episode
        info = {"final_observation": jnp.ones(1)}
        if self.resets:
            after = Clock(jnp.where(over, 0, after.time))
        ends = {"done": (over,), "truncated": (False, over), "terminated": (over, False)}[self.ends]
        if self.ends == "done":
            info |= {"truncated": over}
        return jnp.ones(1), after, 1.0, *ends, info


def config(environment: Any, params: Any = None, **options: Any) -> ag.Config:
    algorithm = ag.PPO(horizon=12, epochs=1, minibatches=1, discount=DISCOUNT, rate=3e-3)
    return ag.Config(ag.Agent(environment, params, units=8), algorithm, animals=32, **{"updates": 30, **options})


@pytest.fixture(scope="module")
def corridor() -> tuple[ag.Config, Trained]:
    asked = config(Corridor())
    return asked, ag.run(asked, KEYS, every=15)


def test_an_environment_without_anything_but_actions_is_learned_in(corridor: tuple):
    _, trained = corridor
    first, last = trained.history
    assert trained.status == "finished" and last["steps"] == 30 * 12 * 32
    assert last["return"] > first["return"] + 0.1 > 0.5  # of an episode, by the ends that there were
    assert last["return"] <= 1.0


def test_a_return_is_that_of_an_episode(corridor: tuple):
    asked, trained = corridor
    figures = {"reward": jnp.array([0.05]), "ended": jnp.array([0.1])}
    returned = lambda params, **change: row(
        asked.replace(agent=asked.agent.replace(params=params)), trained.state, figures | change
    )["return"]
    assert returned(None) == returned(Limit(1000)) == pytest.approx(0.5)  # they end long before the limit
    assert returned(Limit(1000), ended=jnp.zeros(1)) == pytest.approx(50.0)
    assert np.isnan(returned(None, ended=jnp.zeros(1)))
    assert returned(environments.open_arena().default_params) == pytest.approx(0.05 * 200)


def test_train_takes_it_too(corridor: tuple):
    asked, trained = corridor
    learner, figures = jax.eval_shape(ag.train, asked, KEYS[0])
    assert figures["reward"].shape == (30,)
    assert jax.tree.structure(learner) == jax.tree.structure(trained.state)


def test_what_an_agent_does_in_it_is_seen(corridor: tuple):
    asked, trained = corridor
    weights = jax.tree.map(lambda x: x[0], trained.state.weights)
    episodes = ag.evaluate(asked.agent, weights, KEYS[0], episodes=50, steps=60)
    assert episodes.position is None and episodes.goal is None and episodes.action.shape == (60, 50)
    assert set(np.unique(episodes.returns)) <= {0.0, 1.0}  # of one episode each, not of all that fit into 60 steps
    assert np.mean(episodes.returns) > 0.6


@pytest.mark.parametrize(
    ("ends", "resets", "worth"),
    [("truncated", False, 0.0), ("done", True, 0.0), ("terminated", True, -DISCOUNT * 10)],
)
def test_where_an_episode_is_cut_off_nothing_is_lost(ends: str, resets: bool, worth: float):
    asked = config(Wage(ends, resets), Limit())
    learner = start(asked, KEYS[0])
    fair = 1 / (1 - DISCOUNT)  # of a state in which 1 comes for ever: no action is better than another
    put = lambda path, x: jnp.full_like(x, fair) if "critic" in str(path) and "bias" in str(path) else 0 * x
    learner = learner.replace(weights=jax.tree_util.tree_map_with_path(put, learner.weights))
    _, stretch, last = jax.jit(experience)(asked, KEYS[0], learner)
    batch = prepared(ag.PPO(discount=DISCOUNT, trace=0.0), stretch, last)
    ended = np.asarray(stretch["ended"])
    np.testing.assert_allclose(np.asarray(batch["advantage"])[~ended], 0.0, atol=1e-5)
    np.testing.assert_allclose(np.asarray(batch["advantage"])[ended], worth, atol=1e-5)
    assert ended.any(1).all()  # some animal's episode ends at every time: they are out of phase
    assert np.all(ended.sum(0) >= 1) and np.ptp(np.argmax(ended, 0)) == LIMIT - 1


def test_before_and_after_a_new_episode():
    for resets in (True, False):
        now = transition(Wage("truncated", resets), KEYS[0], Clock(jnp.asarray(LIMIT - 1)), 0, Limit())
        assert bool(now.truncated) and not bool(now.terminated)
        assert int(now.state.time) == 0 and float(now.last_observation[0]) == 1.0
    assert float(now.observation[0]) == 0.0 and int(now.last_state.time) == LIMIT
    task = environments.open_arena(rays=2, max_steps_in_episode=3)
    _, state = task.reset(KEYS[0])
    now = jax.jit(lambda s: transition(task, KEYS[1], s, 0, task.default_params))(state.replace(time=jnp.asarray(2)))
    assert int(now.state.time) == 0 and int(now.last_state.time) == 3 and bool(now.truncated)
    assert (
        np.linalg.norm(now.last_state.position - state.position)
        < 0.11
        < np.linalg.norm(now.state.position - state.position)
    )


class Silent(Corridor):
    num_actions = None


class Short(Corridor):
    def step(self, *given: Any) -> tuple:
        return super().step(*given)[:3]


class Boxed(Corridor):
    def step(self, *given: Any) -> tuple:
        *before, done, info = super().step(*given)
        return *before, done[None], info


class Growing(Corridor):
    def step(self, *given: Any) -> tuple:
        _, state, *others = super().step(*given)
        return jnp.zeros(2), state, *others


class Changing(Corridor):
    def step(self, *given: Any) -> tuple:
        observation, state, *others = super().step(*given)
        return observation, state | {"more": 0}, *others


class Sensed(Corridor):
    """Whose observations are several."""

    def reset(self, key: jax.Array, params: Any) -> tuple:
        observation, state = super().reset(key, params)
        return {"place": observation, "seen": jnp.zeros((2, 3), bool)}, state

    def step(self, *given: Any) -> tuple:
        observation, *others = super().step(*given)
        return {"place": observation, "seen": jnp.ones((2, 3), bool)}, *others


class Unhashable(Corridor):
    __hash__ = None


def test_observations_may_be_several():
    task, key = Sensed(), KEYS[0]
    observation, state = begin_episode(task, key, None)
    assert observation.shape == (7,) and not observation.any()
    now = transition(task, key, state, jnp.asarray(1), None)
    np.testing.assert_allclose(now.observation, [1 / 3, 1, 1, 1, 1, 1, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (ag.Agent(Silent(), None), "no num_actions"),
        (ag.Agent(Short(), None), "step returned 3 things"),
        (ag.Agent(Boxed(), None), r"done of shape \(1,\): give one number"),
        (ag.Agent(Growing(), None), "step returned the observation .*the same structure and shapes"),
        (ag.Agent(Changing(), None), "step returned the state .*the same structure and shapes"),
        (ag.Agent(Corridor(), None, code=ag.grid_code(KEYS[0])), "needs position and heading of dict"),
        (ag.Agent(Corridor(), None, motor=ag.motor_pair()), "2 actions.*6"),
        (ag.Agent(Unhashable(), None), "hashable"),
        (ag.Agent(object(), None), "reset"),
    ],
)
def test_what_is_no_environment_is_named(agent: ag.Agent, words: str):
    for learn in (lambda c: ag.run(c, KEYS), lambda c: ag.train(c, KEYS[0])):
        with pytest.raises(ValueError, match=words):
            learn(config(None).replace(agent=agent))
