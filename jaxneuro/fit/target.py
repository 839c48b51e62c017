"""Recordings as targets of a fit: on the grid of the solver, with what the residuals compare."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..crossings import LEVEL, all_spikes
from ..pytree import Pytree, static
from ..recording import Recording
from .features import BEFORE, Features, Frame, features

QUIET = 48  # points at which the voltage away from spikes is compared
TAIL = 30.0  # ms after a spike that are not quiet
SHORTEST_SPIKE, LONGEST_SPIKE = 3.0, 8.0  # ms


class Target(Pytree):
    """Sweeps to be fitted together.

    Attributes:
        current: Injected current at 0, dt, ... (sweep, time) [nA].
        v: Measured voltage there; a trace is one compartment of one sweep, the first sweep's first (trace, time) [mV].
        frame: Where each is looked at; leaves (trace, ...).
        features: What each shows; leaves (trace, ...).
        has_quiet: How many quiet points each has; the rest repeat (trace,).
        weight: Weight of each trace in the loss (trace,).
        dt: Step [ms].
        spikes: Size of the arrays of spikes.
        level: What a spike must reach [mV]; None as in `crossings.find_spikes`.
        compartments: Of the cell, those that are recorded.
    """

    current: Any
    v: Any
    frame: Frame
    features: Features
    has_quiet: Any
    weight: Any
    dt: float = static()
    spikes: int = static()
    level: float | None = static(default=None)
    compartments: tuple[int, ...] = static(default=(0,))

    @property
    def duration(self) -> float:
        """Length of the window [ms]."""
        return round((np.shape(self.v)[-1] - 1) * self.dt, 9)


def target(
    recordings: Recording | Sequence[Recording],
    *,
    window: tuple[float, float] | None = None,
    judged_from: float | None = None,
    judged_until: float | None = None,
    dt: float = 0.02,
    level: float | None = None,
    weights: Sequence[float] | None = None,
    compartments: Sequence[int] = (0,),
) -> Target:
    """Prepare sweeps for a fit.

    Args:
        recordings: Sweeps with current, of one cell.
        window: Part of the sweeps that is simulated (start, end) [ms]; by default from 100 ms before the first change
            of current to 100 ms after the last.
        judged_from: Nothing before counts [ms]; by default from the onset of the stimulus.
        judged_until: Spikes count up to here [ms]; by default to the end of the stimulus or of the window.
        dt: Step [ms].
        level: What a spike must reach, and is timed at [mV]; by default 0 mV, and lower for spikes that do not reach it.
        weights: Weight of each sweep; one by default.
        compartments: Of the cell, those whose voltages the recordings have, one for each column of `v`. The current goes into
            the first compartment of the cell.

    Returns:
        The target.

    Raises:
        ValueError: for no sweep, a sweep without current, values that are not finite, a window outside the sweeps, other
            columns than compartments.
    """
    sweeps = [recordings] if isinstance(recordings, Recording) else list(recordings)
    _check(sweeps, dt)
    edges = [stimulus_edges(np.asarray(s.t), np.asarray(s.current)) for s in sweeps]
    start, end = window or _whole(sweeps, edges)
    _check_window(sweeps, start, end)
    if window is not None:
        edges = [_edges_within(s, start, end) for s in sweeps]
    steps = int((end - start) / dt + 1e-6)
    grid = start + np.arange(steps + 1) * dt
    places = tuple(int(c) for c in compartments)
    v = np.stack([_resample(np.asarray(s.t), x, grid) for s in sweeps for x in _traces(s, places)])
    edges = [edge for edge in edges for _ in places]
    current = np.stack([np.interp(grid, np.asarray(s.t), np.asarray(s.current)) for s in sweeps])
    until = steps * dt if judged_until is None else judged_until - start
    onset = np.array([max(on - start, 0.0) for on, _ in edges])
    if judged_from is not None:
        onset = np.full(len(v), judged_from - start)
    off = np.array([min(e - start + 20.0, until, steps * dt) for _, e in edges])
    shown = [all_spikes(np.arange(len(x)) * dt, x, level) for x in v]
    most = max(int(s.count) for s in shown)
    spikes = most + max(4, most // 3)
    times = [np.asarray(s.times) for s in shown]
    after = np.array([_spike_length(s) for s in times])
    quiet = [_quiet(len(x), dt, s, a, b, until) for x, s, a, b in zip(v, times, onset, off, strict=True)]
    middle = [_middle(x, s) for x, s in zip(v, shown, strict=True)]
    frame = Frame(onset, off, after, off, np.stack([q for q, _ in quiet]), np.array(middle))
    as_float = partial(jax.tree.map, lambda x: jnp.asarray(x, float))
    frame = as_float(frame)
    describe = jax.vmap(lambda x, f: features(x, dt, f, spikes=spikes, level=level))
    found = jax.jit(describe)(jnp.asarray(v, float), frame)
    frame = frame.replace(first=jnp.where(found.fired[:, 0], found.times[:, 0], frame.end))
    weight = np.repeat(np.ones(len(sweeps)) if weights is None else np.asarray(weights, float), len(places))
    return Target(jnp.asarray(current, float), jnp.asarray(v, float), frame, found,
                  jnp.asarray([n for _, n in quiet], float), jnp.asarray(weight, float), dt, spikes, level,
                  places)  # fmt: skip


def stimulus_edges(t: np.ndarray, current: np.ndarray) -> tuple[float, float]:
    """First and last time at which a current leaves its baseline by a tenth of its largest excursion [ms].

    A sweep without stimulus has its whole length.
    """
    base = np.median(current[: max(len(current) // 50, 1)])  # a sweep begins before its stimulus
    away = np.abs(current - base)
    on = np.flatnonzero(away > 0.1 * away.max()) if away.max() > 1e-4 else np.empty(0, int)
    return (float(t[on[0]]), float(t[on[-1]])) if on.size else (float(t[0]), float(t[-1]))


def _edges_within(sweep: Recording, start: float, end: float) -> tuple[float, float]:
    t = np.asarray(sweep.t)
    inside = (t >= start) & (t <= end)
    return stimulus_edges(t[inside], np.asarray(sweep.current)[inside])


def _traces(sweep: Recording, places: tuple[int, ...]) -> np.ndarray:
    """The voltage of each recorded compartment (compartment, time); of one, the first column."""
    v = np.asarray(sweep.v)
    v = v[:, None] if v.ndim == 1 else v
    if len(places) > 1 and v.shape[1] != len(places):
        raise ValueError(
            f"{sweep.name or 'the recording'} has the voltage of {v.shape[1]} compartments, and {len(places)} are named: "
            f"leave it one column for each of {places}."
        )
    return v[:, : len(places)].T


def _resample(t: np.ndarray, v: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Cubic (Catmull–Rom) interpolation of regular samples: linear would cut peaks that were sampled at 4 kHz."""
    step = (t[-1] - t[0]) / (len(t) - 1)
    place = (grid - t[0]) / step
    i = np.clip(np.floor(place).astype(int), 0, len(v) - 2)
    x = place - i
    a, b, c, d = v[np.maximum(i - 1, 0)], v[i], v[i + 1], v[np.minimum(i + 2, len(v) - 1)]
    return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))


