"""Spikes and a track become a rate map: counted by hand, as opexebo counts, and without what was not tracked."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import navigation as nav
from jaxneuro.navigation.scores import rate_map, spike_map

UNIT = ((0, 0), (1, 1))


def walked(seconds: float = 200.0, dt: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Times and places of a walk in a box of 1 m."""
    steps = 0.15 * dt * np.random.default_rng(0).normal(size=(round(seconds / dt), 2)) / np.sqrt(dt)
    return dt * np.arange(len(steps)), 0.5 + 0.5 * np.sin(np.cumsum(steps, 0))


def test_a_map_counted_by_hand():
    track = jn.data.regular_track(10 + np.arange(5) * 0.5, [[0.1, 0.1], [0.3, 0.1], [0.7, 0.1], [0.9, 0.9], [0.9, 0.9]])
    spikes = [
        9.0,
        10.1,
        10.6,
        10.9,
        11.2,
        11.5,
        11.7,
        12.0,
        13.0,
    ]  # at x = 0.14, 0.38, 0.62, 0.78 (y 0.42), 0.9, 0.9, 0.9
    rates = spike_map(track, spikes, UNIT, 2)
    np.testing.assert_allclose(rates, [[2 / 1.0, 2 / 0.5], [np.nan, 3 / 1.0]])


def test_what_was_not_tracked_does_not_count():
    places = np.array([[0.1, 0.1], [0.1, 0.3], [np.nan] * 2, [np.nan] * 2, [0.9, 0.9], [0.9, 0.7]])
    track = jn.data.regular_track(0.5 * np.arange(6), places)
    rates = np.asarray(spike_map(track, [0.5, 0.7, 1.2, 1.9, 2.0, 2.2], UNIT, 3))
    want = np.full((3, 3), np.nan)
    want[0, 0], want[2, 2] = 1 / 1.0, 2 / 1.0
    np.testing.assert_allclose(rates, want)
    path = nav.path_of(track.position, track.dt, mask=track.mask)
    np.testing.assert_allclose(spike_map(path, [0.5, 0.7, 1.2, 1.9, 2.0, 2.2], UNIT, 3), want)
    np.testing.assert_allclose(nav.occupancy(path, nav.square(1.0), 3)[[0, 2], [0, 2]], 0.5)
    np.testing.assert_allclose(rate_map(places, np.ones(6), UNIT, 3, weight=track.mask)[[0, 2], [0, 2]], 1.0)
    gap = rate_map(track.position, np.ones(6), UNIT, 3, weight=track.mask)
    assert np.isfinite(gap).sum() == 2  # nobody was seen in between


def test_statistics_leave_out_what_was_not_tracked():
    angle = 0.5 * 0.1 * np.arange(200)
    circle = 0.5 + 0.3 * np.stack([np.cos(angle), np.sin(angle)], -1)
    jumps = circle.copy()
    jumps[80:90] = [0.01, 0.01]
    mask = np.ones(200, bool)
    mask[80:90] = False
    of = lambda places, mask=None: nav.motion_statistics(
        nav.path_of(places, 0.1, mask=mask), nav.square(1.0), smoothing=0.0
    )
    masked, whole = of(jumps, mask), of(circle)
    for name in ("speed", "turning_median"):
        np.testing.assert_allclose(getattr(masked, name), getattr(whole, name), rtol=0.01)
    near = np.abs(circle[mask] - 0.5).max(-1)[:, None] > 0.5 - np.array([0.05, 0.1, 0.2])
    np.testing.assert_allclose(masked.near_wall, near.mean(0), rtol=1e-6)
    assert of(jumps).near_wall[0] > 0 and masked.speed_spread < 0.01


def test_rates_are_those_that_opexebo_counts():
    opexebo = pytest.importorskip("opexebo")
    t, places = walked()
    spikes = np.sort(np.random.default_rng(1).uniform(0, t[-1], 4000))
    where = np.stack([np.interp(spikes, t, along) for along in places.T])
    options = {"arena_shape": "square", "arena_size": 1.0, "bin_number": 10, "limits": (0, 1, 0, 1)}
    time = opexebo.analysis.spatial_occupancy(t, places.T, **options)[0]
    theirs = opexebo.analysis.rate_map(time, np.vstack([spikes, where]), **options)
    ours = spike_map(jn.data.regular_track(t, places), spikes, UNIT, 10)
    np.testing.assert_allclose(ours, np.ma.filled(theirs, np.nan), rtol=1e-6)


def test_many_units_in_one_map_and_float32():
    t, places = walked(40.0)
    track = jn.data.regular_track(t, places)
    few, many = np.array([1.0, 2.0, 3.5]), np.arange(1.0, 30.0, 0.5)
    padded = np.full((2, many.size), np.nan)
    padded[0, :3], padded[1] = few, many
    both = spike_map(track, padded, UNIT, 5, smoothing=1.0)
    alone = [spike_map(track, spikes, UNIT, 5, smoothing=1.0) for spikes in (few, many)]
    np.testing.assert_allclose(both, np.stack(alone), atol=1e-12)
    jitted = jax.jit(lambda spikes: spike_map(track, spikes, UNIT, 5, smoothing=1.0))(padded)
    np.testing.assert_allclose(jitted, both, atol=1e-12)
    with jax.enable_x64(False):
        np.testing.assert_allclose(spike_map(track, jnp.asarray(padded), UNIT, 5, smoothing=1.0), both, rtol=1e-3)


def test_a_silent_unit_has_a_map_of_zeros():
    t, places = walked(40.0)
    track = jn.data.regular_track(t, places)
    seen = np.isfinite(np.asarray(spike_map(track, [1.0], UNIT, 5)))
    for silent, shape in (([], (5, 5)), (np.zeros((3, 0)), (3, 5, 5)), ([np.nan], (5, 5))):
        np.testing.assert_array_equal(
            spike_map(track, silent, UNIT, 5), np.broadcast_to(np.where(seen, 0, np.nan), shape)
        )


def test_a_clock_that_is_days_ahead_costs_no_digits():
    t, places = walked(40.0)
    spikes = np.arange(1.0, 39.0, 0.01)
    expected = spike_map(jn.data.regular_track(t, places), spikes, UNIT, 5)
    with jax.enable_x64(False):
        late = spike_map(jn.data.regular_track(t + 1e6, places), spikes + 1e6, UNIT, 5)
    assert np.nanmax(np.abs(late - expected)) < 0.02 * np.nanmax(expected)


@pytest.mark.parametrize(
    ("spikes", "bins", "words"),
    [
        (1e3 * np.arange(0.0, 30.0), 5, "are within the track.*give both in s"),
        (np.zeros((1, 2, 3)), 5, r"must be \(spike,\)"),
        (np.arange(5.0), 0, "1 or more"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_gives_no_map_is_named(spikes: np.ndarray, bins: int, words: str):
    t, places = walked(0.6)
    with pytest.raises(ValueError, match=words):
        spike_map(jn.data.regular_track(t, places), spikes, UNIT, bins)
