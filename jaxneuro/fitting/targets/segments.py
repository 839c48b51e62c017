"""What a current does, part by part: holding, test pulse, step, ramp, noise. NumPy, from commands and from recordings."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from .change_points import Piece, pieces

SHORTEST = 2.0  # ms; what is shorter, between two levels, is the edge of the second
NOTICED = 5.0  # standard deviations of the noise
SHARE, LEAST = 0.01, 1e-3  # of the range of the current, and nA: smaller changes are drifts and settling
SLOPED = 0.05  # of the range: what a ramp must climb
ALIKE = 0.95  # lengths and currents whose ratio is above this are equal
LONGEST_PULSE = 250.0  # ms of a test pulse
CROWD, CROWDED = 20, 20.0  # so many pieces in a row, each below so many ms, are noise that is held for a while
RAMPS = 4  # in a row are a curve
CURVED = 50.0  # ms; shorter lines beside a curve are of it
BROKEN = 0.5  # of the change from line to line may be a jump


class Segment(NamedTuple):
    """A part of a sweep in which its current does one thing.

    Attributes:
        kind: `holding`, `test pulse`, `step`, `ramp` or `noise`.
        start, stop: When it begins, and when the next begins [ms].
        level: Mean current [nA].
        change: Level above holding [nA].
        slope: Of the line through it [nA/ms].
        deviation: Standard deviation about that line [nA].
    """

    kind: str
    start: float
    stop: float
    level: float
    change: float
    slope: float
    deviation: float

    @property
    def length(self) -> float:
        """Duration [ms]."""
        return self.stop - self.start


def segments(t: np.ndarray, current: np.ndarray, holding: float | None = None) -> list[Segment]:
    """Cut the current of a sweep into segments.

    Holding is the level at which the sweep begins and ends; of two, the one nearer to zero, as in a sweep that is cut at the
    onset of its step. A pulse between stretches of holding is a test pulse if another segment is twice as long, and comes
    later or is larger.

    Args:
        t: Times, regular (time,) [ms].
        current: Commanded or recorded (time,) [nA].
        holding: The level of holding, if other sweeps tell [nA].

    Returns:
        The segments, which cover the sweep, in order.
    """
    dt = float(t[-1] - t[0]) / max(len(t) - 1, 1)
    found, sigma = pieces(current, dt)
    tolerance = max(NOTICED * sigma, SHARE * float(np.ptp([p.mean for p in found])), LEAST)
    found = _crowds(current, _joined(_settled(found, tolerance, dt), tolerance), dt, tolerance)
    found = _curves(found, tolerance, dt)
    levels = [p.mean for p in found if _is_level(p, tolerance)]
    base = _holding(found, tolerance) if holding is None else _nearest(levels, holding, tolerance)
    ends = [float(t[p.start]) for p in found] + [float(t[-1])]
    kinds = [_kind(p, base, tolerance) for p in found]
    cut = [_described(current, p, kind, a, b, base, dt)
           for p, kind, a, b in zip(found, kinds, ends[:-1], ends[1:], strict=True)]  # fmt: skip
    return _with_test_pulses(cut)


def main_segment(cut: Sequence[Segment]) -> Segment | None:
    """The longest segment that is neither holding nor a test pulse; of equals the largest, then the first; None at rest."""
    stimuli = [s for s in cut if s.kind not in ("holding", "test pulse")]
    if not stimuli:
        return None
    long = [s for s in stimuli if s.length > ALIKE * max(s.length for s in stimuli)]
    return next(s for s in long if abs(s.change) >= ALIKE * max(abs(s.change) for s in long))


def _settled(found: list[Piece], tolerance: float, dt: float) -> list[Piece]:
    """The pieces without the short ones between two different levels: how the instrument gets from one to the other."""
    kept: list[Piece] = []
    for n, piece in enumerate(found):
        after = found[n + 1] if n + 1 < len(found) else None
        short = (piece.stop - piece.start) * dt < SHORTEST and not piece.irregular
        if short and kept and after and abs(kept[-1].last - after.first) > tolerance:
            found[n + 1] = after._replace(start=piece.start)
        else:
            kept.append(piece)
    return kept


def _joined(found: list[Piece], tolerance: float) -> list[Piece]:
    """The pieces with neighbours joined that lie on one level."""
    kept = found[:1]
    for piece in found[1:]:
        last = kept[-1]
        flat = _is_level(last, tolerance) and _is_level(piece, tolerance)
        if (flat and abs(last.mean - piece.mean) < tolerance) or (last.irregular and piece.irregular):
            size, more = last.stop - last.start, piece.stop - piece.start
            mean = (size * last.mean + more * piece.mean) / (size + more)
            kept[-1] = Piece(last.start, piece.stop, mean, mean, piece.irregular)
        else:
            kept.append(piece)
    return kept


def _crowds(current: np.ndarray, found: list[Piece], dt: float, tolerance: float) -> list[Piece]:
    """The pieces with long rows of short ones, and rows of several ramps, taken together as irregular."""
    short = [(p.stop - p.start) * dt < CROWDED or p.irregular for p in found]
    bent = [not _is_level(p, tolerance) for p in found]
    for a, b in _runs(short, CROWD):
        if len(np.unique(np.round([p.mean for p in found[a:b]], 4))) > CROWD // 2:
            found[a:b] = _irregular(current, found[a].start, found[b - 1].stop, tolerance)
            return _crowds(current, found, dt, tolerance)
    for a, b in _runs(bent, RAMPS):
        found[a:b] = _irregular(current, found[a].start, found[b - 1].stop, tolerance)
    return found


def _curves(found: list[Piece], tolerance: float, dt: float) -> list[Piece]:
    """The pieces with rows that go on from each other, away from holding, taken together as irregular: a sine, a chirp."""
    base = _holding(found, tolerance)
    kept: list[Piece] = []
    for _, row in groupby(_numbered_rows(found, base, tolerance, dt), key=lambda pair: pair[0]):
        some = [piece for _, piece in row]
        if len(some) >= RAMPS or (len(some) > 1 and any(p.irregular for p in some)):
            sizes = np.array([p.stop - p.start for p in some])
            mean = float(sizes @ [p.mean for p in some] / sizes.sum())
            some = [Piece(some[0].start, some[-1].stop, mean, mean, True)]
        kept += some
    return _joined(kept, tolerance)


def _numbered_rows(found: list[Piece], base: float, tolerance: float, dt: float) -> list[tuple[int, Piece]]:
    """Each piece with the number of its row."""
    numbers = [0]
    for before, after in pairwise(found):
        held = any(_kind(p, base, tolerance) == "holding" and (p.stop - p.start) * dt > CURVED for p in (before, after))
        numbers.append(numbers[-1] + (held or not _goes_on(before, after, tolerance, dt)))
    return list(zip(numbers, found, strict=True))


def _goes_on(before: Piece, after: Piece, tolerance: float, dt: float) -> bool:
    """Whether a line goes on where another ended, or a short one stands beside what is nowhere straight."""
    if before.irregular or after.irregular:
        return all(p.irregular or (p.stop - p.start) * dt < CURVED for p in (before, after))
    return abs(before.last - after.first) < max(BROKEN * abs(before.mean - after.mean), tolerance)


def _runs(mask: list[bool], least: int) -> list[tuple[int, int]]:
    """Ends of the runs of at least so many, the last first."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least][::-1]


