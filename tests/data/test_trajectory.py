"""Tracks come back at regular times, and damaged ones are refused."""

import numpy as np
import pytest

from jaxneuro.data import read_trajectory

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


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"t": T}, "it needs t"),
        ({"t": T, "pos": PLACES[1:]}, "one place"),
        ({"t": T[::-1], "pos": PLACES}, "it must increase"),
        ({"t": T, "pos": np.where(T[:, None] > 0.5, np.nan, PLACES)}, "are not finite"),
        ({"t": T, "pos": 1000 * PLACES}, "give them in m"),
        ({"t": np.array([None] * 50), "pos": PLACES}, "cannot be read"),
    ],
)
def test_what_is_no_track_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_trajectory(tmp_path / "a.npz")
