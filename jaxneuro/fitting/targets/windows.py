"""Which part of each sweep is fitted, and that part on the grid of the solver. NumPy."""

from collections.abc import Sequence

import numpy as np

from ...recording import Recording
from .protocol import Stimulus

AROUND = 100.0  # ms before and after the stimulus
SHORTEST = 1.0  # ms of a sweep that can be fitted
BRIEFEST = 5.0  # ms of a window


def windows(
    sweeps: Sequence[Recording], given: Sequence[Stimulus], window: tuple[float, float] | None
) -> list[tuple[float, float]]:
    """Which part of each sweep is simulated: its own, so that no sweep cuts another's.

    Args:
        sweeps: Sweeps with current.
        given: The stimulus of each.
        window: One part for all (start, end) [ms], of which a sweep that ends earlier has what it has; by default from 100 ms
            before the stimulus of each to 100 ms after.

    Returns:
        Start and end of each [ms].

    Raises:
        ValueError: for a window outside the sweeps, or that a sweep does not reach.
    """
    ends = [(float(np.asarray(s.t)[0]), float(np.asarray(s.t)[-1])) for s in sweeps]
    if window is not None:
        _check(sweeps, ends, *window)
        return [(window[0], min(window[1], last)) for _, last in ends]
    spans = [(max(first, s.on - AROUND), min(last, s.off + AROUND))
             for (first, last), s in zip(ends, given, strict=True)]  # fmt: skip
    stimulated = [end - start for (start, end), s in zip(spans, given, strict=True) if s.step is not None]
    longest = max(stimulated, default=np.inf)  # a sweep without stimulus needs no more
    return [(start, min(end, start + longest)) if s.step is None else (start, end)
            for (start, end), s in zip(spans, given, strict=True)]  # fmt: skip


def on_grid(sweep: Recording, count: int, start: float, samples: int, dt: float, last: float) -> tuple:
    """Voltages of the first compartments (compartment, time) [mV] and current (time,) [nA]; the last values beyond the end."""
    t = np.asarray(sweep.t, float)
    grid = np.minimum(start + np.arange(samples) * dt, start + last)
    v = np.asarray(sweep.v, float)
    v = v[:, None] if v.ndim == 1 else v
    if count > 1 and v.shape[1] != count:
        raise ValueError(
            f"{sweep.name or 'the recording'} has the voltage of {v.shape[1]} compartments, and {count} are named: "
            f"leave it one column for each of them."
        )
    return np.stack([resampled(t, x, grid) for x in v[:, :count].T]), np.interp(grid, t, np.asarray(sweep.current))


def resampled(t: np.ndarray, v: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Cubic (Catmull–Rom) interpolation of regular samples: linear would cut peaks that were sampled at 4 kHz."""
    step = (t[-1] - t[0]) / (len(t) - 1)
    place = (grid - t[0]) / step
    i = np.clip(np.floor(place).astype(int), 0, len(v) - 2)
    x = place - i
    a, b, c, d = v[np.maximum(i - 1, 0)], v[i], v[i + 1], v[np.minimum(i + 2, len(v) - 1)]
    return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))


def _check(sweeps: Sequence[Recording], ends: list, start: float, end: float) -> None:
    longest = int(np.argmax([last for _, last in ends]))
    first, last = ends[longest]
    if not first - 1e-3 <= start < end <= last + 1e-3:
        raise ValueError(
            f"window = ({start:g}, {end:g}) ms: must begin before it ends, within "
            f"{sweeps[longest].name or 'the recording'}, ({first:g}, {last:g}) ms."
        )
    if end - start < BRIEFEST:
        raise ValueError(
            f"window = ({start:g}, {end:g}) ms lasts {end - start:g} ms, too short to fit a cell to (at least {BRIEFEST:g}): "
            "give its times in ms."
        )
    for sweep, (first, last) in zip(sweeps, ends, strict=True):
        if not first - 1e-3 <= start < last - SHORTEST:
            raise ValueError(
                f"window = ({start:g}, {end:g}) ms: {sweep.name or 'a recording'} is ({first:g}, {last:g}) ms: leave that "
                "sweep out, or begin the window where it has one."
            )
