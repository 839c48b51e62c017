"""Spike times of Hodgkin & Huxley's axon: exact derivatives, and losses in ms through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import compare

SQUID, MEASURED = jn.cells.hodgkin_huxley(), jnp.array([4.0, 18.0])
AT, OTHER = jnp.array([120.0, 36.0, 0.3, 1.0]), jnp.array([110.0, 33.0, 0.3, 1.0])
NAMES = ("na.g_max", "k.g_max", "leak.g_max", "capacitance")


@pytest.fixture(scope="module")
def upstrokes():
    """Spike times, their mean distance from those that were measured [ms], and van Rossum's; and the derivatives."""

    def observed(p: jax.Array) -> jax.Array:
        cell = SQUID
        for name, value in zip(NAMES, p, strict=True):
            cell = cell.set(name, value)
        times = jn.simulate(cell, jn.stimuli.step(12.0, start=2.0), duration=22.0).spike_times(max_spikes=2).times
        distances = jnp.mean(jnp.abs(times - MEASURED)), compare.van_rossum(times, MEASURED, 5.0)
        return jnp.stack([*times, *distances])

    return jax.jit(lambda p: (observed(p), jax.jacfwd(observed)(p)))


def test_derivatives_of_upstroke_times_and_of_losses_in_ms_equal_central_differences(upstrokes):
    values, derivatives = upstrokes(AT)
    assert np.all(np.isfinite(values))
    for column, size in enumerate(AT):
        step = jnp.zeros(len(AT)).at[column].set(1e-4 * size)
        difference = (upstrokes(AT + step)[0] - upstrokes(AT - step)[0]) / (2e-4 * size)
        np.testing.assert_allclose(derivatives[:, column], difference, rtol=1e-4, atol=1e-9, err_msg=NAMES[column])


def test_two_spike_times_give_two_conductances_back(upstrokes):
    measured, p = upstrokes(OTHER)[0][:2], AT
    for _ in range(6):  # Gauss and Newton's method
        values, derivatives = upstrokes(p)
        p = p.at[:2].add(-jnp.linalg.solve(derivatives[:2, :2], values[:2] - measured))
    np.testing.assert_allclose(p, OTHER, rtol=1e-6)
