"""What a target makes of sweeps: each its own window, and no spike left out in silence."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.fitting.losses import _mean_square_root
from jaxneuro.fitting.targets import target

DT = 0.1
T = np.arange(20001) * DT  # 2 s
ON, OFF = 700.0, 1700.0


def sweep(spikes=(), until=2000.0, since=0.0, noise=0.004, amplitude=0.1, seed=0):
    v = -70.0 + np.where((ON <= T) & (T < OFF), 15.0, 0.0)
    v = v + sum(80.0 * np.exp(-(((T - at) / 0.6) ** 2)) for at in spikes)
    current = np.where((ON <= T) & (T < OFF), amplitude, 0.0) + noise * np.random.default_rng(seed).standard_normal(
        T.size
    )
    kept = (since <= T) & (until >= T)
    return jn.Recording(
        jnp.asarray(T[kept]), {"v": jnp.asarray(v[kept, None])}, current=jnp.asarray(current[kept]), name="s"
    )


TWENTY = np.arange(720.0, 1680.0, 48.0)


def used(goal):
    return np.asarray(goal.features.fired).sum(1).tolist()


def test_a_sweep_that_ended_early_leaves_the_others_as_they_are():
    goal = target([sweep(TWENTY), sweep(TWENTY[:12], seed=1), sweep(until=300.0)], dt=DT)
    assert used(goal) == [20, 12, 0] and goal.unused.tolist() == [0, 0, 0]
    np.testing.assert_allclose(goal.start, [600.0, 600.0, 0.0], atol=1.0)
    np.testing.assert_allclose(goal.frame.onset[:2], 100.0, atol=1.0)
    np.testing.assert_allclose(goal.frame.last, [1200.0, 1200.0, 300.0], atol=1.0)
    assert goal.v.shape[1] == pytest.approx(12001, abs=10)
    np.testing.assert_allclose(goal.v[2], -70.0)


def test_a_sweep_cut_at_the_onset_uses_all_its_spikes():
    goal = target([sweep(TWENTY[:12], since=ON, noise=0.0)], dt=DT)
    assert used(goal) == [12] and float(goal.frame.onset[0]) == pytest.approx(0.0, abs=1.0)


def test_spikes_that_are_not_used_are_counted_and_none_at_all_is_said():
    early = [30.0, 60.0, 90.0]
    assert target([sweep([*early, *TWENTY])], dt=DT).unused.tolist() == [3]
    with pytest.warns(UserWarning, match="none of its 3 spikes is used, its stimulus was found from 700 to"):
        target([sweep(early, noise=0.0)], dt=DT)
    told = target([sweep([*early, *TWENTY])], step=(1000.0, 1300.0), dt=DT)
    assert used(told) == [sum(1000 <= s < 1320 for s in TWENTY)] and float(told.start[0]) == 900.0


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"level": 60.0}, "no spike reaches level = 60 mV; without it 20 are found, with peaks up to 25 mV.*--level"),
        ({"step": (0.7, 1.7)}, "stimulus was told from 0.7 to 1.7 ms: times are in ms"),
        ({"window": (0.0, 500.0)}, "holds nothing of the stimulus, which is on from 700 to 1700 ms"),
    ],
)
def test_what_leaves_all_spikes_out_is_said(said, message):
    with pytest.warns(UserWarning, match=message):
        target([sweep(TWENTY, noise=0.0)], **{"dt": DT} | said)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"dt": 1.0}, r"dt = 1 ms \(--dt\): it must be from 0.001 to 0.1"),
        ({"dt": 1e-6}, "0.02 is a good start"),
        ({"level": np.nan}, "level = nan mV"),
        ({"window": (0.65, 1.65)}, "lasts 1 ms, too short to fit a cell to .*give its times in ms"),
    ],
)
def test_numbers_that_no_fit_can_use_are_refused(said, message):
    with pytest.raises(ValueError, match=message):
        target([sweep(TWENTY)], **{"dt": DT} | said)


def test_a_window_ends_where_a_sweep_ends():
    goal = target([sweep(TWENTY), sweep(TWENTY, until=1200.0)], window=(650.0, 1650.0), dt=DT)
    assert used(goal) == [sum(s < 1650 for s in TWENTY), sum(s < 1200 for s in TWENTY)]
    with pytest.raises(ValueError, match="leave that sweep out"):
        target([sweep(TWENTY), sweep(until=300.0)], window=(650.0, 1650.0), dt=DT)
    with pytest.raises(ValueError, match="must begin before it ends"):
        target([sweep(TWENTY)], window=(650.0, 2650.0), dt=DT)


def test_losses_of_voltages_end_where_a_sweep_ends():
    goal = target([sweep(TWENTY), sweep(until=300.0)], dt=DT)
    times = jnp.arange(goal.v.shape[1]) * DT
    gap = jnp.where(times > goal.frame.last[:, None] + DT, 1e6, 2.0)
    assert jnp.sum(_mean_square_root(gap, times, goal) ** 2) == pytest.approx(4.0)
