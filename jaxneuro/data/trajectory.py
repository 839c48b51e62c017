"""Tracked positions of animals: at regular times, with a mask of when they were tracked, in metres and seconds."""

from pathlib import Path
from typing import Any

import numpy as np

from ..pytree import Pytree
from .source import existing, reading

LARGEST = 100.0  # m; no arena is so large, but its size in cm or mm is
FASTEST = 2.0  # m/s, exceeded in 5 % of the time by no rat or mouse, but by 2 cm/s that is taken for 2 m/s
SLOWEST = 1.0  # s between two places; who tracks more rarely has times in ms
LOST = 1.5  # of the median time between two places: a longer one is a gap


class Trajectory(Pytree):
    """Positions of an animal at regular times.

    Attributes:
        position: Places (time, 2) [m].
        dt: Time between them [s].
        longest_gap: Longest time between two places in the file, over which was interpolated [s].
        filled: Part of the time that lies in gaps.
        mask: Whether the animal was tracked (time,); in gaps, where it was not, the places are interpolated.
        start: Time of the first place, on the clock of the file [s].
    """

    position: np.ndarray
    dt: float
    longest_gap: float
    filled: float
    mask: np.ndarray
    start: float = 0.0

    @property
    def t(self) -> np.ndarray:
        """Times of the places, on the clock of the file (time,) [s]."""
        return self.start + self.dt * np.arange(len(self.position))


def read_trajectory(path: str | Path, *, dt: float | None = None, fastest: float = FASTEST) -> Trajectory:
    """The track in a NumPy archive with times `t` (time,) [s] and places `pos` (time, 2) [m], as RatInABox keeps them.

    Archives with Python objects are refused; the rest is as of `regular_track`.

    Args:
        path: The file.
        dt: Time between the places that are given back [s]; the median of the file by default.
        fastest: Speed that 95 % of the time must be below [m/s].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    path = existing(path)
    with reading(path, "a NumPy archive"), np.load(path, allow_pickle=False) as archive:
        arrays = {name: np.asarray(archive[name], np.float64) for name in archive.files}
    if not {"t", "pos"} <= set(arrays):
        raise ValueError(
            f"{path} has {', '.join(arrays) or 'nothing'}: it needs t (time,) in s and pos (time, 2) in m."
        )
    return regular_track(arrays["t"], arrays["pos"], dt=dt, fastest=fastest, name=str(path))


def regular_track(
    t: Any, position: Any, *, dt: float | None = None, fastest: float = FASTEST, name: str = "track"
) -> Trajectory:
    """A track at regular times, interpolated linearly; a place that is not a number is one at which the animal was lost.

    Places are masked that lie between two samples further apart than 1.5 times their median distance in time.

    Args:
        t: Times (time,) [s].
        position: Places (time, 2) [m].
        dt: Time between the places that are given back [s]; the median of `t` by default.
        fastest: Speed that 95 % of the time must be below [m/s]: raise it for animals that are faster than rats.
        name: What errors call the track.

    Raises:
        ValueError: for times and places that do not fit, in other units than s and m as their speeds tell, or a dt that does not
            pass.
    """
    t, position = np.asarray(t, np.float64), np.asarray(position, np.float64)
    t, position = _known(t, position, name)
    gaps = np.diff(t)
    usual = float(np.median(gaps))
    _check_units(gaps, position, fastest, name)
    step = usual if dt is None else dt
    if not (np.isfinite(step) and 0 < step <= t[-1] - t[0]):
        raise ValueError(f"dt = {dt}: give a positive time in s, at most that of the track, {t[-1] - t[0]:g} s.")
    regular = t[0] + step * np.arange(int(np.floor((t[-1] - t[0]) / step + 1e-6)) + 1)
    places = np.stack([np.interp(regular, t, along) for along in position.T], -1)
    lost = gaps > LOST * usual
    return Trajectory(places, step, float(gaps.max()), float(gaps[lost].sum() / (t[-1] - t[0])),
                      ~_within(regular, t, lost, 1e-6 * usual), float(t[0]))  # fmt: skip


def _within(times: np.ndarray, t: np.ndarray, lost: np.ndarray, rounding: float) -> np.ndarray:
    """Whether times lie inside one of the intervals of t that are lost, not at its ends."""
    before = np.clip(np.searchsorted(t, times, "right") - 1, 0, len(lost) - 1)
    inside = (times > t[before] + rounding) & (times < t[before + 1] - rounding)
    return lost[before] & inside


def _known(t: np.ndarray, position: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The samples at which the animal was tracked."""
    if t.ndim != 1 or position.shape != (t.size, 2) or t.size < 2:
        raise ValueError(
            f"{name}: t {t.shape} and pos {position.shape}: give one place (x, y) for each of 2 times or more."
        )
    bad = np.flatnonzero(~np.isfinite(t))
    if bad.size:
        raise ValueError(f"{name}: {bad.size} of {t.size} times are not finite, the first is {bad[0]}: leave them out.")
    back = np.flatnonzero(np.diff(t) <= 0)
    if back.size:
        raise ValueError(
            f"{name}: time goes from {t[back[0]]:g} to {t[back[0] + 1]:g} s at sample {back[0]}: it must increase."
        )
    known = np.isfinite(position).all(-1)
    if known.sum() < 2:
        raise ValueError(f"{name}: {known.sum()} of {t.size} places are finite: give 2 or more.")
    return t[known], position[known]


def _check_units(gaps: np.ndarray, position: np.ndarray, fastest: float, name: str) -> None:
    """Refuse places that are not in m and times that are not in s."""
    if not fastest > 0:
        raise ValueError(f"fastest = {fastest}: give a positive speed in m/s.")
    if np.ptp(position, axis=0).max() > LARGEST:
        raise ValueError(
            f"{name}: places reach over {np.ptp(position, axis=0).max():g} m, more than {LARGEST:g}: give them in m."
        )
    usual = float(np.median(gaps))
    if usual > SLOWEST:
        raise ValueError(f"{name}: {usual:g} s between two places, more than {SLOWEST:g}: give times in s, not in ms.")
    speeds = np.linalg.norm(np.diff(position, axis=0), axis=-1) / gaps
    fast = float(np.percentile(speeds[gaps <= LOST * usual], 95))
    if fast > fastest:
        raise ValueError(
            f"{name}: faster than {fast:.3g} m/s in 5 % of the time, more than {fastest:g}: give places in m, not in cm or "
            "pixels, and times in s; for an animal that is so fast give fastest=..."
        )
