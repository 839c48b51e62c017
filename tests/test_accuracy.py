"""Accuracy of the solvers against a converged solution (tests/reference/make_squid.py), and what must not change it."""

from pathlib import Path

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

FOLDER = Path(__file__).parent / "reference"
REFERENCE = np.load(FOLDER / "squid.npz")
DURATION = float(REFERENCE["duration"])
SQUID = jn.cells.hodgkin_huxley()
STEP = jn.stimuli.step(10.0, start=5.0)


def spikes(recording: jn.Recording, count: int = 7) -> np.ndarray:
    found = recording.spike_times(max_spikes=16)
    assert int(found.count) == count and bool(recording.ok)
    return np.asarray(found.times[:count])


def error(dt: float, onset: str = "onset", **options) -> np.ndarray:
    """Spike-time errors [ms] of a fixed-step run."""
    stimulus = jn.stimuli.step(float(REFERENCE["amplitude"]), start=float(REFERENCE[onset]))
    expected = REFERENCE["spikes" if onset == "onset" else "spikes_off_grid"]
    return spikes(jn.simulate(SQUID, stimulus, duration=DURATION, dt=dt, **options)) - expected


def test_default_solver_is_within_20_microseconds_at_every_spike():
    assert np.abs(error(0.025)).max() < 0.02


@pytest.mark.parametrize("onset", ["onset", "onset_off_grid"])
def test_second_order_also_when_the_stimulus_begins_between_grid_points(onset):
    steps = [0.05, 0.025, 0.0125, 0.00625]
    errors = [np.abs(error(dt, onset)).max() for dt in steps]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 1.9 < order < 2.3


def test_adapting_cell_converges_to_other_peoples_equations():
    reference = np.load(FOLDER / "regular_spiking.npz")
    stimulus = jn.stimuli.step(float(reference["amplitude"]), start=float(reference["onset"]))

    def run(dt: float) -> np.ndarray:
        recording = jn.simulate(jn.cells.regular_spiking(), stimulus, duration=float(reference["duration"]), dt=dt)
        return spikes(recording, count=4)

    coarse, fine = run(0.025) - reference["spikes"], run(0.0125) - reference["spikes"]
    assert np.all(np.log2(coarse / fine) > 1.9)
    # its slow M-current amplifies every error from spike to spike: the limit of the two is what must be right
    assert np.abs((4 * fine - coarse) / 3).max() < 0.01


def test_adaptive_solver_reaches_its_tolerance():
    control = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    recording = jn.simulate(SQUID, STEP, duration=DURATION, solver=diffrax.Dopri8(), stepsize=control)
    assert np.abs(spikes(recording) - REFERENCE["spikes"]).max() < 1e-6
    # 0.1 mV/µs is the steepest slope: a microsecond's worth of it is the most that the voltage may differ by
    np.testing.assert_allclose(recording.v[::4, 0], REFERENCE["v"], atol=1e-4)


def test_any_diffrax_solver_under_the_fixed_driver_keeps_its_order():
    errors = [np.abs(error(dt, solver=diffrax.Midpoint())).max() for dt in (0.025, 0.0125)]
    assert 1.9 < np.log2(errors[0] / errors[1]) < 2.2


def test_float32_agrees_with_float64():
    double = error(0.025)
    with jax.enable_x64(False):
        recording = jn.simulate(SQUID, STEP, duration=DURATION)
        assert recording.v.dtype == jnp.float32
        single = spikes(recording) - REFERENCE["spikes"]
    assert np.abs(single - double).max() < 0.01


def test_recording_less_changes_nothing():
    options = {"duration": 20.0, "dt": 0.025}
    full = jn.simulate(SQUID, STEP, record=("v", "na.m", "k.current", "stimulus"), **options)
    voltage = jn.simulate(SQUID, STEP, **options)
    np.testing.assert_allclose(voltage.v, full.v, rtol=1e-12)
    thinned = jn.simulate(SQUID, STEP, record=("v", "na.m"), every=8, **options)
    np.testing.assert_allclose(thinned.t, full.t[::8], rtol=1e-12)
    for name in ("v", "na.m"):
        np.testing.assert_allclose(thinned[name], full[name][::8], rtol=1e-10)


def test_continuing_from_the_final_state_equals_running_through():
    whole = jn.simulate(SQUID, jn.stimuli.step(10.0), duration=20.0)
    half = jn.simulate(SQUID, jn.stimuli.step(10.0), duration=10.0)
    rest = jn.simulate(SQUID, jn.stimuli.step(10.0), duration=10.0, initial=half.final)
    # the gates of a final state are those of the full step, so that the halves agree to the order of the method
    np.testing.assert_allclose(rest.v[:, 0], whole.v[400:, 0], atol=0.05)


def test_vmap_equals_loop():
    conductances, amplitudes = jnp.array([90.0, 120.0, 150.0]), jnp.array([7.0, 10.0, 20.0])

    def run(g_max, amplitude):
        return jn.simulate(SQUID.set("na.g_max", g_max), jn.stimuli.step(amplitude, start=5.0), duration=20.0).v

    looped = jnp.stack([run(g, a) for g, a in zip(conductances, amplitudes, strict=True)])
    np.testing.assert_allclose(jax.vmap(run)(conductances, amplitudes), looped, rtol=1e-9, atol=1e-9)


class Counted(jn.Channel):
    """A leak that counts how often it is traced."""

    g_max: float = 0.3
    traces = 0

    def current(self, v, gates, env):
        Counted.traces += 1
        return self.g_max * (v + 65.0)


def test_new_parameters_do_not_trace_again():
    cell = jn.Cell({"leak": Counted()})
    jn.simulate(cell, jn.stimuli.step(1.0), duration=1.0)
    traced = Counted.traces
    assert traced > 0
    for g_max in (0.1, 0.2, jnp.linspace(0.0, 1.0, 3)[1], np.float64(0.5)):
        jn.simulate(cell.set("leak.g_max", g_max), jn.stimuli.step(g_max, start=0.3), duration=1.0)
    assert Counted.traces == traced
