"""Distances of spike trains against their definitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.compare import van_rossum, victor_purpura

A, B = jnp.array([3.0, 11.0, 40.0, jnp.inf]), jnp.array([5.0, 38.0, jnp.inf])


def edit_distance(a: list, b: list, cost: float) -> float:
    """By recursion over what becomes of the last spikes."""
    if not a or not b:
        return float(len(a) + len(b))
    shift = edit_distance(a[:-1], b[:-1], cost) + cost * abs(a[-1] - b[-1])
    return min(edit_distance(a[:-1], b, cost) + 1, edit_distance(a, b[:-1], cost) + 1, shift)


@pytest.mark.parametrize("cost", [0.0, 0.1, 0.3, 10.0])
def test_victor_purpura_is_the_edit_distance(cost: float):
    expected = edit_distance([3.0, 11.0, 40.0], [5.0, 38.0], cost)
    assert victor_purpura(A, B, cost) == pytest.approx(expected, abs=1e-12)
    assert victor_purpura(A, B, cost, 1e-3) == pytest.approx(expected, abs=0.01)


def test_van_rossum_is_the_integral_of_the_filtered_difference():
    t, tau = np.arange(0.0, 300.0, 1e-3), 7.0
    filtered = [sum(np.where(t >= s, np.exp(-(t - s) / tau), 0.0) for s in train[:-1]) for train in (A, B)]
    integral = np.sum((filtered[0] - filtered[1]) ** 2) * 1e-3 / tau
    assert van_rossum(A, B, tau) == pytest.approx(integral, rel=1e-3)


@pytest.mark.parametrize("distance", [lambda a: van_rossum(a, B, 7.0), lambda a: victor_purpura(a, B, 0.1, 0.2)])
def test_derivatives_by_spike_times(distance):
    distance = jax.jit(distance)
    step = 1e-5 * jnp.eye(4)[:3]
    numeric = jnp.array([(distance(A + h) - distance(A - h)) / 2e-5 for h in step])
    gradient = jax.jit(jax.grad(distance))(A)
    np.testing.assert_allclose(gradient[:3], numeric, atol=1e-8)
    assert gradient[3] == 0  # padding
