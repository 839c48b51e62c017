"""Where the stimulus is: commands and noisy recordings of them, whole and cut."""

import numpy as np
import pytest

from jaxneuro.fitting.targets import main_segment, segments

DT = 0.05
T = np.arange(60000) * DT  # 3 s at 20 kHz


def current(*parts, noise=0.0, seed=0, t=T):
    """Levels (start, stop, nA) upon zero, and noise of an instrument [nA]."""
    level = sum(np.where((t >= a) & (t < b), x, 0.0) for a, b, x in parts)
    return level + noise * np.random.default_rng(seed).standard_normal(t.size)


def wandering(sd, tau, seed=3):
    """An Ornstein–Uhlenbeck process (time,) [nA]."""
    from scipy.signal import lfilter

    decay = np.exp(-DT / tau)
    drive = np.random.default_rng(seed).standard_normal(T.size) * sd * np.sqrt(1 - decay**2)
    return lfilter([1.0], [1.0, -decay], drive)


def kinds(i, t=T, **options):
    return [(s.kind, s.start, s.stop) for s in segments(t, i, **options)]


def near(found, expected, within):
    assert [k for k, *_ in found] == [k for k, *_ in expected]
    for (_, a, b), (_, start, stop) in zip(found, expected, strict=True):
        assert abs(a - start) <= within and abs(b - stop) <= within


STEP = [("holding", 0.0, 500.0), ("step", 500.0, 1500.0), ("holding", 1500.0, T[-1])]


@pytest.mark.parametrize("amplitude", [0.03, 0.1, -0.05, 0.3])
@pytest.mark.parametrize("noise", [0.0, 0.003, 0.005])
def test_a_step_is_found_in_command_and_recording(amplitude, noise):
    found = segments(T, current((500.0, 1500.0, amplitude), noise=noise))
    near([s[:3] for s in found], STEP, 0.0 if noise == 0 else 1.0)
    assert found[1].change == pytest.approx(amplitude, abs=5e-4)
    assert found[1].deviation == pytest.approx(noise, rel=0.05, abs=1e-9)


def test_a_current_that_is_held_counts_from_there():
    found = segments(T, -0.08 + current((500.0, 1500.0, 0.1), noise=0.004))
    near([s[:3] for s in found], STEP, 1.0)
    assert found[0].level == pytest.approx(-0.08, abs=1e-3) and found[1].change == pytest.approx(0.1, abs=1e-3)


def test_a_sweep_cut_at_the_onset_or_before_the_end_of_its_step():
    i = current((500.0, 1500.0, 0.1), noise=0.004)
    late, early = T >= 500.0, T < 1200.0
    near(kinds(i[late], T[late]), [("step", 500.0, 1500.0), ("holding", 1500.0, T[-1])], 1.0)
    near(kinds(i[early], T[early]), [("holding", 0.0, 500.0), ("step", 500.0, 1199.95)], 1.0)
    within = (T >= 500.0) & (T < 1500.0)
    near(kinds(i[within], T[within], holding=0.0), [("step", 500.0, 1499.95)], 1.0)


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_test_pulses_and_two_steps(noise):
    i = current((50.0, 150.0, -0.02), (500.0, 1500.0, 0.1), noise=noise)
    near(kinds(i), [("holding", 0.0, 50.0), ("test pulse", 50.0, 150.0), ("holding", 150.0, 500.0), *STEP[1:]], 2.0)
    two = segments(T, current((200.0, 700.0, 0.1), (1200.0, 2200.0, 0.2), noise=noise))
    assert [s.kind for s in two] == ["holding", "step", "holding", "step", "holding"]
    assert main_segment(two).start == pytest.approx(1200.0, abs=1.0)
    stairs = segments(T, current((200.0, 700.0, 0.1), (700.0, 1200.0, 0.15), noise=noise))
    assert [s.kind for s in stairs] == ["holding", "step", "step", "holding"]


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_ramps_and_noise_and_nothing(noise):
    rise = np.clip((T - 500.0) / 1000.0, 0.0, 1.0) * 0.2 * (T < 1500.0)
    found = segments(T, rise + current(noise=noise))
    near([s[:3] for s in found], [("holding", 0, 500), ("ramp", 500, 1500), ("holding", 1500, T[-1])], 15.0)
    assert found[1].slope == pytest.approx(2e-4, rel=0.05)
    inside = (T >= 500.0) & (T < 2500.0)
    for stimulus in (wandering(0.03, 3.0), 0.05 * np.random.default_rng(5).standard_normal(15000).repeat(4)):
        i = np.where(inside, 0.05 + stimulus, 0.0) + current(noise=noise)
        near(kinds(i), [("holding", 0, 500), ("noise", 500, 2500), ("holding", 2500, T[-1])], 30.0)
    assert [s.kind for s in segments(T, 0.05 + wandering(0.03, 3.0) + current(noise=noise))] == ["noise"]
    assert [s.kind for s in segments(T, current(noise=noise))] == ["holding"]


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_a_curve_is_one_segment_and_stairs_and_slopes_are_not(noise):
    since, inside = T - 500.0, (T >= 500.0) & (T < 2500.0)
    for phase in (5e-3 * since, (1.0 + 10.0 * since / 2000.0) * since * 1e-3):  # a sine of 5 Hz and a chirp
        i = np.where(inside, 0.05 * np.sin(2 * np.pi * phase), 0.0) + current(noise=noise)
        near(kinds(i), [("holding", 0, 500), ("noise", 500, 2500), ("holding", 2500, T[-1])], 5.0)
    stairs = current(*((500.0 + 400.0 * n, 900.0 + 400.0 * n, 0.03 * (n + 1)) for n in range(5)), noise=noise)
    assert [s.kind for s in segments(T, stairs)] == ["holding", *["step"] * 5, "holding"]
    hill = np.interp(T, [500.0, 900.0, 1500.0, 1900.0], [0.0, 0.2, 0.2, 0.0]) + current(noise=noise)
    assert [s.kind for s in segments(T, hill)] == ["holding", "ramp", "step", "ramp", "holding"]


def test_an_instrument_that_settles_and_pulses_that_are_short():
    since = np.maximum(T - 500.0, 0.0)
    lag = 1 - np.exp(-since / 0.3)
    i = np.where((T >= 500.0) & (T < 1500.0), 0.1 * lag + 0.3 * np.exp(-since / 0.2), 0.0)
    near(kinds(i + current(noise=0.003)), STEP, 1.5)
    train = segments(T, current(*((a, a + 5.0, 1.0) for a in np.arange(500.0, 1000.0, 50.0)), noise=0.004))
    assert [s.kind for s in train] == ["holding", *["step", "holding"] * 10]
    assert main_segment(train).start == pytest.approx(500.0, abs=0.5)
