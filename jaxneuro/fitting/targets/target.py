"""Recordings as targets of a fit: on the grid of the solver, with what the residuals compare."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ...crossings import LEVEL, all_spikes
from ...pytree import Pytree, static
from ...recording import Recording
from .features import BEFORE, Features, Frame, features
from .protocol import Stimulus, stimuli
from .unused import warn_of_empty_window, warn_of_level, warn_of_unused
from .windows import on_grid, windows

QUIET = 48  # points at which the voltage away from spikes is compared
TAIL = 30.0  # ms after a spike that are not quiet
FINEST, COARSEST = 1e-3, 0.1  # ms of a step
SHORTEST_SPIKE, LONGEST_SPIKE = 3.0, 8.0  # ms


class Target(Pytree):
    """Sweeps to be fitted together.

    Attributes:
        current: Injected current at 0, dt, ... from the start of each sweep's window (sweep, time) [nA].
        v: Measured voltage there; a trace is one compartment of one sweep, the first sweep's first (trace, time) [mV]. Sweeps
            whose windows are shorter hold their last values; see `frame.last`.
        frame: Where each is looked at; leaves (trace, ...).
        features: What each shows; leaves (trace, ...).
        has_quiet: How many quiet points each has; the rest repeat (trace,).
        weight: Weight of each trace in the loss (trace,).
        start: When the window of each begins, in the time of its sweep (trace,) [ms].
        rest: Until when each rests, from the start of its window (trace,) [ms].
        total: Spikes of each whole sweep, within its window and judged or not (trace,).
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
    weight: Values
    start: Any
    rest: Any
    total: Any
    dt: float = static()
    spikes: int = static()
    level: float | None = static(default=None)
    compartments: tuple[int, ...] = static(default=(0,))

    @property
    def duration(self) -> float:
        """Length of the longest window [ms]."""
        return round((np.shape(self.v)[-1] - 1) * self.dt, 9)

    def identity(self) -> "Target":
        """What tells it from another, see `fingerprint`: without what is computed from the voltages."""
        return self.replace(features=None, frame=self.frame.replace(first=None))

    @property
    def unused(self) -> np.ndarray:
        """Spikes of each sweep that the fit does not look at, outside what is judged (trace,)."""
        return np.asarray(self.total).astype(int) - np.asarray(self.features.fired).sum(1)


