"""Spike times and waveforms as plain text, one row a line: comments begin with #."""

from pathlib import Path

import numpy as np

from .recordings import convert
from .source import existing, reading


def read_spike_times(path: str | Path, unit: str = "us") -> np.ndarray:
    """Spike times from a text file with one time a line.

    Args:
        path: The file.
        unit: Of the times in the file: `us`, `ms` or `s`.

    Returns:
        The times, increasing (spike,) [ms].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    times = convert(_rows(path, 1)[:, 0], unit, "time", str(path))
    if (np.diff(times) <= 0).any():
        at = int(np.argmax(np.diff(times) <= 0)) + 1
        raise ValueError(f"{path}: spike {at} at {times[at]:g} ms does not come after the one before: sort the times.")
    return times


def read_waveform(path: str | Path, unit: str = "us") -> tuple[np.ndarray, np.ndarray]:
    """A waveform from a text file with a time and a value in each line, equally spaced.

    Args:
        path: The file.
        unit: Of the times in the file: `us`, `ms` or `s`.

    Returns:
        Times [ms] and values, in the unit of the file (time,).

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    rows = _rows(path, 2)
    times, steps = convert(rows[:, 0], unit, "time", str(path)), np.diff(rows[:, 0])
    if len(steps) == 0 or steps[0] <= 0 or np.abs(steps - steps[0]).max() > 1e-3 * steps[0]:
        raise ValueError(f"{path}: times must be equally spaced and at least 2: interpolate with numpy.interp.")
    return times, rows[:, 1]


def _rows(path: str | Path, columns: int) -> np.ndarray:
    """The numbers of a file (line, column)."""
    path = existing(path)
    with reading(path, f"text of {columns} column{'s' * (columns > 1)} of numbers"):
        lines = [line for line in path.read_text().splitlines() if line.partition("#")[0].strip()]
        rows = np.loadtxt(lines, ndmin=2) if lines else np.zeros((0, columns))
    if rows.shape[1] != columns or not len(rows):
        raise ValueError(f"{path} has {rows.shape[1]} columns in {len(rows)} lines: it must have {columns} in each.")
    if not np.isfinite(rows).all():
        raise ValueError(f"{path}: line {int(np.argmax(~np.isfinite(rows).all(1))) + 1} of the numbers is not finite.")
    return rows