def _irregular(current: np.ndarray, start: int, stop: int, tolerance: float) -> list[Piece]:
    """One irregular piece, after the level that it may begin with."""
    part = current[start:stop]
    at = int(np.argmax(np.abs(part - part[0]) > tolerance))
    mean = float(part[at:].mean())
    rest = Piece(start + at, stop, mean, mean, True)
    return [Piece(start, start + at, float(part[0]), float(part[0])), rest] if at > 1 else [rest]


def _is_level(piece: Piece, tolerance: float) -> bool:
    return not piece.irregular and abs(piece.last - piece.first) < SLOPED / SHARE * tolerance


def _holding(found: list[Piece], tolerance: float) -> float:
    """Where the sweep begins and ends; nearest to zero, if these differ; zero, if it does neither at a level."""
    ends = [p.mean for p in (found[0], found[-1]) if _is_level(p, tolerance)]
    return min(ends, key=abs) if ends else 0.0


def _nearest(levels: list[float], holding: float, tolerance: float) -> float:
    """This sweep's own level beside that of the others, which may drift."""
    close = [x for x in levels if abs(x - holding) < 2 * tolerance]
    return min(close, key=lambda x: abs(x - holding)) if close else holding


def _kind(piece: Piece, base: float, tolerance: float) -> str:
    if piece.irregular:
        return "noise"
    if not _is_level(piece, tolerance):
        return "ramp"
    return "holding" if abs(piece.mean - base) < tolerance else "step"


def _described(
    current: np.ndarray, piece: Piece, kind: str, start: float, stop: float, base: float, dt: float
) -> Segment:
    part, size = current[piece.start : piece.stop], piece.stop - piece.start
    line = np.linspace(piece.first, piece.last, size)
    deviation = float(part.std() if piece.irregular else (part - line).std())
    slope = (piece.last - piece.first) / max((size - 1) * dt, dt)
    return Segment(kind, start, stop, piece.mean, piece.mean - base, slope if kind == "ramp" else 0.0, deviation)


def _with_test_pulses(cut: list[Segment]) -> list[Segment]:
    main = main_segment(cut)
    return [s._replace(kind="test pulse") if main and _is_test_pulse(cut, n, main) else s for n, s in enumerate(cut)]


def _is_test_pulse(cut: list[Segment], n: int, main: Segment) -> bool:
    beside = [cut[i].kind == "holding" for i in (n - 1, n + 1) if 0 <= i < len(cut)]
    short = cut[n].length <= min(LONGEST_PULSE, 0.5 * main.length)
    apart = cut[n].stop <= main.start or abs(cut[n].change) < abs(main.change)
    return cut[n].kind == "step" and short and all(beside) and apart
