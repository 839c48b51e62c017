"""Point neurons against closed forms and against small Runge–Kutta steps."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

LIF, QIF, ADEX = jn.cells.LIF(), jn.cells.QIF(), jn.cells.AdEx()
PATTERNS = {"regular": (0.02, 0.2, -65.0, 8.0), "chattering": (0.02, 0.2, -50.0, 2.0), "fast": (0.1, 0.2, -65.0, 2.0)}


def spikes(model, amplitude, duration=100.0, dt=0.025, start=0.0, **options):
    stimulus = jn.stimuli.step(amplitude, start=start)
    recording = jn.simulate(model, stimulus, duration=duration, dt=dt, record=("v", "spikes"), **options)
    found = recording.spike_times(max_spikes=64)
    assert bool(recording.ok) and not bool(found.overflow)
    return np.asarray(found.times[: int(found.count)])


@pytest.mark.parametrize("start", [0.0, 3.3333])
def test_lif_spikes_at_the_times_of_the_closed_form(start):
    tau, drive = 10.0, 2.0 / 0.1  # ms, mV
    first = tau * np.log(drive / (drive - 15.0))
    found = spikes(LIF, 2.0, start=start)
    expected = start + first + np.arange(len(found)) * (first + 2.0)
    assert len(found) == int((100.0 - start - first) / (first + 2.0)) + 1
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_lif_is_silent_below_rheobase_and_clamped_while_refractory():
    assert len(spikes(LIF, 1.499)) == 0
    recording = jn.simulate(LIF, jn.stimuli.step(2.0), duration=20.0, record=("v", "refractory", "spikes"))
    waiting = recording["refractory"][:, 0] > 0
    assert waiting.sum() in (79, 80) and (recording.v[waiting] == -65.0).all()


def test_lif_in_float32():
    double = spikes(LIF, 2.0)
    with jax.enable_x64(False):
        np.testing.assert_allclose(spikes(LIF, 2.0), double, atol=1e-3)


def test_qif_fires_with_the_period_of_the_closed_form():
    """tau / √i × (arctan(peak / √i) - arctan(reset / √i)), near tau π / √i."""
    expected = 10.0 / np.sqrt(2.0) * 2 * np.arctan(100.0 / np.sqrt(2.0))
    np.testing.assert_allclose(np.diff(spikes(QIF, 2.0)), expected, atol=1e-9)
    assert abs(expected - 10.0 * np.pi / np.sqrt(2.0)) < 0.3


def equations(model, current):
    """dv/dt, dw/dt and the jump of w, written out independently of the package."""
    if isinstance(model, jn.cells.Izhikevich):
        m = model
        return lambda v, w: jnp.array([0.04 * v**2 + 5 * v + 140 - w + current, m.a * (m.b * v - w)]), m.c, m.d
    m = model
    spike = lambda v: m.g_leak * m.sharpness * jnp.exp((v - m.v_threshold) / m.sharpness)
    field = lambda v, w: jnp.array([(-m.g_leak * (v - m.e_leak) + spike(v) - w + current) / m.capacitance,
                                    (m.a * (v - m.e_leak) - w) / m.tau_w])  # fmt: skip
    return field, m.v_reset, m.b


@jax.jit
def reference(model, current, duration):
    """Spike times by the classical Runge–Kutta method, in steps in which v changes by at most 0.02 mV."""
    field, bottom, jump = equations(model, current)

    def body(carry):
        t, y, times, count = carry
        k1 = field(*y)
        h = jnp.minimum(2e-3, 0.02 / jnp.abs(k1[0]))
        k2 = field(*(y + h / 2 * k1))
        k3 = field(*(y + h / 2 * k2))
        k4 = field(*(y + h * k3))
        y1 = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        fired = y1[0] >= model.v_peak
        part = jnp.where(fired, (model.v_peak - y[0]) / (y1[0] - y[0]), 1.0)
        after = jnp.where(fired, jnp.array([bottom, y[1] + part * (y1[1] - y[1]) + jump]), y1)
        return t + part * h, after, jnp.where(fired, times.at[count].set(t + part * h), times), count + fired

    state = model.initial()
    start = jnp.array([state.v[0], state.gates["adaptation"]["w"][0]])
    carry = (0.0, start, jnp.full(64, jnp.inf), 0)
    times = jax.lax.while_loop(lambda c: c[0] < duration, body, carry)[2]
    return times


MODELS = {name: (jn.cells.Izhikevich(*p), 10.0, 2e-3) for name, p in PATTERNS.items()}
MODELS["adapting"] = (ADEX, 1.0, 2e-4)
MODELS["bursting"] = (ADEX.replace(a=0.08, tau_w=20.0, v_reset=-47.0), 1.5, 5e-4)


@pytest.mark.parametrize("name", MODELS)
def test_adaptive_models_agree_with_small_runge_kutta_steps(name):
    model, current, tolerance = MODELS[name]
    expected = np.asarray(reference(model, current, 100.0))
    found = spikes(model, current)
    np.testing.assert_allclose(found, expected[np.isfinite(expected)], atol=tolerance)


@pytest.mark.parametrize("name", ["fast", "adapting"])
def test_second_order_survives_resets(name):
    model, current, _ = MODELS[name]
    expected = np.asarray(reference(model, current, 100.0))
    expected = expected[np.isfinite(expected)]
    steps = [0.1, 0.05, 0.025]
    errors = [np.abs(spikes(model, current, dt=dt) - expected).max() for dt in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] > 1.8


def test_firing_patterns():
    adapting = np.diff(spikes(ADEX, 1.0, 200.0, dt=0.1))
    assert (np.diff(adapting) > 0).all()  # intervals grow
    fast = np.diff(spikes(jn.cells.Izhikevich(*PATTERNS["fast"]), 10.0, dt=0.1))
    assert fast[1:].max() / fast[1:].min() < 1.6
    bursts = np.diff(spikes(jn.cells.Izhikevich(*PATTERNS["chattering"]), 10.0, dt=0.1))
    assert bursts.max() > 5 * bursts.min()


def test_gradients_of_a_spike_time_go_through_resets():
    def second(current, jump, start):
        model, stimulus = ADEX.set("b", jump), jn.stimuli.step(current, start=start)
        recording = jn.simulate(model, stimulus, duration=32.0, dt=0.05, record="spikes")
        return recording.spike_times(max_spikes=4).times[1]

    at = (1.0, 0.08, 1.013)
    both = jax.jit(jax.value_and_grad(second, argnums=(0, 1, 2)))
    gradient = both(*at)[1]
    for i, h in enumerate((1e-4, 1e-4, 1e-4)):
        up, down = [both(*(x + (i == j) * sign * h for j, x in enumerate(at)))[0] for sign in (1, -1)]
        np.testing.assert_allclose(gradient[i], (up - down) / (2 * h), rtol=2e-3)


def test_vmap_over_point_neurons():
    currents = jnp.array([1.6, 2.0, 3.0])
    found = jax.vmap(lambda i: jn.simulate(LIF, jn.stimuli.step(i), duration=50.0, record="spikes").spike_times().count)
    assert found(currents).tolist() == [len(spikes(LIF, float(i), 50.0)) for i in currents]


def test_adaptive_steps_are_refused_because_they_would_skip_resets():
    with pytest.raises(ValueError, match="reset"):
        jn.simulate(LIF, duration=1.0, solver=diffrax.Tsit5(), stepsize=diffrax.PIDController(rtol=1e-6, atol=1e-6))


@pytest.mark.parametrize("model, amplitude", [(LIF, 2.0), (ADEX, 1.0), (QIF, 1.0), (jn.cells.Izhikevich(), 10.0)])
def test_every_method_finds_the_same_spikes(model, amplitude):
    """That which takes the model's own step, and those that know none."""
    found = spikes(model, amplitude)
    assert len(found) > 1
    for solver, tolerance in ((jn.ExponentialEuler(), 0.05), (jn.Strang(), 1e-9), (diffrax.Heun(), 0.4)):
        np.testing.assert_allclose(spikes(model, amplitude, solver=solver), found, atol=tolerance)


