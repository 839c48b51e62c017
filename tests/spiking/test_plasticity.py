"""Plasticity against closed forms, at exact times and on a grid."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking

STDP, TRIPLET = spiking.STDP(), spiking.VISUAL_CORTEX


@jax.jit
def on_grid(rule, pre: jax.Array, post: jax.Array, weight: jax.Array, dt: float, reward: jax.Array) -> jax.Array:
    """The weights after spikes on a grid (time, neuron)."""

    def step(carry: tuple, given: tuple) -> tuple:
        (state, weight), (before, after, third) = carry, given
        return rule.update(state, before, after, weight, dt, third), None

    return jax.lax.scan(step, (rule.start(pre.shape[1], post.shape[1]), weight), (pre, post, reward))[0][1]


def trains(times: np.ndarray, dt: float, steps: int) -> jax.Array:
    grid = np.zeros((steps, times.shape[0]))
    for neuron, row in enumerate(times):
        grid[np.round(row[np.isfinite(row)] / dt).astype(int) - 1, neuron] = 1
    return jnp.asarray(grid)


@pytest.mark.parametrize(
    ("rule", "pre", "post", "expected"),
    [
        (STDP, [10.0], [17.0], 0.005 * np.exp(-7 / 20)),
        (STDP, [17.0], [10.0], -0.00525 * np.exp(-7 / 20)),
        (STDP, [10.0], [10.0], 0.0),
        (TRIPLET, [15.0], [10.0, 25.0], np.exp(-10 / 16.8) * 6.5e-3 * np.exp(-15 / 114) - 7.1e-3 * np.exp(-5 / 33.7)),
        (TRIPLET, [10.0, 25.0], [15.0], -7.1e-3 * np.exp(-10 / 33.7)),
        (
            spiking.HIPPOCAMPUS.replace(a3_minus=2e-3, tau_x=50.0),
            [10.0, 25.0],
            [15.0],
            5.3e-3 * np.exp(-5 / 16.8) - np.exp(-10 / 33.7) * (3.5e-3 + 2e-3 * np.exp(-15 / 50)),
        ),
    ],
)
def test_pairs_and_triplets(rule: spiking.STDP, pre: list, post: list, expected: float):
    pre_times, post_times = np.array([pre]), np.array([post])
    assert abs(rule.change(pre_times, post_times)[0, 0] - expected) < 1e-16
    grids = trains(pre_times, 0.5, 60), trains(post_times, 0.5, 60)
    assert abs(on_grid(rule, *grids, jnp.zeros((1, 1)), 0.5, jnp.zeros(60))[0, 0] - expected) < 1e-16


@pytest.mark.parametrize("nearest", [False, True])
def test_a_grid_is_exact(nearest: bool):
    rule = TRIPLET.replace(a2_plus=1e-3, a3_minus=1e-3, nearest=nearest)
    rng = np.random.default_rng(1)
    times = [np.sort(rng.choice(np.arange(1, 200), (n, 9)) * 0.5, axis=1) for n in (3, 2)]
    times = [np.sort(np.where(np.diff(t, axis=1, prepend=-1) == 0, np.inf, t), axis=1) for t in times]
    grids = [trains(t, 0.5, 200) for t in times]
    change = on_grid(rule, *grids, jnp.zeros((3, 2)), 0.5, jnp.zeros(200))
    np.testing.assert_allclose(rule.change(*map(jnp.asarray, times)), change, rtol=1e-12)


def test_triplets_make_frequent_pairs_potentiate():
    """60 pairs, pre 10 ms before post: depression at 1 Hz, potentiation that grows with frequency (Sjöström et al. 2001)."""
    post = [np.arange(60) * 1e3 / hertz + 20.0 for hertz in (1.0, 20.0, 50.0)]
    change = [float(TRIPLET.change(jnp.asarray([t - 10.0]), jnp.asarray([t]))[0, 0]) for t in post]
    assert change[0] < 0.05 < change[1] < change[2]


def test_change_is_differentiable_in_time():
    slope = jax.grad(lambda t: STDP.change(jnp.array([[10.0, jnp.inf]]), t[None])[0, 0])(jnp.array([17.0, jnp.inf]))
    np.testing.assert_allclose(slope, [-0.005 / 20 * np.exp(-7 / 20), 0.0], rtol=1e-12)


def test_reward_comes_later():
    rule = spiking.RewardSTDP(STDP, tau=200.0, rate=1e-2)
    pre, post = trains(np.array([[10.0]]), 0.5, 400), trains(np.array([[17.0]]), 0.5, 400)
    t = (jnp.arange(400) + 1) * 0.5
    reward = jnp.where((t > 100) & (t <= 150), 2.0, 0.0)
    weight = on_grid(rule, pre, post, jnp.ones((1, 1)), 0.5, reward)
    eligible = 0.005 * np.exp(-7 / 20) * 200.0 * (np.exp(-83 / 200) - np.exp(-133 / 200))
    assert abs(weight[0, 0] - 1 - 1e-2 * 2.0 * eligible) < 1e-14
    assert on_grid(rule, pre, post, jnp.ones((1, 1)), 0.5, 0 * reward)[0, 0] == 1.0


@pytest.fixture(scope="module")
def driven() -> tuple[spiking.SpikingNetwork, jn.SpikeTrains]:
    layers = {"cells": spiking.CurrentLIF(3, threshold=jnp.array([0.5, 1.0, 2.0])), "out": spiking.LeakyIntegrator(1)}
    network = spiking.feedforward(jax.random.key(0), 20, layers, mean=12.0, spread=1.0)
    return network, jn.poisson(jax.random.key(1), 10.0, 20, 6000.0)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("connections.cells.weight", spiking.SynapticScaling(20.0, 200.0, 5e-5)),
        ("populations.cells.threshold", spiking.IntrinsicThreshold(20.0, 200.0, 5e-5)),
    ],
)
def test_homeostasis_keeps_the_rate(driven: tuple, path: str, rule):
    network, inputs = driven
    after, spikes = spiking.adapt(network, inputs, {path: rule}, duration=6000.0, engine=spiking.FixedStep(1.0))
    rate = lambda part: np.asarray(spikes["cells"][part].mean(0)) * 1e3
    assert np.abs(rate(slice(500)) - 20).max() > 10 > 5 > np.abs(rate(slice(3000, None)) - 20).max()
    if path.endswith("weight"):
        ratio = after.get(path) / network.get(path)
        np.testing.assert_allclose(ratio, jnp.broadcast_to(ratio[0], ratio.shape), rtol=1e-10)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("connections.out.weight", "'out' never spikes"),
        ("connections.none.weight", "no parameter 'connections.none.weight'"),
    ],
)
def test_a_path_that_no_rule_can_change(driven: tuple, path: str, message: str):
    run = partial(spiking.adapt, *driven, duration=6000.0, engine=spiking.FixedStep(1.0))
    with pytest.raises((ValueError, KeyError), match=message):
        run({path: STDP})
