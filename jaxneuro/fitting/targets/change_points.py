"""Where a noisy trace changes: pieces of straight lines, and stretches that are nowhere straight. NumPy."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

BLOCK = 0.5  # ms averaged before changes are looked for
WINDOW = 25.0  # ms over which noise is compared with the quietest part
QUIETEST, QUIET = 0.02, 0.25  # shares of the windows that hold no more than the noise of the instrument
FEW = 8  # windows
IRREGULAR = 4.0  # times that noise
SHORTEST_NOISE = 100.0  # ms
WANDERING, LEAST_WANDER = 0.7, 8e-3  # mean square step over variance, 2 for white noise; nA
OUTSIDE = 5.0  # standard deviations
PENALTY = 60.0  # variances of the noise that a split must explain: 6 ln(40000) for level, slope and place
MOST_SPLITS, MENDED = 400, 2
FINEST = 5e-5  # nA; a noiseless command is taken to have this noise


class Piece(NamedTuple):
    """Samples start:stop on one straight line, or `irregular` ones.

    Attributes:
        start, stop: Samples.
        first, last: Values of the line at its ends [nA].
        irregular: Whether there is no line, but a mean.
    """

    start: int
    stop: int
    first: float
    last: float
    irregular: bool = False

    @property
    def mean(self) -> float:
        """Mean value [nA]."""
        return 0.5 * (self.first + self.last)


def pieces(values: np.ndarray, dt: float) -> tuple[list[Piece], float]:
    """Cut a trace into straight and irregular pieces.

    Means of half a millisecond are split in two, again and again, where two lines explain most more than one, as long as they
    explain more than noise would; the edges are then found among the samples.

    Args:
        values: Samples (time,) [nA].
        dt: Spacing [ms].

    Returns:
        The pieces, which cover the trace, and the standard deviation of the noise in the means of half a millisecond [nA].

    Source: binary segmentation, Scott & Knott (1974), Biometrics 30:507; Fryzlewicz (2014), Ann. Stat. 42:2243.
    """
    width = max(round(BLOCK / dt), 1)
    count = len(values) // width
    if count < 4:
        return [_line(values, 0, len(values))], FINEST
    means = values[: count * width].reshape(count, width).mean(1)
    noisy, sigma = _irregular(means, max(round(WINDOW / (width * dt)), 8), width * dt)
    cuts = (np.flatnonzero(np.diff(noisy)) + 1).tolist()
    found: list[tuple[int, int, bool]] = []
    for a, b in zip([0, *cuts], [*cuts, count], strict=True):
        ends = [a, b] if noisy[a] else _split(means, a, b, sigma)
        found += [(i, j, bool(noisy[a])) for i, j in pairwise(ends)]
    return _to_samples(values, found, width), sigma


def _irregular(means: np.ndarray, size: int, step: float) -> tuple[np.ndarray, float]:
    """Which means lie in a stretch of noise, as a stimulus, and how noisy the rest is, hum and all [nA]."""
    bend = np.abs(np.diff(means, 2, prepend=means[0], append=means[-1]))
    count = max(len(means) // size, 1)
    scatter = np.array([np.median(w) for w in np.array_split(bend, count)]) * 1.4826 / 6**0.5
    windows = np.array_split(means, count)
    loud = scatter > IRREGULAR * max(float(np.quantile(scatter, QUIETEST)), FINEST)
    if not loud.any() and _wanders(windows):
        loud[:] = True
    loud = _long_runs(loud, max(round(SHORTEST_NOISE / (size * step)), 1))
    sd = np.array([_squares(w - w.mean())[-1] / max(len(w) - 2, 1) for w in windows]) ** 0.5
    if count < FEW:  # an edge lies in too many of them
        sd = scatter
    sigma = float(np.quantile(sd if loud.all() else sd[~loud], QUIET))
    return np.repeat(loud, [len(w) for w in windows]), max(sigma, FINEST)


def _wanders(windows: list[np.ndarray]) -> bool:
    """Whether most windows hold correlated noise: without any quiet part that is told by correlation alone."""
    sd = np.array([w.std() for w in windows])
    ratio = np.array([np.mean(np.diff(w) ** 2) for w in windows]) / np.maximum(sd, 1e-12) ** 2
    slopes = np.array([abs(w[-1] - w[0]) for w in windows])
    return bool(np.mean((ratio < WANDERING) & (ratio > 0.02) & (sd > LEAST_WANDER) & (slopes < 4 * sd)) > 0.8)


def _long_runs(mask: np.ndarray, least: int) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    lengths = edges[1::2] - edges[::2]
    kept = np.zeros(len(mask) + 1, int)
    np.add.at(kept, edges[::2][lengths >= least], 1)
    np.add.at(kept, edges[1::2][lengths >= least], -1)
    return np.cumsum(kept)[:-1] > 0


def _split(y: np.ndarray, start: int, stop: int, sigma: float) -> list[int]:
    """Ends of the straight pieces of y[start:stop]."""
    ends, waiting = [start, stop], [(start, stop)]
    while waiting and len(ends) < MOST_SPLITS:
        a, b = waiting.pop()
        if b - a < 2:
            continue
        gain, at = _best_split(y[a:b])
        if gain > PENALTY * sigma**2:
            ends.append(a + at)
            waiting += [(a, a + at), (a + at, b)]
    return _mended(y, sorted(ends), PENALTY * sigma**2)


def _mended(y: np.ndarray, ends: list[int], least: float) -> list[int]:
    """The splits with each at its best place between its neighbours, and without those that have become useless."""
    for _ in range(MENDED):
        for n in range(1, len(ends) - 1):
            ends[n] = ends[n - 1] + _best_split(y[ends[n - 1] : ends[n + 1]])[1]
    n = 1
    while n < len(ends) - 1:
        if _best_split(y[ends[n - 1] : ends[n + 1]])[0] > least:
            n += 1
        else:
            del ends[n]
            n = max(n - 1, 1)
    return ends


def _best_split(y: np.ndarray) -> tuple[float, int]:
    """How much more two lines explain than one [nA²], and where the second begins."""
    y = y - y.mean()
    left, right = _squares(y), _squares(y[::-1])[::-1]
    gain = left[-1] - (left[:-1] + right[1:])
    at = int(gain.argmax())
    return float(gain[at]), at + 1


def _squares(y: np.ndarray) -> np.ndarray:
    """Sum of squares about the line through y[: i + 1] for every i [nA²]."""
    n = np.arange(1.0, len(y) + 1)
    x = (n - 1) / len(y)
    sums = [np.cumsum(z) for z in (x, y, x * x, x * y, y * y)]
    sx, sy, sxx, sxy, syy = sums
    across = np.maximum(sxx - sx * sx / n, 1e-12)
    along = np.where(n > 2, (sxy - sx * sy / n) ** 2 / across, 0.0)  # two points are a level with noise, not a line
    return np.maximum(syy - sy * sy / n - along, 0.0)


def _to_samples(values: np.ndarray, found: list[tuple[int, int, bool]], width: int) -> list[Piece]:
    lines = [_line(values, i * width, j * width, noisy) for i, j, noisy in found]
    edges = [_edge(values, a, b, 2 * width) for a, b in pairwise(lines)]
    ends = np.maximum.accumulate([0, *edges, len(values)])
    kept = [(i, j, line.irregular) for i, j, line in zip(ends[:-1], ends[1:], lines, strict=True) if j > i]
    return [_line(values, int(i), int(j), noisy) for i, j, noisy in kept]


def _line(values: np.ndarray, start: int, stop: int, irregular: bool = False) -> Piece:
    part = values[start:stop]
    if irregular or len(part) < 3:
        return Piece(start, stop, float(part.mean()), float(part.mean()), irregular)
    x = np.linspace(-0.5, 0.5, len(part))
    slope, mean = float(x @ part / (x @ x)), float(part.mean())
    return Piece(start, stop, mean - 0.5 * slope, mean + 0.5 * slope)


def _edge(values: np.ndarray, before: Piece, after: Piece, reach: int) -> int:
    """The sample at which the second piece begins: where leaving one line for the other misses least."""
    if before.irregular != after.irregular:
        return _edge_of_noise(values, before, after, round(WINDOW / BLOCK) * reach)
    low, high = max(before.stop - reach, before.start), min(before.stop + reach, after.stop)
    at = np.arange(low, high)
    misses = [(values[low:high] - _extended(piece, at)) ** 2 for piece in (before, after)]
    total = np.concatenate([[0.0], np.cumsum(misses[0] - misses[1])])
    return low + int(total.argmin())


def _edge_of_noise(values: np.ndarray, before: Piece, after: Piece, reach: int) -> int:
    """The sample at which noise first, or last, leaves the level beside it."""
    line = after if before.irregular else before
    part = values[line.start : line.stop]
    middle = np.median(part)
    least = OUTSIDE * 1.4826 * np.median(np.abs(part - middle)) + FINEST
    low, high = max(before.stop - reach, before.start), min(before.stop + reach, after.stop)
    away = np.flatnonzero(np.abs(values[low:high] - middle) > least)
    if not away.size:
        return before.stop
    return low + int(away[-1] + 1 if before.irregular else away[0])


def _extended(piece: Piece, at: np.ndarray) -> np.ndarray:
    length = max(piece.stop - piece.start - 1, 1)
    return piece.first + (piece.last - piece.first) * (at - piece.start) / length
