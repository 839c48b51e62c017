"""Tracks come back at regular times, and damaged ones are refused."""

import numpy as np
import pytest

from jaxneuro.data import read_trajectory, regular_track

T = np.arange(50) * 0.02
PLACES = np.stack([0.5 + 0.4 * np.sin(T), 0.5 + 0.4 * np.cos(T)], -1)


def test_gaps_are_filled_and_reported(tmp_path):
    keep = np.r_[0:20, 25:50]
    np.savez(tmp_path / "a.npz", t=T[keep] + 3.0, pos=PLACES[keep])
    track = read_trajectory(tmp_path / "a.npz")
    np.testing.assert_allclose(track.position, PLACES, atol=1e-3)
    assert track.dt == pytest.approx(0.02)
    assert track.longest_gap == pytest.approx(0.12)
    assert track.filled == pytest.approx(6 / 49)
    assert len(read_trajectory(tmp_path / "a.npz", dt=0.1).position) == 10
    np.testing.assert_array_equal(np.flatnonzero(~track.mask), np.arange(20, 25))
    np.testing.assert_allclose(track.t, T + 3.0)


def test_where_the_animal_was_lost_is_masked():
    lost = PLACES.copy()
    lost[:3], lost[10:14], lost[30, 1] = np.nan, np.nan, np.nan
    track = regular_track(T, lost)
    np.testing.assert_array_equal(3 + np.flatnonzero(~track.mask), [10, 11, 12, 13, 30])
    assert track.start == pytest.approx(0.06) and len(track.position) == 47
    np.testing.assert_allclose(track.position[track.mask], PLACES[3:][track.mask])
    coarse = regular_track(T, lost, dt=0.05)  # of every 2.5 samples
    np.testing.assert_array_equal(3 + 2.5 * np.flatnonzero(~coarse.mask), [10.5, 13.0, 30.5])


@pytest.mark.parametrize(("t", "metres"), [(1.0, 100.0), (1000.0, 1.0), (1000.0, 98.0), (1e6, 1.0), (1.0, 300.0)])
def test_other_units_are_told_by_their_speeds(t: float, metres: float):
    random = np.random.default_rng(0)
    way = np.cumsum(0.15 * 0.02 * random.normal(size=(3000, 2)), 0)
    places = 0.5 + 0.49 * np.sin(3 * way)  # of a rat in a box of 0.98 m, at 0.2 m/s
    assert regular_track(0.02 * np.arange(3000), places).mask.all()
    with pytest.raises(ValueError, match=r"give (places|them|times) in (m|s)"):
        regular_track(t * 0.02 * np.arange(3000), metres * places)


@pytest.mark.parametrize("rate", [1.0, 0.5, 0.2])
def test_milliseconds_of_a_fast_tracker_are_told_by_the_speed(rate: float):
    """Of a walk at 0.2 m/s, with a place every millisecond or more often."""
    angle = 0.2 / 0.4 * 1e-3 * rate * np.arange(3000)
    places = 0.5 + 0.4 * np.stack([np.cos(angle), np.sin(angle)], -1)
    assert regular_track(1e-3 * rate * np.arange(3000), places).mask.all()
    with pytest.raises(ValueError, match=r"give times in s, not in ms.*slowest="):
        regular_track(rate * np.arange(3000), places)
    assert regular_track(rate * np.arange(3000), places, slowest=0.0).mask.all()


def test_a_place_that_no_animal_reaches_is_said():
    jumps = PLACES.copy()
    jumps[10:14] = 0.0
    with pytest.warns(UserWarning, match=r"track: 2 jumps .*the first at 0.18 s: give NaN"):
        regular_track(T, jumps)
    masked = np.ma.masked_array(jumps, np.broadcast_to((jumps == 0).all(-1)[:, None], jumps.shape))
    np.testing.assert_array_equal(np.flatnonzero(~regular_track(T, masked).mask), [10, 11, 12, 13])
    with pytest.raises(ValueError, match="pos is complex: give real numbers"):
        regular_track(T, jumps + 1j)


def test_what_else_is_in_the_file_does_not_matter(tmp_path):
    np.savez(tmp_path / "a.npz", t=T, pos=PLACES, animal="rat 7")
    assert read_trajectory(tmp_path / "a.npz").mask.all()


@pytest.mark.parametrize("dt", [np.inf, np.nan, 0.0, 5.0])
def test_a_time_that_does_not_pass_is_refused(dt: float):
    with pytest.raises(ValueError, match="dt = "):
        regular_track(T, PLACES, dt=dt)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"t": T}, "it needs t"),
        ({"t": T, "pos": PLACES[1:]}, "one place"),
        ({"t": T[::-1], "pos": PLACES}, "it must increase"),
        ({"t": np.where(T > 0.5, np.nan, T), "pos": PLACES}, "are not finite"),
        ({"t": T, "pos": np.where(T[:, None] > 0.0, np.nan, PLACES)}, "1 of 50 places are finite"),
        ({"t": T, "pos": 1000 * PLACES}, "give them in m"),
        ({"t": np.array([None] * 50), "pos": PLACES}, "cannot be read"),
    ],
)
def test_what_is_no_track_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_trajectory(tmp_path / "a.npz")