def target(
    recordings: Recording | Sequence[Recording],
    *,
    window: tuple[float, float] | None = None,
    step: tuple[float, float] | None = None,
    judged_from: float | None = None,
    judged_until: float | None = None,
    dt: float = 0.02,
    level: float | None = None,
    weights: Sequence[float] | None = None,
    compartments: Sequence[int] = (0,),
    beside: Sequence[Recording] = (),
) -> Target:
    """Prepare sweeps for a fit.

    Args:
        recordings: Sweeps with current, of one cell.
        window: Part of the sweeps that is simulated (start, end) [ms], of which a sweep that ends earlier has what it has; by
            default from 100 ms before the stimulus of each sweep, test pulses left aside, to 100 ms after.
        step: When the stimulus begins and ends (on, off) [ms]; by default found in the currents, see `protocol.stimuli`.
        judged_from: Nothing before counts [ms]; by default from the onset of the stimulus.
        judged_until: Spikes count up to here [ms]; by default to the end of the stimulus or of the window.
        dt: Step [ms].
        level: What a spike must reach, and is timed at [mV]; by default 0 mV, and lower for spikes that do not reach it.
        weights: Weight of each sweep; one by default.
        compartments: Of the cell, those whose voltages the recordings have, one for each column of `v`. The current goes into
            the first compartment of the cell.
        beside: Other sweeps of the same protocol, which help to find the step.

    Returns:
        The target.

    Raises:
        ValueError: for no sweep, a sweep without current, values that are not finite, a step of the simulation that is too coarse
            or too fine, a window outside the sweeps, other columns than compartments.

    Spikes of which none is used, a level that none reaches, and a window without stimulus are warnings.
    """
    sweeps = [recordings] if isinstance(recordings, Recording) else list(recordings)
    _check(sweeps, dt, level)
    given, places = stimuli([*sweeps, *beside], step)[: len(sweeps)], tuple(int(c) for c in compartments)
    spans = windows(sweeps, given, window)
    lengths = [int((end - start) / dt + 1e-6) for start, end in spans]
    cuts = [on_grid(s, len(places), start, max(lengths) + 1, dt, n * dt)
            for s, (start, _), n in zip(sweeps, spans, lengths, strict=True)]  # fmt: skip
    v = np.concatenate([traces for traces, _ in cuts])
    shown = [_measured_spikes(s, c, level) for s in sweeps for c in range(len(places))]
    judged = [_judged(s, span, n * dt, judged_from, judged_until)
              for s, span, n in zip(given, spans, lengths, strict=True)]  # fmt: skip
    by_trace = partial(np.repeat, repeats=len(places), axis=0)
    rest = [max(s.on - a, 0.0) for s, (a, _) in zip(given, spans, strict=True)]
    start, weight = by_trace([a for a, _ in spans]), by_trace(np.ones(len(sweeps)) if weights is None else weights)
    judged = by_trace(judged)
    times = [x[(x >= a) & (x <= a + last)] - a for (x, _), a, last in zip(shown, start, judged[:, 3], strict=True)]
    frame, has_quiet = _frame(v.shape[1], times, [middle for _, middle in shown], judged, dt)
    spikes = max(map(len, times))
    spikes += max(4, spikes // 3)
    found = _described(jnp.asarray(v, float), frame, dt, spikes, level)
    frame = frame.replace(first=jnp.where(found.fired[:, 0], found.times[:, 0], frame.end))
    of = partial(jnp.asarray, dtype=float)
    made = Target(
        current=of(np.stack([i for _, i in cuts])), v=of(v), frame=frame, features=found, has_quiet=of(has_quiet),
        weight=of(weight), start=of(start), rest=of(by_trace(rest)), total=of([len(x) for x, _ in shown]),
        dt=dt, spikes=spikes, level=level, compartments=places,
    )  # fmt: skip
    warn_of_level(sweeps, made.total, level)
    if window is None and judged_from is None:
        warn_of_unused(made.unused, made.total, sweeps, given, "told" if step else "found")
    elif judged_from is None and window is not None:
        warn_of_empty_window(window, given)
    return made


def _judged(
    given: Stimulus, span: tuple[float, float], last: float, judged_from: float | None, judged_until: float | None
) -> tuple:
    """Onset, end of the stimulus or the window, end of what counts, end of what is measured, from the start of a window [ms]."""
    start, end = span
    on, off = (start, end) if given.off <= start or given.on >= end else (given.on, given.off)
    until = min(last if judged_until is None else judged_until - start, last)
    onset = max(on - start, 0.0) if judged_from is None else judged_from - start
    return onset, min(off - start + 20.0, until), until, last


@partial(jax.jit, static_argnames=("dt", "spikes", "level"))
def _described(v: jax.Array, frame: Frame, dt: float, spikes: int, level: float | None) -> Features:
    return jax.vmap(lambda x, f: features(x, dt, f, spikes=spikes, level=level))(v, frame)


def _frame(
    samples: int, times: list[np.ndarray], middle: list[float], judged: np.ndarray, dt: float
) -> tuple[Frame, np.ndarray]:
    """Where to look, the place of a missing first spike still to come, and how many quiet points there are (trace,)."""
    onset, off, until, last = judged.T
    after = np.array([_spike_length(s) for s in times])
    quiet = [_quiet(samples, dt, *row) for row in zip(times, onset, off, until, strict=True)]
    frame = Frame(onset, off, after, off, np.stack([q for q, _ in quiet]), np.array(middle), last)
    return jax.tree.map(lambda x: jnp.asarray(x, float), frame), np.array([n for _, n in quiet])


def _measured_spikes(sweep: Recording, compartment: int, level: float | None) -> tuple[np.ndarray, float]:
    """Times of all spikes of a sweep [ms], and half way from trough to peak of the middle one [mV], 0 mV without any."""
    v = np.asarray(sweep.v)
    v = v if v.ndim == 1 else v[:, compartment]
    shown = all_spikes(sweep.t, v, level)
    half_way = 0.5 * (v[np.asarray(shown.peaks)] + v[np.asarray(shown.troughs)])
    return np.asarray(shown.times), float(np.median(half_way)) if half_way.size else LEVEL


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


def _check(sweeps: Sequence[Recording], dt: float, level: float | None) -> None:
    if not sweeps:
        raise ValueError("there is no sweep to fit: give at least one recording.")
    if not dt > 0:
        raise ValueError(f"dt = {dt} ms: a step must be positive; 0.02 is a good start.")
    if not FINEST <= dt <= COARSEST * (1.0 + 1e-9):
        raise ValueError(
            f"dt = {dt:g} ms (--dt): it must be from {FINEST:g} to {COARSEST:g}, as a spike rises within some tenths of a "
            "millisecond; 0.02 is a good start."
        )
    if level is not None and not np.isfinite(level):
        raise ValueError(f"level = {level} mV (--level): it must be a finite number, such as -20, or None.")
    for sweep in sweeps:
        if not isinstance(sweep, Recording):
            raise ValueError(
                f"a {type(sweep).__name__} is no recording: jn.data.read_recording reads files, and arrays are "
                'jn.Recording(t, {"v": v}, current=current) [ms, mV, nA].'
            )
        if sweep.current is None:
            raise ValueError(f"{sweep.name or 'the recording'} has no current: a fit needs what was injected [nA].")
        for name, values in (("voltage", sweep.v), ("current", sweep.current)):
            bad = ~np.isfinite(np.asarray(values))
            if bad.any():
                raise ValueError(
                    f"{sweep.name or 'the recording'}: {bad.sum()} {name} samples are not finite, the first at "
                    f"{int(np.argmax(bad.ravel()))}: cut them out or interpolate over them."
                )
