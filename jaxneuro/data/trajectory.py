"""Tracked positions of animals."""

from pathlib import Path

import numpy as np

from ..pytree import Pytree
from .source import existing, reading

LARGEST = 100.0  # m; no arena is so large, but its size in cm or mm is


class Trajectory(Pytree):
    """Positions of an animal at regular times.

    Attributes:
        position: Places (time, 2) [m].
        dt: Time between them [s].
        longest_gap: Longest time between two places in the file, over which was interpolated [s].
        filled: Part of the places that lie in such gaps.
    """

    position: np.ndarray
    dt: float
    longest_gap: float
    filled: float


def read_trajectory(path: str | Path, *, dt: float | None = None) -> Trajectory:
    """The track in a NumPy archive with times `t` (time,) [s] and places `pos` (time, 2) [m], as RatInABox keeps them.

    Places are interpolated linearly to regular times. Archives with Python objects are refused.

    Args:
        path: The file.
        dt: Time between the places that are given back [s]; the median of the file by default.

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
    t, position = arrays["t"], arrays["pos"]
    _check(t, position, str(path))
    step = float(np.median(np.diff(t))) if dt is None else dt
    if not step > 0:
        raise ValueError(f"dt = {dt}: give a positive time in s.")
    regular = t[0] + step * np.arange(int(np.floor((t[-1] - t[0]) / step + 1e-6)) + 1)
    places = np.stack([np.interp(regular, t, along) for along in position.T], -1)
    gaps = np.diff(t)
    return Trajectory(places, step, float(gaps.max()), float(gaps[gaps > 1.5 * np.median(gaps)].sum() / (t[-1] - t[0])))


def _check(t: np.ndarray, position: np.ndarray, name: str) -> None:
    if t.ndim != 1 or position.shape != (t.size, 2) or t.size < 2:
        raise ValueError(
            f"{name}: t {t.shape} and pos {position.shape}: give one place (x, y) for each of 2 times or more."
        )
    bad = np.flatnonzero(~(np.isfinite(t) & np.isfinite(position).all(-1)))
    if bad.size:
        raise ValueError(
            f"{name}: {bad.size} of {t.size} samples are not finite, the first is {bad[0]}: leave them out."
        )
    back = np.flatnonzero(np.diff(t) <= 0)
    if back.size:
        raise ValueError(
            f"{name}: time goes from {t[back[0]]:g} to {t[back[0] + 1]:g} s at sample {back[0]}: it must increase."
        )
    if np.ptp(position, axis=0).max() > LARGEST:
        raise ValueError(f"{name}: places reach over {np.ptp(position):g} m, more than {LARGEST:g}: give them in m.")
