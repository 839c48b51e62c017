"""What sweeps of one protocol were given: the segments of each, and which of them is the step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...recording import Recording
from .segments import LONGEST_PULSE, Segment, main_segment, segments

TOGETHER = 2.0  # ms within which segments of two sweeps begin and end alike
ALIKE = 3e-3  # nA within which they have one level
SILENT = ("holding", "test pulse")


class Stimulus(NamedTuple):
    """The stimulus of a sweep.

    Attributes:
        segments: All that its current does, in order.
        step: The segment that features are of; of a sweep at rest, the time in which others have theirs; None if it ends
            before.
        on, off: From the first to the last of what is neither holding nor a test pulse [ms]; a sweep without any has its
            whole length.
    """

    segments: list[Segment]
    step: Segment | None
    on: float
    off: float


def stimuli(sweeps: Sequence[Recording], step: tuple[float, float] | None = None) -> list[Stimulus]:
    """The stimuli of sweeps with one protocol.

    Each sweep is cut by itself. What the others add: the level of holding, for a sweep that does not begin and end at it; which
    of its segments is the step, the one whose level they differ in, or that most have; and which pulses are the same in all.

    Args:
        sweeps: Sweeps with current.
        step: When the step begins and ends, instead (on, off) [ms].

    Returns:
        One a sweep.

    Raises:
        ValueError: for a step that no sweep has.
    """
    traces = [(np.asarray(s.t, float), np.asarray(s.current, float)) for s in sweeps]
    cuts = _with_one_holding(traces)
    if step is not None:
        return _as_told(traces, cuts, step)
    wanted = _step_of(cuts)
    if wanted is None:
        return [Stimulus(cut, None, float(t[0]), float(t[-1])) for (t, _), cut in zip(traces, cuts, strict=True)]
    steady = [s for cut in cuts if any(_same_time(s, wanted) for s in cut) for s in cut]
    return [_of_sweep(t, i, cut, wanted, steady) for (t, i), cut in zip(traces, cuts, strict=True)]


def _with_one_holding(traces: list) -> list[list[Segment]]:
    cuts = [segments(t, i) for t, i in traces]
    sure = [cut for cut in cuts if len(cut) > 1 and cut[0].kind == cut[-1].kind == "holding"]
    if not sure:
        return cuts
    holding = float(np.median([cut[0].level for cut in sure]))
    return [
        segments(t, i, holding) if _needs_others(cut, sure) else cut for (t, i), cut in zip(traces, cuts, strict=True)
    ]


def _needs_others(cut: list[Segment], sure: list[list[Segment]]) -> bool:
    """Whether a sweep does not tell its holding: not at both ends, or all of one level and nearest to a step of others."""
    if len(cut) > 1:
        return not cut[0].kind == cut[-1].kind == "holding"
    return min((s for other in sure for s in other), key=lambda s: abs(s.level - cut[0].level)).kind not in SILENT


def _step_of(cuts: list[list[Segment]]) -> Segment | None:
    """The segment whose level differs between the sweeps, which most sweeps have, which is the main one, which is longest."""
    mains = [main for cut in cuts if (main := main_segment(cut))]
    stimuli = [s for cut in cuts for s in cut if s.kind not in SILENT]

    def rank(s: Segment) -> tuple:
        same = [other.level for other in stimuli if _same_time(s, other)]
        return np.ptp(same) > ALIKE, len(same), sum(_same_time(s, main) for main in mains), s.length

    return max(stimuli, key=rank) if stimuli else None


def _same_time(a: Segment, b: Segment) -> bool:
    return abs(a.start - b.start) < TOGETHER and abs(a.stop - b.stop) < TOGETHER


def _of_sweep(
    t: np.ndarray, current: np.ndarray, cut: list[Segment], wanted: Segment, others: list[Segment]
) -> Stimulus:
    own = [s for s in cut if s.kind not in SILENT]
    own_step = next((s for s in own if _is_the_step(s, wanted, float(t[-1]))), None)
    usual = [any(_same_time(s, o) and abs(s.level - o.level) < ALIKE for o in others) for s in own]
    if own_step is None and not all(usual):
        own_step = main_segment(cut)
    if own_step is None:
        own_step = _rest(t, current, cut, wanted.start, wanted.stop)
    longest = min(LONGEST_PULSE, 0.5 * wanted.length)
    pulses = [s for s, u in zip(own, usual, strict=True) if u and s.length <= longest and s.stop <= wanted.start]
    cut = [s._replace(kind="test pulse") if s in pulses else s for s in cut]
    shown = [s for s in cut if s.kind not in SILENT] + ([own_step] if own_step else [])
    if not shown:
        return Stimulus(cut, None, float(t[0]), float(t[-1]))
    return Stimulus(cut, own_step, min(s.start for s in shown), max(s.stop for s in shown))


def _is_the_step(s: Segment, wanted: Segment, end: float) -> bool:
    """Whether a segment has the times of the step, or is what a shorter sweep has of it."""
    return abs(s.start - wanted.start) < TOGETHER and (abs(s.stop - wanted.stop) < TOGETHER or s.stop >= end)


def _rest(t: np.ndarray, current: np.ndarray, cut: list[Segment], start: float, stop: float) -> Segment | None:
    """What a sweep does from start to stop, as a step; None if it ends before."""
    inside = (t >= start - 1e-6) & (t < stop - 1e-6)
    if inside.sum() < 2:
        return None
    level, base = float(current[inside].mean()), _holding(cut)
    return Segment("step", start, min(stop, float(t[-1])), level, level - base, 0.0, float(current[inside].std()))


def _holding(cut: list[Segment]) -> float:
    levels = [s.level for s in cut if s.kind == "holding"]
    return levels[0] if levels else 0.0


def _as_told(traces: list, cuts: list[list[Segment]], step: tuple[float, float]) -> list[Stimulus]:
    start, stop = step
    first, last = min(float(t[0]) for t, _ in traces), max(float(t[-1]) for t, _ in traces)
    if not first - 1e-3 <= start < stop <= last + 1e-3:
        raise ValueError(
            f"step = ({start:g}, {stop:g}) ms: must begin before it ends, within the sweeps, ({first:g}, {last:g}) ms."
        )
    found = []
    for (t, i), cut in zip(traces, cuts, strict=True):
        own = _rest(t, i, cut, start, stop)
        on, off = (own.start, own.stop) if own else (float(t[0]), float(t[-1]))
        found.append(Stimulus(cut, own, on, off))
    return found
