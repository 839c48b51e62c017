"""Gradients against finite differences in float64, and float32 against float64."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

SQUID = jn.cells.hodgkin_huxley()
# conductances, kinetics (temperature scales every rate) and stimulus; an onset on the grid and an end off it
AT = {"na.g_max": 120.0, "k.g_max": 36.0, "leak.e": -54.387, "capacitance": 1.0, "celsius": 7.0,
      "amplitude": 12.0, "start": 2.0, "duration": 16.006}  # fmt: skip


def run(parameters: dict) -> jn.Recording:
    cell = SQUID
    for path in ("na.g_max", "k.g_max", "leak.e", "capacitance", "celsius"):
        cell = cell.set(path, parameters[path])
    stimulus = jn.stimuli.step(parameters["amplitude"], parameters["start"], parameters["duration"])
    return jn.simulate(cell, stimulus, duration=20.0)


def voltage_loss(parameters: dict) -> jax.Array:
    return jnp.mean((run(parameters).v + 60.0) ** 2)


def spike_time_loss(parameters: dict) -> jax.Array:
    spikes = run(parameters).spike_times(max_spikes=4)
    return jnp.sum(jnp.where(spikes.mask, spikes.times, 0.0) ** 2)


def finite_differences(function, at: dict, relative: float = 1e-4) -> dict:
    """Central differences, extrapolated to fourth order."""

    def central(name: str, h: float) -> float:
        return (function({**at, name: at[name] + h}) - function({**at, name: at[name] - h})) / (2 * h)

    steps = {name: relative * max(abs(value), 1.0) for name, value in at.items()}
    return {name: (4 * central(name, h / 2) - central(name, h)) / 3 for name, h in steps.items()}


def check_derivatives(loss, at: dict) -> None:
    both = jax.jit(jax.value_and_grad(loss))  # serves the differences too: compiling is what takes the time
    reverse, forward = both(at)[1], jax.jit(jax.jacfwd(loss))(at)
    expected = finite_differences(lambda x: both(x)[0], at)
    for name in at:
        np.testing.assert_allclose(reverse[name], expected[name], rtol=1e-5, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(forward[name], reverse[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("loss", [voltage_loss, spike_time_loss])
def test_reverse_and_forward_mode_equal_finite_differences(loss):
    check_derivatives(loss, AT)


RESTING = {"na.g_max": 120.0, "k.g_max": 36.0, "leak.e": -54.387, "celsius": 7.0, "current": 1.0}


def resting_potential(parameters: dict) -> jax.Array:
    cell = SQUID
    for path in ("na.g_max", "k.g_max", "leak.e", "celsius"):
        cell = cell.set(path, parameters[path])
    return jn.rest(cell, parameters["current"]).v[0]


def simulation_from_rest(parameters: dict) -> jax.Array:
    cell = SQUID.set("k.g_max", parameters["k.g_max"])
    recording = jn.simulate(cell, jn.stimuli.step(12.0, start=1.0), duration=10.0, initial=jn.rest(cell))
    return recording.spike_times(max_spikes=1).times[0]


@pytest.mark.parametrize(
    ("loss", "at"), [(resting_potential, RESTING), (simulation_from_rest, {"k.g_max": RESTING["k.g_max"]})]
)
def test_rest_is_differentiated_exactly_in_both_modes(loss, at):
    check_derivatives(loss, at)


def test_adaptive_solver_gives_the_same_gradient():
    def spike_time(g_max, **options):
        recording = jn.simulate(SQUID.set("na.g_max", g_max), jn.stimuli.step(12.0), duration=5.0, **options)
        return recording.spike_times(max_spikes=2).times[0]

    control = diffrax.PIDController(rtol=1e-8, atol=1e-8)
    adaptive = jax.grad(spike_time)(120.0, solver=diffrax.Tsit5(), stepsize=control)
    fixed = jax.grad(spike_time)(120.0, dt=0.0025)
    np.testing.assert_allclose(adaptive, fixed, rtol=1e-3)  # the fixed method's own error at this step


def test_thinned_record_has_the_gradient_of_the_full_one():
    def late_voltage(g_max, every):
        return jn.simulate(SQUID.set("k.g_max", g_max), jn.stimuli.step(9.0), duration=10.0, every=every).v[-1, 0]

    np.testing.assert_allclose(jax.grad(late_voltage)(36.0, 20), jax.grad(late_voltage)(36.0, 1), rtol=1e-9)


def population_gradients(conductances: np.ndarray) -> jax.Array:
    """Gradient of each cell's mean squared voltage over 100 ms by its three conductances."""

    def loss(g):
        cell = SQUID.set("na.g_max", g[0]).set("k.g_max", g[1]).set("leak.g_max", g[2])
        return jnp.mean(jn.simulate(cell, jn.stimuli.step(10.0, start=5.0), duration=100.0).v ** 2)

    return jax.jit(jax.vmap(jax.grad(loss)))(jnp.asarray(conductances, float))


def test_float32_gradients_of_1000_cells_over_100_ms_agree_with_float64():
    spread = np.random.default_rng(0).uniform(0.8, 1.2, (1000, 3))  # from silent cells through rheobase to fast firing
    double = np.asarray(population_gradients(np.array([120.0, 36.0, 0.3]) * spread))
    with jax.enable_x64(False):
        single = population_gradients(np.array([120.0, 36.0, 0.3]) * spread)
    assert single.dtype == jnp.float32 and np.isfinite(single).all()
    np.testing.assert_allclose(single.sum(axis=0), double.sum(axis=0), rtol=0.02)
    assert np.linalg.norm(single - double) < 0.05 * np.linalg.norm(double)  # cell by cell; measured 0.02
    apart = np.linalg.norm(single - double, axis=1) / np.linalg.norm(double, axis=1)
    assert np.mean(apart < 0.02) > 0.98  # a cell within rounding of rheobase fires or not: its own derivative is lost
