"""What the sweeps of a protocol say of one another."""

import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.data import read_recording
from jaxneuro.fitting.targets import stimuli

T = np.arange(60000) * 0.05  # 3 s at 20 kHz


def current(*parts, noise, seed):
    """Levels (start, stop, nA) upon zero, and noise of an instrument [nA]."""
    level = sum(np.where((a <= T) & (b > T), x, 0.0) for a, b, x in parts)
    return level + noise * np.random.default_rng(seed).standard_normal(T.size)


def sweep(*parts, until=None, noise=0.004, seed=0):
    kept = slice(None) if until is None else until > T
    return jn.Recording(
        T[kept], {"v": np.full((T[kept].size, 1), -70.0)}, current=current(*parts, noise=noise, seed=seed)[kept]
    )


PULSE = (50.0, 150.0, -0.05)


def test_the_step_is_what_differs_between_sweeps():
    levels = (0.1, 0.05, 0.0, -0.05)
    found = stimuli([sweep(PULSE, (500.0, 1000.0, x), (1500.0, 2300.0, -0.1), seed=n) for n, x in enumerate(levels)])
    for x, one in zip(levels, found, strict=True):
        assert one.step[1:3] == pytest.approx((500.0, 1000.0), abs=1.0)
        assert one.step.change == pytest.approx(x, abs=1e-3)
        assert one.segments[1].kind == "test pulse" and (one.on, one.off) == pytest.approx((500.0, 2300.0), abs=1.0)


def test_a_sweep_at_rest_or_aborted_has_the_times_of_the_others():
    full = [sweep(PULSE, (500.0, 1500.0, x), seed=n) for n, x in enumerate((0.1, 0.15))]
    rest, within, before = stimuli(
        [*full, sweep(PULSE), sweep(PULSE, (500.0, 1500.0, 0.2), until=900.0), sweep(PULSE, until=300.0)]
    )[2:]
    assert rest.step[1:3] == pytest.approx((500.0, 1500.0), abs=1.0) and abs(rest.step.change) < 1e-3
    assert (within.step.start, within.step.stop) == pytest.approx((500.0, 900.0), abs=1.0)
    assert before.step is None and [s.kind for s in before.segments] == ["holding", "test pulse", "holding"]


def test_a_sweep_at_rest_whose_holding_has_drifted_is_at_rest():
    drifts = (-0.006, -0.002, 0.002, 0.006)
    sweeps = [sweep((0.0, 1e9, -0.05 + x), (500.0, 1500.0, 0.05 * n), noise=1e-3, seed=n) for n, x in enumerate(drifts)]
    rest = stimuli(sweeps)[0]
    assert rest.step[1:3] == pytest.approx((500.0, 1500.0), abs=1.0) and abs(rest.step.change) < 1e-3
    assert [s.kind for s in rest.segments] == ["holding"]


def test_a_step_that_is_told_overrides_what_is_found():
    (one,) = stimuli([sweep(PULSE, (500.0, 1500.0, 0.1))], step=(600.0, 900.0))
    assert (one.on, one.off) == (600.0, 900.0) == one.step[1:3]
    assert one.step.change == pytest.approx(0.1, abs=1e-3)
    with pytest.raises(ValueError, match=r"step = \(900, 600\) ms: must begin before it ends"):
        stimuli([sweep()], step=(900.0, 600.0))


@pytest.mark.parametrize(
    ("file", "numbers", "expected"),
    [("171116sh_0018.abf", [0, 2, 4, 8, 12], (146.85, 646.85)), ("171116sh_0018.abf", [12], (146.85, 646.85)),
     ("B6_*.ibw", [181, 185], (700.25, 2700.25)), ("B95_Ch3_IDRest_107.ibw", [107], (700.25, 2700.25)),
     ("allen_555060623_sweep34.npz", [0], (205.0, 1205.0))],
)  # fmt: skip
def test_real_sweeps(recordings, file, numbers, expected):
    for one in stimuli(read_recording(recordings / file, numbers)):
        assert one.step[1:3] == pytest.approx(expected, abs=0.3)
