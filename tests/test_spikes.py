"""One detector for every room: what is a spike, what is none, and when it is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.crossings import find_spikes

T = np.arange(20001) * 0.05  # ms


def trace(base, peaks, tops, noise=0.0, width=0.5):
    """Spikes from one base, Gaussian in time, with recording noise (time,) [mV]."""
    v = base + sum((top - base) * np.exp(-(((T - at) / width) ** 2)) for at, top in zip(peaks, tops, strict=True))
    return v + noise * np.random.default_rng(0).standard_normal(T.size)


def held(v, start, stop, level, noise):
    """The trace with a plateau [mV]."""
    on = (start <= T) & (stop > T)
    return np.where(on, level + noise * np.random.default_rng(1).standard_normal(T.size), v)


TEN, TWENTY = np.arange(30.0, 330.0, 30.0), np.arange(40.0, 940.0, 45.0)
QUIET = np.full(T.size, -65.0)
CASES = {
    "block after ten spikes": (held(trace(-60.0, TEN, [30.0] * 10, 0.3), 340.0, 900.0, -11.0, 1.0), 10),
    "block that the trace ends in": (held(trace(-60.0, TEN, [30.0] * 10, 0.3), 340.0, 2000.0, -11.0, 1.0), 10),
    "block above 0 mV": (held(trace(-60.0, TEN, [30.0] * 10, 0.3), 340.0, 2000.0, 3.0, 1.0), 10),
    "plateau": (held(QUIET, 300.0, 800.0, -20.0, 0.5), 0),
    "plateau at 0 mV": (held(QUIET, 300.0, 800.0, 0.0, 0.5), 0),
    "noisy plateau": (held(QUIET, 300.0, 800.0, -20.0, 2.0), 0),
    "peaks at -15": (trace(-60.0, TWENTY, [-15.0] * 20, 0.3), 20),
    "peaks at -25": (trace(-65.0, TEN[:6], [-25.0] * 6, 0.5), 6),
    "peaks that fall from 30 to -25": (trace(-60.0, TWENTY, np.linspace(30.0, -25.0, 20), 0.3), 20),
    "troughs at -17": (trace(-17.0, np.arange(100.0, 130.0) * 3, [25.0] * 30, 0.3), 30),
    "broad, 20 ms at 0 mV": (trace(-60.0, [200.0, 500.0], [20.0] * 2, 0.3, 17.0), 2),
    "hyperpolarising pulses": (trace(-65.0, TWENTY, [-110.0] * 20, 0.3, 10.0), 0),
    "synaptic potentials": (trace(-65.0, TWENTY, [-45.0] * 20, 0.3, 5.0), 0),
    "a tail that does not fall": (np.where(T > 900.0, 20.0, trace(-60.0, TEN, [30.0] * 10)), 10),
    "begins above": (np.where(T < 10.0, 20.0, trace(-60.0, TEN, [30.0] * 10)), 10),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_spike_is(name):
    v, count = CASES[name]
    assert find_spikes(jnp.asarray(T), v).count == count


def test_a_named_level_must_be_reached_and_times_the_spike():
    v = trace(-60.0, TWENTY, np.linspace(30.0, -25.0, 20))
    recording = jn.Recording(jnp.asarray(T), {"v": jnp.asarray(v)[:, None]})
    for level in (-10.0, -20.0, 0.0):
        found = recording.spike_times(level)
        assert found.count == np.sum(np.linspace(30.0, -25.0, 20) >= level)
        np.testing.assert_allclose(np.interp(found.times[0], T, v), level, atol=0.5)
    assert recording.spike_times(threshold=0.0).count == recording.spike_times(0.0).count
    assert recording.spike_times(height=60.0).count < 20


def test_spikes_are_timed_at_0_mv_and_else_below_their_peak():
    high, low = (find_spikes(jnp.asarray(T), trace(-60.0, TEN, [top] * 10)) for top in (30.0, -20.0))
    rise = lambda level, top: -0.5 * np.sqrt(np.log((top + 60.0) / (level + 60.0)))
    np.testing.assert_allclose(high.times[:10], TEN + rise(0.0, 30.0), atol=1e-4)
    np.testing.assert_allclose(low.times[:10], TEN + rise(-30.0, -20.0), atol=1e-4)
    np.testing.assert_allclose(T[np.asarray(high.peaks[:10])], TEN)
    assert np.all(np.isinf(high.times[10:]))


def test_more_spikes_than_the_array_holds_are_counted():
    found = find_spikes(jnp.asarray(T), trace(-60.0, TWENTY, [30.0] * 20), size=8)
    assert found.count == 20 and np.isfinite(found.times).all()
    np.testing.assert_allclose(found.times, find_spikes(jnp.asarray(T), trace(-60.0, TWENTY, [30.0] * 20)).times[:8])


@pytest.mark.parametrize("top", [30.0, -20.0])
def test_derivative_of_a_spike_time_and_vmap_and_float32(top):
    base = jnp.asarray(trace(-60.0, TEN[:3], [1.0] * 3) + 60.0) / 61.0

    def last(scale):
        return find_spikes(jnp.asarray(T), -60.0 + scale * base).times[2]

    at = top + 60.0
    slope = float((last(at + 1e-4) - last(at - 1e-4)) / 2e-4)
    assert jax.grad(last)(at) == pytest.approx(slope, rel=1e-5)
    assert jax.jvp(last, (at,), (1.0,))[1] == pytest.approx(slope, rel=1e-5)
    many = jax.vmap(last)(jnp.array([at, at + 5.0]))
    np.testing.assert_allclose(many, [last(at), last(at + 5.0)], rtol=1e-12)
    with jax.enable_x64(False):
        assert find_spikes(jnp.asarray(T), -60.0 + at * base).times[2] == pytest.approx(float(last(at)), abs=1e-3)


def test_spikes_recorded_as_they_happen_are_those_of_the_voltage():
    cell, stimulus = jn.cells.hodgkin_huxley(), jn.stimuli.step(10.0, start=5.0)
    run = jn.simulate(cell, stimulus, duration=60.0, record=("v", "spikes"))
    online, later = run.spike_times(), run.replace(values={"v": run.v}).spike_times()
    assert online.count == later.count == 4
    np.testing.assert_allclose(online.times[:4], later.times[:4], atol=2e-3)
