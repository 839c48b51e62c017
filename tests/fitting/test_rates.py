"""Rate functions: a fit finds the coefficients that made the numbers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxneuro.data.hh1952 import MEASURED
from jaxneuro.fitting import rates


@partial(jax.jit, static_argnames="steps")
def descend(measured, theta, steps=800):
    of = rates.residuals(measured)
    adam = optax.adam(optax.cosine_decay_schedule(0.1, steps))
    slope = jax.vmap(jax.grad(lambda x: 0.5 * jnp.sum(of(x) ** 2)))

    def step(carry, _):
        theta, state = carry
        updates, state = adam.update(slope(theta), state)
        return (theta + updates, state), None

    return jax.lax.scan(step, (theta, adam.init(theta)), None, length=steps)[0][0]


@pytest.fixture(scope="module")
def starts():
    return rates.random_starts(24, jax.random.key(1))


def test_starts_span_orders_of_magnitude(starts):
    names = rates.coefficients()
    assert starts.shape == (24, 15) == (24, len(names))
    for (_, kind), column in zip(names, starts.T, strict=True):
        if kind == "rate":
            assert jnp.ptp(column) > np.log(50.0)


def test_known_coefficients_are_recovered(starts):
    made = {name: (u, np.asarray(rates.published()[name](u))) for name, (u, _) in MEASURED.items()}
    found = rates.collect(made, descend(made, starts))
    for name, function in found.rates.items():
        np.testing.assert_allclose(jax.tree.leaves(function), jax.tree.leaves(rates.published()[name]), rtol=0.02)


def test_the_measured_rates_give_the_published_shape(starts):
    found = rates.collect(MEASURED, descend(MEASURED, starts))
    for name, (u, y) in MEASURED.items():
        ours, theirs = (np.asarray(f[name](u)) for f in (found.rates, rates.published()))
        assert np.sqrt(np.mean((ours - y) ** 2)) < 0.1 * np.abs(y).max()
        assert np.corrcoef(ours, theirs)[0, 1] > 0.98
        assert all(
            0 < e < v for e, v in zip(*map(jax.tree.leaves, (found.errors[name], found.rates[name])), strict=True)
        )
    assert rates.cell_of(found.rates).get("na.alpha_m.slope") == found.rates["alpha_m"].slope


def test_starts_that_diverged_are_not_chosen(starts):
    theta = jnp.full_like(starts, jnp.nan)
    with pytest.raises(ValueError, match="all 24 starts of alpha_h diverged"):
        rates.collect(MEASURED, theta)
    assert np.isfinite(rates.collect(MEASURED, theta.at[7].set(starts[7])).loss["beta_h"])