def _middle(v: np.ndarray, shown: Any) -> float:
    """Half way from trough to peak of the middle spike [mV]; 0 mV without spikes."""
    return float(np.median(0.5 * (v[shown.peaks] + v[shown.troughs]))) if int(shown.count) else LEVEL


def _spike_length(spikes: np.ndarray) -> float:
    """How long spikes may be taken to last: 0.4 of the shortest interval, within bounds [ms]."""
    shortest = np.diff(spikes).min() if spikes.size > 1 else np.inf
    return float(np.clip(0.4 * shortest, SHORTEST_SPIKE, LONGEST_SPIKE))


def _quiet(samples: int, dt: float, up: np.ndarray, onset: float, end: float, until: float) -> tuple[np.ndarray, int]:
    """Times at which the voltage is compared as it is, and how many: all of a silent sweep, else what is not firing."""
    t = np.arange(samples) * dt
    good = t <= min(until, t[-1])
    if up.size:
        good &= (t < onset - 1.0) | (t > max(end, up[-1] + TAIL))
        for spike in up:
            good &= (t < spike - BEFORE) | (t > spike + TAIL)
    places = t[good]
    if not places.size:
        return np.zeros(QUIET), 0
    return places[np.linspace(0, places.size - 1, QUIET).astype(int)], QUIET


def _whole(sweeps: Sequence[Recording], edges: list) -> tuple[float, float]:
    first, last = float(np.asarray(sweeps[0].t)[0]), min(float(np.asarray(s.t)[-1]) for s in sweeps)
    return max(first, min(a for a, _ in edges) - 100.0), min(last, max(b for _, b in edges) + 100.0)


def _check(sweeps: Sequence[Recording], dt: float) -> None:
    if not sweeps:
        raise ValueError("there is no sweep to fit: give at least one recording.")
    if not dt > 0:
        raise ValueError(f"dt = {dt} ms: a step must be positive; 0.02 is a good start.")
    for sweep in sweeps:
        if sweep.current is None:
            raise ValueError(f"{sweep.name or 'the recording'} has no current: a fit needs what was injected [nA].")
        for name, values in (("voltage", sweep.v), ("current", sweep.current)):
            bad = ~np.isfinite(np.asarray(values))
            if bad.any():
                raise ValueError(
                    f"{sweep.name or 'the recording'}: {bad.sum()} {name} samples are not finite, the first at "
                    f"{int(np.argmax(bad.ravel()))}: cut them out or interpolate over them."
                )


def _check_window(sweeps: Sequence[Recording], start: float, end: float) -> None:
    for sweep in sweeps:
        first, last = float(np.asarray(sweep.t)[0]), float(np.asarray(sweep.t)[-1])
        if not first - 1e-3 <= start < end <= last + 1e-3:
            raise ValueError(
                f"window = ({start:g}, {end:g}) ms: must begin before it ends, within {sweep.name or 'the recording'}, "
                f"({first:g}, {last:g}) ms."
            )
