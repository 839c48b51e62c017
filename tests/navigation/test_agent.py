"""The agent: advantages and losses against small loops, learning, probes that see what they should, checkpoints."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxneuro import navigation as nav
from jaxneuro.learn import Trained
from jaxneuro.navigation import agent as ag
from jaxneuro.navigation import environments

KEY = jax.random.key(0)
ALGORITHM = ag.PPO(horizon=10, epochs=2, minibatches=2)


@pytest.fixture(scope="module", autouse=True)
def single_precision():
    with jax.enable_x64(False):
        yield


@pytest.fixture(scope="module")
def config() -> ag.Config:
    environment = environments.open_arena(0.8, rays=3, max_steps_in_episode=30, action_repeat=1, speed=2.0, turn=10.0)
    code = ag.PoseCode(nav.grid_cells(KEY, 8, (0.9, 1.6)), nav.head_direction_cells(6, kappa=2.0))
    return ag.Config(ag.Agent(environment, environment.default_params, code, units=16), ALGORITHM, animals=8, updates=4)


@pytest.fixture(scope="module")
def keys() -> jax.Array:
    return jax.random.split(KEY, 2)


@pytest.fixture(scope="module")
def trained(config: ag.Config, keys: jax.Array) -> Trained:
    return ag.run(config, keys, every=2)


def same(a: object, b: object) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def test_advantages_are_those_of_a_loop():
    random = np.random.default_rng(0)
    reward, value = random.normal(size=(2, 7, 3))
    ended, last = random.random((7, 3)) < 0.3, random.normal(size=3)
    cut = ended * random.integers(0, 2, (7, 3)) * random.normal(size=(7, 3))  # 0 where nothing more was to be had
    got = ag.advantages(*map(jnp.asarray, (reward, value, ended, last)), 0.9, 0.8, jnp.asarray(cut))
    want, later, following = np.zeros((7, 3)), np.zeros(3), last
    for t in reversed(range(7)):
        error = reward[t] + 0.9 * ((1 - ended[t]) * following + cut[t]) - value[t]
        later = error + 0.9 * 0.8 * (1 - ended[t]) * later
        want[t], following = later, value[t]
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_advantages_with_trace_one_are_returns_minus_values():
    reward = jnp.array([0.0, 0.0, 1.0, 0.0])[:, None]
    value = jnp.array([0.3, 0.1, 0.2, 0.5])[:, None]
    got = ag.advantages(reward, value, jnp.zeros((4, 1)), jnp.array([2.0]), 0.5, 1.0) + value
    np.testing.assert_allclose(got[:, 0], [0.25 + 2 / 16, 0.5 + 2 / 8, 1 + 2 / 4, 2 / 2], atol=1e-6)


def test_losses_have_the_gradients_of_their_formulas():
    logits = jnp.array([[[0.2, -0.3, 0.1]], [[0.0, 0.4, -0.2]]])
    batch = {"action": jnp.array([[1], [0]]), "advantage": jnp.array([[2.0], [-1.0]]), "target": jnp.ones((2, 1))}
    slope = jax.jit(jax.grad(lambda x: ag.A2C(entropy=0.0).loss(x, jnp.ones((2, 1)), batch)))(logits)
    want = np.array([[2.0], [-1.0]])[..., None] * (jax.nn.softmax(logits) - jax.nn.one_hot(batch["action"], 3))
    np.testing.assert_allclose(slope, want, atol=1e-6)  # a sum over time, not a mean

    log_probability = jax.nn.log_softmax(logits)[jnp.arange(2), 0, batch["action"][:, 0]][:, None]
    ppo = ag.PPO(entropy=0.0, critic=0.0)
    loss = lambda x, shift: ppo.loss(x, jnp.ones((2, 1)), batch | {"log_probability": log_probability - shift})
    gradient = jax.jit(jax.grad(loss))
    score = jax.nn.softmax(logits) - jax.nn.one_hot(batch["action"], 3)
    whitened = np.array([1.0, -1.0])[:, None, None]  # advantages less their mean, by their standard deviation
    np.testing.assert_allclose(gradient(logits, 0.0), score * whitened / 2, atol=1e-5)
    slope = gradient(logits, np.log(1.5))  # the ratio is 1.5: the gain of the first action is cut off
    assert not np.any(slope[0]) and np.any(slope[1])


def test_a_uniform_choice_has_the_largest_entropy():
    flat = jnp.zeros((1, 1, 4))
    batch = {"action": jnp.zeros((1, 1), int), "advantage": jnp.zeros((1, 1)), "target": jnp.zeros((1, 1))}
    np.testing.assert_allclose(ag.A2C(entropy=1.0).loss(flat, jnp.zeros((1, 1)), batch), -np.log(4), rtol=1e-6)


def test_unrolling_the_policy_is_stepping_it_with_an_empty_memory_at_the_beginning(drawn_policy: Callable):
    graph, weights = drawn_policy(5, 6, 8)
    random, begins = np.random.default_rng(0), np.zeros((6, 3), bool)
    senses, memory = random.normal(size=(6, 3, 5)), random.normal(size=(3, 8))
    begins[2, 1] = True
    memories, logits, values = jax.jit(lambda w, *x: nnx.merge(graph, w).unroll(*x))(weights, memory, senses, begins)
    step = jax.jit(lambda w, *x: nnx.merge(graph, w)(*x))
    for t in range(6):
        memory, logit, value = step(weights, np.where(begins[t][:, None], 0.0, memory), senses[t])
        np.testing.assert_allclose(memory, memories[t], atol=1e-5)
        np.testing.assert_allclose(logit, logits[t], atol=1e-5)
        np.testing.assert_allclose(value, values[t], atol=1e-5)


@pytest.mark.slow  # compiles for long
def test_without_noise_path_integration_is_exact_and_the_goal_code_is_that_of_the_goal(config: ag.Config):
    quiet = config.agent.replace(code=config.agent.code.replace(noise=(0.0, 0.0, 0.0), fixes=0.0))

    @jax.jit
    def live(key: jax.Array) -> tuple:
        begin_key, weights_key, key = jax.random.split(key, 3)
        policy = quiet.policy(weights_key)
        lives = jax.vmap(ag.rollout.begin, (None, 0))(quiet, jax.random.split(begin_key, 16))
        each = jax.vmap(lambda key, life: ag.rollout.act(quiet, policy, key, *life))
        step = lambda lives, key: (lambda after: (after[0], (after[0], after[1])))(
            each(jax.random.split(key, 16), lives)
        )
        return jax.lax.scan(step, lives, jax.random.split(key, 60))[1]

    (_, mind, state), done = live(KEY)
    np.testing.assert_allclose(mind.estimate.position, state.position, atol=2e-5)
    remembered = np.asarray(mind.goal).any(-1)
    np.testing.assert_array_equal(remembered, np.asarray(state.hits) > 0)
    place = quiet.code.place
    similar = lambda a, b: np.asarray(jnp.abs(a - b).mean(-1))[remembered]
    far = similar(mind.goal, place(jnp.zeros_like(state.goal)))
    assert remembered.any() and similar(mind.goal, place(state.goal)).mean() < 0.6 * far.mean()
    assert not np.asarray(done["ended"])[:29].any() and np.asarray(done["ended"])[29].all()


def test_it_trains_and_seeds_are_independent(config: ag.Config, keys: jax.Array, trained: Trained):
    assert trained.status == "finished" and len(trained.history) == 2
    assert trained.history[-1]["steps"] == config.steps == 4 * 10 * 8
    assert not same(trained.state.weights, ag.begin(config, keys).weights)
    kernel = trained.state.weights.actor.kernel[...]
    assert not np.array_equal(kernel[0], kernel[1])


def test_a_resumed_training_is_the_same_to_the_bit(
    config: ag.Config, keys: jax.Array, trained: Trained, tmp_path: Path
):
    def stop(row: dict) -> None:
        raise KeyboardInterrupt

    stopped = ag.run(config, keys, every=2, checkpoint=tmp_path / "run", progress=stop)
    assert stopped.status == "interrupted" and len(stopped.history) == 1
    resumed = ag.run(config, keys, every=8, checkpoint=tmp_path / "run", resume=True)  # no more than `updates`
    assert same(resumed.state, trained.state) and resumed.history[0]["return"] == trained.history[0]["return"]
    with pytest.raises(ValueError, match="another keys"):
        ag.run(config, keys[::-1], checkpoint=tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match="another problem, with another config"):
        other = config.agent.replace(params=config.agent.params.replace(goal_spread=0.07))
        ag.run(config.replace(agent=other), keys, checkpoint=tmp_path / "run", resume=True)


def test_interventions_change_the_goal_code_and_nothing_else(config: ag.Config):
    goal = jnp.array([0.1, 0.0, 0.5, 0.2])
    assert not np.any(ag.no_goal(goal))
    chosen = ag.most(jnp.array([0.3, 0.9, -0.2, 0.5]))
    np.testing.assert_array_equal(chosen, [False, True, False, False])
    np.testing.assert_allclose(ag.without(chosen)(goal + 1), [1.1, 0.0, 1.5, 1.2])
    there = jnp.array([0.3, 0.4])
    fake = ag.fake_goal(config.agent, there)
    np.testing.assert_array_equal(fake(jnp.ones(16)), config.agent.code.place(there))
    assert not np.any(fake(jnp.zeros(16)))


def scripted(position: np.ndarray, hit: np.ndarray, shut: np.ndarray) -> ag.Episodes:
    """Episodes of one animal that walked as it was told."""
    hits = np.concatenate([[0], np.cumsum(hit)[:-1]])
    column = lambda x: np.asarray(x)[:, None]
    return ag.Episodes(column(position), column(np.zeros(len(hit))), np.array([[1.5, 0.5]]), column(shut), column(hits),
                       column(hit), column(np.zeros((len(hit), 2))), column(np.zeros(len(hit), int)), np.zeros(1))  # fmt: skip


def test_a_shortcut_is_seen():
    arena = nav.rectangle(2.0, 1.0).with_doors([[[1.0, 0.0], [1.0, 0.5]], [[1.0, 0.5], [1.0, 1.0]]])
    environment = environments.task("two doors", arena, [[1.5, 0.5]], [[0.5, 0.5]], before=[[True, False]])
    through = np.array([[0.9, 0.7], [1.1, 0.7], [1.4, 0.5], [0.9, 0.2], [1.1, 0.2], [1.4, 0.5], [0.5, 0.5]])
    hit, shut = np.array([0, 0, 1, 0, 0, 1, 0], bool), np.array([[True, False]] * 3 + [[False, False]] * 4)
    params = environment.default_params.replace(speed=2.0)
    shortcuts = jax.jit(ag.shortcuts)
    seen = shortcuts(scripted(through, hit, shut), params)
    assert bool(seen.found[0]) and bool(seen.returned[0]) and bool(seen.new_way[0])
    assert float(seen.latency[0]) == 3 and int(seen.door[0]) == 0
    through[3:5, 1] = 0.7
    again = shortcuts(scripted(through, hit, shut), params)
    assert not bool(again.new_way[0]) and int(again.door[0]) == 1
    assert not np.asarray(ag.opened(params).after).any()


def test_time_near_a_fake_goal_is_counted_after_the_goal_was_found():
    position = np.array([[0.2, 0.2], [1.5, 0.5], [0.2, 0.2], [0.2, 0.25], [1.0, 1.0], [1.5, 0.5]])
    episodes = scripted(position, np.array([0, 1, 0, 0, 0, 0], bool), np.zeros((6, 0), bool))
    seen = jax.jit(ag.visits)(episodes, jnp.array([0.2, 0.2]))
    np.testing.assert_allclose([seen.near_fake[0], seen.near_goal[0]], [0.5, 0.25])
    assert bool(seen.reached_fake[0]) and bool(seen.found[0])


def test_decoding_reads_what_is_there_and_nothing_from_noise():
    random = np.random.default_rng(0)
    position, goal = random.random((60, 30, 2), np.float32), random.random((30, 2), np.float32)
    hit = np.zeros((60, 30), bool)
    hit[::25] = True
    to = goal - position
    distance = np.linalg.norm(to, axis=-1, keepdims=True)
    memory = np.concatenate([distance, to / distance], -1) @ random.normal(size=(3, 5))
    episodes = ag.Episodes(position, position[..., 0], goal, hit, np.cumsum(hit, 0), hit, memory, hit, goal[:, 0])
    decode = jax.jit(ag.decode_goal)
    right, wrong = decode(episodes), decode(episodes.replace(memory=random.normal(size=memory.shape)))
    assert right.distance > 0.99 and right.direction > 0.99
    assert abs(wrong.distance) < 0.3 and abs(wrong.direction) < 0.3


def test_all_agents_get_the_same_but_for_the_code(config: ag.Config, trained: Trained):
    weights = jax.tree.map(lambda x: x[0], trained.state.weights)
    live = lambda w: ag.evaluate(config.agent, w, KEY, episodes=4, steps=30)
    episodes = jax.eval_shape(live, weights)  # what it gives is tested where an agent is trained: test_navigate_command
    assert episodes.position.shape == (30, 4, 2) and episodes.memory.shape == (30, 4, 16)
    assert episodes.returns.shape == (4,)
    small = config.agent.replace(units=4)
    both = (small, small.replace(code=None))
    made = [jax.eval_shape(lambda agent=agent: nnx.state(agent.policy(KEY))) for agent in both]
    largest = [max(leaf.shape[0] for leaf in jax.tree.leaves(weights) if leaf.ndim == 2) for weights in made]
    assert largest[0] - largest[1] == 16 + 6 + 16  # place, heading, goal


def test_what_cannot_be_asked_of_an_agent_is_named(config: ag.Config):
    plain = config.agent.replace(code=None)
    with pytest.raises(ValueError, match="no goal code to replace"):
        ag.evaluate(plain, None, KEY, steps=30, intervene=ag.no_goal)
    with pytest.raises(ValueError, match="no goal code to be faked"):
        ag.fake_goal(plain, jnp.array([0.2, 0.2]))
    with pytest.raises(ValueError, match=r"fake goal = .*outside"):
        ag.fake_goal(config.agent, jnp.array([9.0, 0.2]))
    with pytest.raises(ValueError, match="one episode, which has 30"):
        ag.evaluate(config.agent, None, KEY, steps=31)


def test_what_cannot_be_trained_is_named(config: ag.Config, keys: jax.Array):
    with pytest.raises(ValueError, match="units = 0"):
        ag.run(config.replace(agent=config.agent.replace(units=0)), keys)
    with pytest.raises(ValueError, match="8 animals do not divide into 3"):
        ag.run(config.replace(algorithm=ag.PPO(minibatches=3)), keys)
    with pytest.raises(ValueError, match="keys have shape"):
        ag.run(config, KEY)
    with pytest.raises(ValueError, match="resume=True without"):
        ag.run(config, keys, resume=True)
    with pytest.raises(ValueError, match=r"goals.* outside"):
        params = config.agent.params.replace(goals=jnp.array([[9.0, 9.0]]), goal_spread=jnp.zeros(2))
        ag.run(config.replace(agent=config.agent.replace(params=params)), keys)
    with pytest.raises(ValueError, match="senses = 0"):
        ag.Policy(0, 6, 8, rngs=nnx.Rngs(0))
