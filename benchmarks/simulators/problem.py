"""The one problem that every simulator is given, and the one way in which its spikes are read.

The squid axon of Hodgkin & Huxley (1952) at 6.3 °C, rest -65 mV, leak reversal -54.387 mV, a step of 10 µA/cm² from
5 ms, 100 ms long; populations vary the sodium conductance evenly from 100 to 140 mS/cm².
"""

import numpy as np

AMPLITUDE, ONSET, DURATION, DT = 10.0, 5.0, 100.0, 0.025  # µA/cm², ms, ms, ms
LEAK_REVERSAL = -54.387  # mV
START = -65.0  # mV, gates at their steady state there
AREA = 1000.0  # µm²
STEPS = round(DURATION / DT)
STENCIL = 6


def sodium_conductances(size: int) -> np.ndarray:
    """Sodium conductance of each cell (cell,) [mS/cm²]."""
    return np.linspace(100.0, 140.0, size) if size > 1 else np.array([120.0])


def spike_times(t: np.ndarray, v: np.ndarray, level: float = 0.0) -> list[float]:
    """Times at which samples rise through a level [ms], on the polynomial through the six samples around each.

    The same for all simulators, so that none is charged with the error of a straight line between coarse samples.
    """
    t, v = np.asarray(t, float), np.asarray(v, float)
    found = []
    for left in np.nonzero((v[:-1] < level) & (v[1:] >= level))[0]:
        first = min(max(left - STENCIL // 2 + 1, 0), t.size - STENCIL)
        nodes, values = t[first : first + STENCIL] - t[left], v[first : first + STENCIL] - level
        low, high = 0.0, t[left + 1] - t[left]
        for _ in range(50):  # bisection
            middle = 0.5 * (low + high)
            low, high = (middle, high) if _interpolate(nodes, values, middle) < 0 else (low, middle)
        found.append(float(t[left] + 0.5 * (low + high)))
    return found


def _interpolate(nodes: np.ndarray, values: np.ndarray, x: float) -> float:
    """Lagrange's polynomial through (nodes, values) at x."""
    return sum(y * np.prod([(x - b) / (a - b) for b in nodes if b != a]) for a, y in zip(nodes, values, strict=True))
