"""Tracked positions of animals: at regular times, with a mask of when they were tracked, in metres and seconds."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..pytree import Pytree
from .source import existing, reading

LARGEST = 100.0  # m; no arena is so large, but its size in cm or mm is
FASTEST = 2.0  # m/s, exceeded in 5 % of the time by no rat or mouse, but by 2 cm/s that is taken for 2 m/s
SLOWEST = 1.0  # s between two places; who tracks more rarely has times in ms
RARELY = 0.1  # s between two places; times in ms are so or more, as nothing tracks at 10 kHz
CREEPING = 2e-3  # m/s, exceeded in 5 % of the time by every animal that walks, if its times are not a thousandth of it
JUMP = 5.0  # times `fastest`: no animal does that between two places
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
        names = archive.files
        arrays = {name: np.asarray(archive[name]) for name in ("t", "pos") if name in names}
    if len(arrays) < 2:
        raise ValueError(f"{path} has {', '.join(names) or 'nothing'}: it needs t (time,) in s and pos (time, 2) in m.")
    return regular_track(arrays["t"], arrays["pos"], dt=dt, fastest=fastest, name=str(path))


def regular_track(
    t: Any,
    position: Any,
    *,
    dt: float | None = None,
    fastest: float = FASTEST,
    slowest: float = CREEPING,
    name: str = "track",
) -> Trajectory:
    """A track at regular times, interpolated linearly; a place that is not a number, or masked, is one of a lost animal.

    Places are masked that lie between two samples further apart than 1.5 times their median distance in time.

    Args:
        t: Times (time,) [s].
        position: Places (time, 2) [m].
        dt: Time between the places that are given back [s]; the median of `t` by default.
        fastest: Speed that 95 % of the time must be below [m/s]: raise it for animals that are faster than rats.
        slowest: Speed that 5 % of the time must be above, if the animal moves at all and places come every 0.1 s or more rarely
            [m/s]: lower it for worms.
        name: What errors call the track.

    Raises:
        ValueError: for times and places that do not fit, in other units than s and m as their speeds tell, or a dt that does not
            pass.
    """
    t, position = _known(_real(t, f"{name}: t"), _real(position, f"{name}: pos"), name)
    gaps = np.diff(t)
    usual = float(np.median(gaps))
    _check_units(gaps, position, fastest, slowest, name)
    _warn_of_jumps(t, position, JUMP * fastest, name)
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


def _real(values: Any, name: str) -> np.ndarray:
    """Numbers, NaN where masked."""
    if np.iscomplexobj(values):
        raise ValueError(f"{name} is complex: give real numbers.")
    return np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)


def _warn_of_jumps(t: np.ndarray, position: np.ndarray, beyond: float, name: str) -> None:
    """Trackers that lose an animal write a corner for its place, or that of something else."""
    speeds = np.linalg.norm(np.diff(position, axis=0), axis=-1) / np.diff(t)
    jumps = np.flatnonzero(speeds > beyond)
    if jumps.size:
        warnings.warn(
            f"{name}: {jumps.size} jumps from a place to the next, at {speeds.max():.3g} m/s, the first at {t[jumps[0]]:g} s: "
            "give NaN for places where the animal was not tracked.",
            stacklevel=3,
        )


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


def _check_units(gaps: np.ndarray, position: np.ndarray, fastest: float, slowest: float, name: str) -> None:
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
    if usual >= RARELY and 0 < fast < slowest:
        raise ValueError(
            f"{name}: slower than {fast:.2g} m/s in 95 % of the time, less than {slowest:g}: give times in s, not in ms; for an "
            "animal that is so slow give slowest=... to regular_track."
        )
