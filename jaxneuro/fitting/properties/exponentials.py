"""How a voltage relaxes to a new level: one exponential or two, with errors that know of correlated noise. NumPy."""

from typing import NamedTuple

import numpy as np

MOST = 5000  # samples; more are averaged, which changes no time constant
GRID, ZOOMED, ZOOMS = (
    40,
    7,
    8,
)  # time constants that are tried: on the way from the briefest to the longest, then nearby
BRIEFEST, LONGEST = 0.1, 10.0  # ms, and lengths of the trace
CORRELATED = 5.0  # ms over which noise may be correlated
SMOOTHED, OUTSIDE = 2.0, 5.0  # ms averaged, and standard deviations beyond which a piece is not of the response
APART = 2.5  # ratio of two time constants that can be told apart
SHARE = 0.3  # of the way that the slower one must go; less is a drift
EVIDENCE = 6.0  # by which a second exponential must be likelier than its two parameters cost


class Relaxation(NamedTuple):
    """level + Σ amplitude exp(-t / tau), the slowest first.

    Attributes:
        level: What is approached, in the unit of the trace.
        amplitudes: One for each exponential, in that unit.
        taus: Time constants [ms].
        covariance: Of level, amplitudes and taus in this order, (parameter, parameter).
    """

    level: float
    amplitudes: np.ndarray
    taus: np.ndarray
    covariance: np.ndarray

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """The curve at any times (time,) [ms]."""
        return self.level + np.exp(-t[:, None] / self.taus) @ self.amplitudes


def relaxation(t: np.ndarray, y: np.ndarray) -> Relaxation:
    """Fit a relaxation by least squares; what lies outside, such as a synaptic potential, is left out in a second pass.

    The amplitudes are free, so that neither an unbalanced bridge nor an onset that is some samples late moves the time
    constant. A second exponential is taken if it explains more than its parameters would explain of noise, with the
    number of samples reduced to that of independent ones (Bayesian information criterion).

    Args:
        t: Times since the onset, regular (time,) [ms].
        y: The trace (time,).

    Returns:
        The curve that fits.

    Source: variable projection, Golub & Pereyra (1973), SIAM J. Numer. Anal. 10:413; Schwarz (1978), Ann. Stat. 6:461.
    """
    t, y = _averaged(t, y)
    found = _chosen(t, y, np.ones(len(y)))
    return _chosen(t, y, _inside(t, y - found(t)))


def _averaged(t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    width = -(-len(t) // MOST)
    count = len(t) // width
    return tuple(x[: count * width].reshape(count, width).mean(1) for x in (t, y))  # pyright: ignore


def _inside(t: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """1 where the residual looks like all others, 0 where it does not (time,)."""
    size = _samples(t, SMOOTHED)
    smooth = np.convolve(rest, np.ones(size) / size, "same")
    scale = 1.4826 * np.median(np.abs(smooth - np.median(smooth)))
    away = np.abs(smooth) > OUTSIDE * scale
    wide = np.convolve(away, np.ones(2 * size + 1), "same") > 0
    return np.ones(len(t)) if wide.mean() > 0.3 else np.where(wide, 0.0, 1.0)


def _chosen(t: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Relaxation:
    one, two = (_described(t, y, weight, taus) for taus in (_single(t, y, weight), _pair(t, y, weight)))
    misses = [float(weight @ (y - curve(t)) ** 2) for curve in (one, two)]
    free = weight.sum() / _inflation(t, y - two(t), weight)
    gain = free * np.log(max(misses[0], 1e-300) / max(misses[1], 1e-300))
    slow, fast = two.amplitudes
    plausible = slow * fast > 0 and abs(slow) > SHARE * abs(slow + fast) and two.taus[0] > APART * two.taus[1]
    return two if plausible and gain > 2 * np.log(max(free, 2.0)) + EVIDENCE else one


def _single(t: np.ndarray, y: np.ndarray, weight: np.ndarray) -> list[float]:
    taus = np.geomspace(BRIEFEST, LONGEST * t[-1], GRID)
    for _ in range(ZOOMS):
        gram, across = _products(t, y, weight, taus)
        best = int(np.argmax(across**2 / np.maximum(np.diag(gram), 1e-300)))
        taus = _nearby(taus, best)
    return [float(taus[ZOOMED // 2])]


def _pair(t: np.ndarray, y: np.ndarray, weight: np.ndarray) -> list[float]:
    slow = fast = np.geomspace(BRIEFEST, LONGEST * t[-1], GRID)
    for _ in range(ZOOMS):
        gram, across = _products(t, y, weight, np.concatenate([slow, fast]))
        n = len(slow)
        aa, bb, ab = np.diag(gram)[:n, None], np.diag(gram)[None, n:], gram[:n, n:]
        a, b = across[:n, None], across[None, n:]
        determinant = aa * bb - ab**2
        told = (slow[:, None] > 1.2 * fast) & (determinant > 1e-9 * aa * bb)
        explained = np.where(told, (a * a * bb - 2 * a * b * ab + b * b * aa) / np.where(told, determinant, 1.0), -1.0)
        i, j = np.unravel_index(int(explained.argmax()), explained.shape)
        slow, fast = _nearby(slow, int(i)), _nearby(fast, int(j))
    return [float(slow[ZOOMED // 2]), float(fast[ZOOMED // 2])]


def _products(t: np.ndarray, y: np.ndarray, weight: np.ndarray, taus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inner products of exponentials with one another and with the trace, all without their means."""
    shapes = np.exp(-t[:, None] / taus)
    shapes = shapes - weight @ shapes / weight.sum()
    return (weight[:, None] * shapes).T @ shapes, (weight * (y - weight @ y / weight.sum())) @ shapes


def _nearby(taus: np.ndarray, best: int) -> np.ndarray:
    """Time constants around the best, which is in the middle, from one neighbour to the other."""
    ratio = (taus[1] / taus[0]) ** np.linspace(-1.0, 1.0, ZOOMED)
    return np.clip(taus[best], BRIEFEST, None) * ratio


def _described(t: np.ndarray, y: np.ndarray, weight: np.ndarray, taus: list[float]) -> Relaxation:
    """The curve with given time constants, and how well all its numbers are known."""
    times = np.asarray(taus)
    shapes = np.exp(-t[:, None] / times)
    design = np.column_stack([np.ones_like(t), shapes])
    root = np.sqrt(weight)
    numbers = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    slopes = np.column_stack([design, numbers[1:] * shapes * t[:, None] / times**2])
    rest = y - design @ numbers
    variance = float(weight @ rest**2) / max(weight.sum() - slopes.shape[1], 1.0) * _inflation(t, rest, weight)
    covariance = variance * np.linalg.pinv((weight[:, None] * slopes).T @ slopes, rcond=1e-14)
    return Relaxation(float(numbers[0]), numbers[1:], times, covariance)


def _inflation(t: np.ndarray, rest: np.ndarray, weight: np.ndarray) -> float:
    """How many samples of a residual are worth one that is independent."""
    size = min(_samples(t, CORRELATED), max(len(rest) // 20, 1))
    count = len(rest) // size
    means = (weight * rest)[: count * size].reshape(count, size).mean(1)
    return max(size * float(np.mean(means**2)) / max(float(np.mean(rest**2)), 1e-300), 1.0)


def _samples(t: np.ndarray, length: float) -> int:
    return max(round(length / (t[1] - t[0])), 1)
