"""Rates that are exact where their formula is 0/0, schemes of states, and channel noise."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.arithmetic import by_slope, reciprocal
from jaxneuro.biophysics.membrane import Environment, Kinetics

SQUID = jn.cells.hodgkin_huxley()
ENV = Environment(6.3, jnp.array([1000.0]), {})


def exact_linoid(x: float) -> tuple[float, float, float]:
    """Value and two derivatives of x / (1 - exp(-x)), from its series at 0: 1 + x/2 + x²/12 - x⁴/720 + ..."""
    return 1 + x / 2 + x**2 / 12 - x**4 / 720, 0.5 + x / 6 - x**3 / 180, 1 / 6 - x**2 / 60


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("x", [0.0, 1e-9, -1e-5, 1e-3, -0.02])
def test_linoid_and_its_derivatives_are_exact_near_zero(double, x):
    with jax.enable_x64(double):
        tolerance = 1e-9 if double else 3e-7
        x = jnp.asarray(x)
        found = jn.linoid(x), jax.grad(jn.linoid)(x), jax.grad(jax.grad(jn.linoid))(x)
        np.testing.assert_allclose(found, exact_linoid(float(x)), rtol=tolerance)


@pytest.mark.parametrize("double", [True, False])
def test_linoid_far_from_zero_and_across_the_switch(double):
    with jax.enable_x64(double):
        x = jnp.concatenate([jnp.linspace(-80.0, 80.0, 41), jnp.array([-0.3, -0.2999, 0.2999, 0.3])])
        big = np.asarray(x, np.longdouble)
        value = np.where(big == 0, 1, big / -np.expm1(-np.where(big == 0, 1, big)))
        slope = np.where(big == 0, 0.5, value * (1 + (1 - value) / np.where(big == 0, 1, big)))
        tolerance = 1e-12 if double else 1e-5
        np.testing.assert_allclose(jn.linoid(x), value.astype(float), rtol=tolerance, atol=1e-37)
        found = jax.vmap(jax.grad(jn.linoid))(x)
        np.testing.assert_allclose(found, slope.astype(float), rtol=tolerance, atol=1e-10 if double else 1e-6)


@pytest.mark.parametrize("double", [True, False])
def test_squid_rates_are_finite_and_smooth_at_their_singular_voltages(double):
    """alpha_m is 0/0 at -40 mV, alpha_n at -55 mV: there they are 1 and 0.1 per ms, with slopes 0.05 and 0.005."""
    with jax.enable_x64(double):
        for channel, gate, v, value, slope in ((SQUID.channels["na"], "m", -40.0, 1.0, 0.05),
                                               (SQUID.channels["k"], "n", -55.0, 0.1, 0.005)):  # fmt: skip
            alpha = lambda v, c=channel, g=gate: c.gates(v, ENV)[g].inflow
            np.testing.assert_allclose(jax.value_and_grad(alpha)(jnp.asarray(v)), (value, slope), rtol=1e-6)


def all_derivatives(f):
    """Value, gradient by reverse and forward mode, and Hessian, in one array."""
    return jax.jit(lambda x: jnp.concatenate([f(x)[None], jax.grad(f)(x), jax.jacfwd(f)(x), *jax.hessian(f)(x)]))


def test_derivatives_of_a_relaxed_gate_equal_those_of_its_formula():
    def relaxed(parts):  # as written in its docstring
        inflow, rate, x, dt = parts
        z = rate * dt
        return (2 * dt * inflow + x * jnp.maximum(2 - z, 0.0)) / (z + jnp.maximum(2.0, z))

    found = lambda parts: Kinetics(*parts[:2]).trapezoidal(*parts[2:])
    found, relaxed = all_derivatives(found), all_derivatives(relaxed)
    for dt in (0.025, 1.5, 30.0):  # z = 0.05, 2.97 and 59: within, beyond and far beyond the cut
        np.testing.assert_allclose(found(at := jnp.array([0.7, 1.98, 0.4, dt])), relaxed(at), rtol=1e-10, atol=1e-14)


def test_derivatives_by_slope_equal_those_of_the_function():
    def loss(through, at):
        a, x = at[0], at[1:]
        rows = lambda x: {"vector": jnp.sin(a * x) / x, "matrix": (a * x[:, None] + jnp.arange(2.0)) ** 3}
        return sum(jnp.sum(y) for y in jax.tree.leaves(through(rows, x)))

    at = jnp.array([1.3, 0.5, 2.0, -1.0])
    found, expected = (all_derivatives(partial(loss, through))(at) for through in (by_slope, lambda f, x: f(x)))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_reciprocal_has_its_derivatives():
    x = jnp.asarray(3.0)
    np.testing.assert_allclose([jax.grad(reciprocal)(x), jax.grad(jax.grad(reciprocal))(x)], [-1 / 9, 2 / 27])


def test_markov_schemes_agree_with_the_independent_gates_they_stand_for():
    scheme = SQUID.insert("k", jn.channels.KScheme()).insert("na", jn.channels.NaScheme())
    options = {"stimulus": jn.stimuli.step(10.0, start=1.0), "duration": 8.0, "dt": 0.0125}
    expected = jn.simulate(SQUID, record=("v", "k.n", "na.m", "na.h"), **options)
    found = jn.simulate(scheme, record=("v", "k.p", "na.p"), **options)
    for name in ("k.p", "na.p"):
        np.testing.assert_allclose(found[name].sum(-1), 1.0, atol=1e-10)
        assert found[name].min() > -1e-6
    # at rest the two are the same numbers; on the way both are second order, with different errors
    np.testing.assert_allclose(found["k.p"][0, 0, 4], expected["k.n"][0, 0] ** 4, rtol=1e-9)
    np.testing.assert_allclose(found["na.p"][0, 0, 7], (expected["na.m"] ** 3 * expected["na.h"])[0, 0], rtol=1e-9)
    np.testing.assert_allclose(found["k.p"][:, 0, 4], expected["k.n"][:, 0] ** 4, atol=2e-3)
    shift = found.spike_times(max_spikes=2).times[0] - expected.spike_times(max_spikes=2).times[0]
    assert abs(shift) < 2e-3


def test_temperature_scales_every_rate_and_leaves_steady_states():
    state = SQUID.initial(-50.0)
    cold, warm = SQUID.gate_kinetics(state), SQUID.set("celsius", 16.3).gate_kinetics(state)
    np.testing.assert_allclose(warm["na"]["m"].rate, 3.0 * cold["na"]["m"].rate, rtol=1e-12)
    np.testing.assert_allclose(warm["k"]["n"].steady, cold["k"]["n"].steady, rtol=1e-12)


NOISY = SQUID.replace(channels={"k": jn.channels.FoxLu(SQUID.channels["k"], 0.3)})  # 300 channels
CLAMP = jn.stimuli.voltage_clamp(jn.stimuli.constant(-50.0))


@pytest.mark.parametrize("dt", [0.25, 0.05])
def test_channel_noise_has_the_binomial_variance_whatever_the_step(dt):
    recording = jn.simulate(NOISY, CLAMP, duration=5000.0, dt=dt, record="k.n", key=jax.random.key(1), every=4)
    n = recording["k.n"][recording.t > 50.0]
    kinetics = NOISY.gate_kinetics(NOISY.initial(-50.0))["k"]["n"]
    steady = kinetics.steady[0]
    np.testing.assert_allclose(n.mean(), steady, atol=0.003)
    # the recorded gate is half a step of relaxation beyond the noisy one
    shrunk = jnp.exp(-kinetics.rate[0] * dt)
    np.testing.assert_allclose(n.var(), shrunk * steady * (1 - steady) / 300, rtol=0.1)


def test_the_same_key_gives_the_same_path_at_any_step():
    cell = SQUID.insert("na", jn.channels.FoxLu(SQUID.channels["na"], 60.0))

    def run(dt: float, seed: int) -> jax.Array:
        every = round(0.1 / dt)
        return jn.simulate(cell, duration=10.0, dt=dt, every=every, key=jax.random.key(seed)).v[:, 0]

    coarse, fine, other = run(0.025, 0), run(0.0125, 0), run(0.025, 1)
    spread = jnp.std(coarse - other)
    assert jnp.std(coarse - fine) < 0.1 * spread and spread > 0.01


def test_noise_without_a_key_is_refused():
    with pytest.raises(ValueError, match="key"):
        jn.simulate(NOISY, CLAMP, duration=1.0)
