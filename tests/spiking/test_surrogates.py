"""Surrogates: spikes are 0 or 1 forward, and have the derivative of their relaxation backward."""

import jax
import jax.numpy as jnp
import pytest

from jaxneuro import spiking
from jaxneuro.spiking.engines.steps import spike

EXCESS = jnp.linspace(-1.25, 1.35, 14)  # no kink of a default surrogate is at one of these

CLOSED = {
    spiking.surrogates.FastSigmoid: lambda x: 5 / (1 + 10 * jnp.abs(x)) ** 2,
    spiking.surrogates.Arctan: lambda x: 1 / (1 + (jnp.pi * x) ** 2),
    spiking.surrogates.Sigmoid: lambda x: 4 * jax.nn.sigmoid(4 * x) * jax.nn.sigmoid(-4 * x),
    spiking.surrogates.SingleExponential: lambda x: 2 * jnp.exp(-4 * jnp.abs(x)),
    spiking.surrogates.Triangular: lambda x: jnp.maximum(1 - jnp.abs(x), 0),
    spiking.surrogates.StraightThrough: lambda x: 1.0 * (jnp.abs(x) < 0.5),
    spiking.surrogates.Gaussian: lambda x: jax.scipy.stats.norm.pdf(x, scale=0.5),
    spiking.surrogates.MultiGaussian: lambda x: (
        1.15 * jax.scipy.stats.norm.pdf(x, scale=0.5)
        - 0.15 * sum(jax.scipy.stats.norm.pdf(x, centre, 3.0) for centre in (-0.5, 0.5))
    ),
    spiking.surrogates.Damped: lambda x: 0.3 * jnp.maximum(1 - jnp.abs(x), 0),
}


@pytest.mark.parametrize("surrogate", spiking.surrogates.ALL, ids=lambda s: type(s).__name__)
def test_a_spike_has_the_derivative_of_the_relaxation(surrogate: spiking.surrogates.Surrogate):
    spikes, pull = jax.vjp(lambda x: spike(x, surrogate), EXCESS)
    assert jnp.array_equal(spikes, EXCESS >= 0)
    expected = CLOSED[type(surrogate)](EXCESS)
    assert jnp.allclose(pull(jnp.ones_like(EXCESS))[0], expected, atol=1e-12)
    assert jnp.allclose(surrogate.derivative(EXCESS), expected, atol=1e-12)
    step = 1e-6
    slope = (surrogate.relaxed(EXCESS + step) - surrogate.relaxed(EXCESS - step)) / (2 * step)
    assert jnp.allclose(slope, expected, atol=1e-8)


@pytest.mark.parametrize("surrogate", spiking.surrogates.ALL, ids=lambda s: type(s).__name__)
def test_a_relaxation_is_a_step_from_afar(surrogate: spiking.surrogates.Surrogate):
    low, high = surrogate.relaxed(jnp.array([-1e4, 1e4]))
    height = getattr(surrogate, "factor", 1 - getattr(surrogate, "height", 0.0))  # of a multi-Gaussian, 1 - height
    assert jnp.abs(low) < 1e-4 and jnp.abs(high - height) < 1e-4


def test_the_derivative_at_the_threshold_is_finite_in_float32():
    at = jnp.zeros(1, jnp.float32)
    assert all(jnp.isfinite(s.derivative(at)).all() and s.derivative(at) > 0 for s in spiking.surrogates.ALL)