@pytest.mark.parametrize("cut", [13.8, 13.9, 14.5, 20.0])
def test_a_run_goes_on_with_another_method_and_back(cut):
    """No spike is lost or doubled, and no refractory period, around the one at 13.86 ms."""
    expected, begun, state, found = spikes(LIF, 2.0, duration=cut + 40.0), 0.0, None, []
    for duration, solver in ((cut, None), (20.0, diffrax.Heun()), (20.0, None)):
        run = jn.simulate(
            LIF, jn.stimuli.step(2.0), duration=duration, dt=0.1, solver=solver, initial=state, record=("spikes",)
        )
        times = run["spikes"][jnp.isfinite(run["spikes"])]
        found, begun, state = [*found, *(begun + times)], begun + duration, run.final
    np.testing.assert_allclose(found, expected, atol=5e-3)
    assert float(state.refractory[0]) == 0.0


def test_a_solver_without_resets_of_its_own_waits_as_long():
    run = jn.simulate(LIF.replace(v_init=-40.0, refractory=3.0), jn.stimuli.step(3.0), duration=12.0, dt=0.1,
                      solver=diffrax.Heun(), record=("v", "spikes", "refractory"))  # fmt: skip
    assert float(run["spikes"][1, 0]) == 0.0
    waiting = run["refractory"][1:, 0] > 1e-9
    assert waiting[:29].all() and not waiting[30:90].any() and (run.v[1:][waiting] == -65.0).all()
