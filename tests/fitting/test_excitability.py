"""The squid axon's action potential in numbers."""

import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.fitting.quality import excitability


@pytest.fixture(scope="module")
def squid():
    return excitability(jn.cells.hodgkin_huxley(), np.array([0.0, 4.0, 10.0, 40.0]), dt=0.025)


def test_action_potential(squid):
    assert squid.rest == pytest.approx(-65.0, abs=0.05)
    assert 35.0 < squid.peak < 45.0
    v, t = np.asarray(squid.recording.v[:, 0]), np.asarray(squid.recording.t)
    assert squid.width == pytest.approx(np.sum(v > 0.5 * (squid.rest + squid.peak)) * t[1], abs=2 * t[1])
    assert squid.recording.v.max() == pytest.approx(squid.peak)


def test_threshold_separates_firing_from_silence(squid):
    settled = jn.simulate(jn.cells.hodgkin_huxley(), duration=200.0).final
    below, above = (
        jn.simulate(
            jn.cells.hodgkin_huxley(), jn.stimuli.step(squid.threshold + d, 2.0, 1.0), duration=20.0, initial=settled
        ).v.max()
        for d in (-0.1, 0.1)
    )
    assert below < 0.0 < above


def test_firing_rate_is_zero_below_rheobase_and_grows(squid):
    assert squid.rates[0] == squid.rates[1] == 0.0
    recording = jn.simulate(jn.cells.hodgkin_huxley(), jn.stimuli.step(10.0), duration=300.0)
    times = np.asarray(recording.spike_times().times)
    late = times[np.isfinite(times) & (times > 150)]
    assert squid.rates[2] == pytest.approx(1e3 / np.diff(late).mean(), rel=1e-3)
    assert squid.rates[3] > squid.rates[2]


def test_a_cell_that_cannot_fire():
    dead = excitability(jn.cells.hodgkin_huxley().set("na.g_max", 0.0), np.array([10.0]), dt=0.025)
    assert dead.threshold == np.inf and dead.rates[0] == 0.0
