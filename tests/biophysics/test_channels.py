"""The channel contract, and the formulas for concentrations and fluxes."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro.biophysics.membrane import CalciumPool, ghk_current, nernst
from jaxneuro.units import FARADAY


class PersistentSodium(jn.Channel):
    g_max: float = 0.1  # mS/cm²
    e: float = 50.0  # mV
    q10 = 2.0

    def gates(self, v, env):
        return {"p": jn.steady_tau(jax.nn.sigmoid((v + 50.0) / 6.0), 5.0)}

    def current(self, v, gates, env):
        return self.g_max * gates["p"] * (v - self.e)


CELL = jn.Cell({"nap": PersistentSodium(), "leak": jn.channels.Leak(0.1, -70.0)}, v_init=-70.0)
STEP = jn.stimuli.step(1.0, start=1.0)


def run(cell, **options):
    return jn.simulate(cell, STEP, duration=20.0, dt=0.05, every=20, **options).v[:, 0]


def test_a_channel_of_ten_lines_works_with_every_solver():
    control = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    converged = run(CELL, solver=diffrax.Tsit5(), stepsize=control)
    np.testing.assert_allclose(run(CELL), converged, atol=5e-4)
    np.testing.assert_allclose(run(CELL, solver=diffrax.Tsit5()), converged, atol=1e-6)
    np.testing.assert_allclose(run(CELL, solver=jn.ExponentialEuler()), converged, atol=0.3)


def test_a_channel_of_ten_lines_has_gradients_and_maps():
    def loss(g_max, celsius):
        return jnp.mean(run(CELL.set("nap.g_max", g_max).set("celsius", celsius)) ** 2)

    at, h = (jnp.asarray(0.1), jnp.asarray(16.3)), 1e-4
    gradient = jax.grad(loss, argnums=(0, 1))(*at)
    for i in (0, 1):
        up, down = [[x + (i == j) * sign * h for j, x in enumerate(at)] for sign in (1, -1)]
        np.testing.assert_allclose(gradient[i], (loss(*up) - loss(*down)) / (2 * h), rtol=1e-6)
    several = jax.vmap(lambda g: run(CELL.set("nap.g_max", g)))(jnp.array([0.05, 0.1]))
    np.testing.assert_allclose(several[1], run(CELL), rtol=1e-10)


def test_ten_degrees_double_the_rates_of_a_channel_with_q10_of_two():
    cold, warm = (CELL.set("celsius", c).gate_kinetics(CELL.initial()) for c in (6.3, 16.3))
    np.testing.assert_allclose(warm["nap"]["p"].rate, 2 * cold["nap"]["p"].rate)


def test_nernst_potential_of_potassium():
    np.testing.assert_allclose(nernst(400.0, 20.0, 1, 6.3), -72.14, atol=0.01)  # 25.69 mV × (279.45/298.15) × ln(1/20)


def test_ghk_current_is_smooth_at_zero_and_vanishes_at_the_nernst_potential():
    inside, outside = 2.4e-4, 2.0
    flux = lambda v: ghk_current(1e-4, v, inside, outside, 2, 36.0)
    np.testing.assert_allclose(flux(0.0), 1e-4 * 2 * FARADAY * (inside - outside), rtol=1e-12)
    slopes = [jax.grad(flux)(v) for v in (-1e-7, 0.0, 1e-7)]
    np.testing.assert_allclose(slopes, slopes[1], rtol=1e-6)
    assert abs(flux(nernst(inside, outside, 2, 36.0))) < 1e-9
    # far negative the channel is an ohmic pipe for the outside ion: i = P z² F² v outside / (R T)
    np.testing.assert_allclose(flux(-300.0) / flux(-200.0), 1.5, rtol=1e-4)


def test_calcium_pool_settles_where_influx_balances_removal():
    pool = CalciumPool(rest=1e-4, tau=20.0, depth=0.5)
    steady = pool.kinetics(jnp.array([-3.0])).steady[0]
    # 3 µA/cm² into 0.5 µm: 3e-6 / (2 F 0.5e-4) mol/(cm³ s) = 1e3 × that in mM/ms
    np.testing.assert_allclose(steady, 1e-4 + 20.0 * 3e-6 / (2 * FARADAY * 0.5e-4) * 1e3, rtol=1e-9)


def test_calcium_flows_in_and_out_again():
    calcium = {"ca": CalciumPool(tau=20.0, depth=0.5)}
    cell = jn.cells.intrinsically_bursting().insert("kca", jn.channels.KCa()).replace(pools=calcium)
    stimulus = jn.stimuli.inject(jn.stimuli.step(2.0, duration=20.0))
    recording = jn.simulate(cell, stimulus, duration=120.0, dt=0.05, record=("v", "ca", "cal.current"), every=4)
    ca = recording["ca"][:, 0]
    assert bool(recording.ok) and ca.min() > 0 and ca.max() > 1.5 * ca[0]
    assert ca[-1] - ca[0] < 0.2 * (ca.max() - ca[0])


def test_a_pool_that_a_channel_needs_is_asked_for():
    try:
        jn.simulate(CELL.insert("kca", jn.channels.KCa()), duration=1.0)
    except KeyError as error:
        assert "CalciumPool" in str(error)
    else:
        raise AssertionError("a missing pool went unnoticed")


def test_second_order_with_calcium_and_first_order_of_exponential_euler():
    cell = jn.cells.low_threshold_spiking().insert("kca", jn.channels.KCa()).insert("ca", CalciumPool())
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.3, start=5.0))

    def first_spike(**options):
        return float(jn.simulate(cell, stimulus, duration=30.0, **options).spike_times(max_spikes=4).times[0])

    control = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    converged = first_spike(dt=0.0125, solver=diffrax.Dopri8(), stepsize=control)
    for solver, order in ((jn.Staggered(), 2.0), (jn.ExponentialEuler(), 1.0)):
        coarse, fine = (abs(first_spike(dt=dt, solver=solver) - converged) for dt in (0.05, 0.0125))
        np.testing.assert_allclose(np.log(coarse / fine) / np.log(4.0), order, atol=0.1)


def test_the_h_current_pulls_a_hyperpolarised_cell_back():
    passive = jn.Cell({"leak": jn.channels.Leak(0.05, -65.0)}, celsius=35.5, v_init=-65.0)
    pull = jn.stimuli.step(-1.5, start=50.0)

    def sag(cell):
        v = jn.simulate(cell, pull, duration=850.0, dt=0.05, every=20, initial=jn.rest(cell)).v[:, 0]
        return float(v[-1] - v.min())

    assert sag(passive) < 1e-3 and sag(passive.insert("h", jn.channels.H())) > 3.0
    gate = jn.channels.H().gates(jnp.array([-75.0]), None)["m"]  # half open at -75 mV by Huguenard & McCormick (1992)
    np.testing.assert_allclose(gate.steady, 0.5)
