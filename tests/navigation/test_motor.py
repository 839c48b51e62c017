"""A pair of Hodgkin–Huxley cells turns the agent, and gradients pass through their membranes."""

from collections.abc import Callable

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jaxneuro.navigation import agent as ag
from jaxneuro.navigation.agent.motor import preferences

PAIR = ag.motor_pair(duration=20.0, dt=0.05)


def test_the_stronger_current_turns_to_its_side():
    turn = jax.jit(jax.vmap(PAIR.turn))(jnp.array([[12.0, 4.0], [4.0, 12.0], [7.0, 7.0]]))
    assert turn[0] > 0.3 and abs(turn[2]) < 1e-12
    np.testing.assert_allclose(turn[0], -turn[1], rtol=1e-9)
    np.testing.assert_array_equal(jax.jit(PAIR.spike_counts)(jnp.array([12.0, 0.0])), [2, 0])


def test_the_gradient_through_policy_and_cells_is_that_of_finite_differences(drawn_policy: Callable):
    graph, weights = drawn_policy(5, 8, 4)
    weights = jax.tree.map(lambda x: x.astype(float) * (0.2 if x.shape == (8, 8) else 1.0), weights)
    random = np.random.default_rng(1)
    senses, memory = random.normal(size=5), np.zeros(4)

    @jax.jit
    @jax.value_and_grad
    def loss(weights) -> jax.Array:
        _, outputs, _ = nnx.merge(graph, weights)(memory, senses)
        return -jax.nn.log_softmax(preferences(PAIR, outputs))[1]  # forward and to the left

    slope = loss(weights)[1]
    chex.assert_tree_all_finite(slope)
    into_cells = slope["actor"].kernel[...][:, -2:]
    assert np.abs(into_cells).max() > 1e-4
    way = jax.tree.map(lambda x: random.normal(size=x.shape), weights)
    along = lambda h: float(loss(jax.tree.map(lambda w, d: w + h * d, weights, way))[0])
    difference = (along(1e-6) - along(-1e-6)) / 2e-6
    products = jax.tree.map(lambda a, b: np.sum(np.asarray(a) * b), slope, way)
    np.testing.assert_allclose(sum(jax.tree.leaves(products)), difference, rtol=1e-5)


def test_without_cells_the_outputs_choose():
    outputs = jnp.arange(6.0)
    np.testing.assert_array_equal(preferences(None, outputs), outputs)
    with pytest.raises(ValueError, match="duration = 0"):
        ag.motor_pair(duration=0)


def test_cells_alone_tell_left_from_right():
    alone = PAIR.replace(alone=True)
    outputs = jnp.array([0.1, 0.9, 0.3, -0.2, 0.6, 0.5, 0.7, 0.7])  # the same current to both
    np.testing.assert_allclose(preferences(alone, outputs), [0.1, 0.6, 0.6, 0.2, 0.2, 0.5], atol=1e-6)
    forward_left, forward_right, left, right = preferences(alone, outputs.at[7].set(-0.7))[1:5]
    assert left - right > 0.5 and np.isclose(left - right, forward_left - forward_right)
