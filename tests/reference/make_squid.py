"""Write squid.npz: converged spike times and voltage of the squid axon, from equations and solvers that are not ours.

Run as `python tests/reference/make_squid.py`; it needs numpy and scipy only. Two unrelated methods, an explicit and an
implicit one, must agree before anything is written.

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, with the resting potential put at -65 mV; the leak reverses at
-54.387 mV. Removable singularities of the rates are met with their limits.
"""

from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

AMPLITUDE, ONSET, DURATION = 10.0, 5.0, 100.0  # µA/cm², ms, ms
OFF_GRID_ONSET = 5.013  # ms, between the points of every grid that the tests use
TOLERANCE = 1e-13


def linear_over_exponential(x: float) -> float:
    """x / (1 - exp(-x))."""
    return 1.0 + x / 2 if abs(x) < 1e-8 else -x / np.expm1(-x)


def rates(v: float) -> tuple[np.ndarray, np.ndarray]:
    """Opening and closing rates of m, h, n at v [mV], in 1/ms."""
    alpha = [linear_over_exponential((v + 40) / 10), 0.07 * np.exp(-(v + 65) / 20),
             0.1 * linear_over_exponential((v + 55) / 10)]  # fmt: skip
    beta = [4 * np.exp(-(v + 65) / 18), 1 / (1 + np.exp(-(v + 35) / 10)), 0.125 * np.exp(-(v + 65) / 80)]
    return np.array(alpha), np.array(beta)


def slope(t: float, y: np.ndarray, current: float) -> np.ndarray:
    """d(v, m, h, n)/dt."""
    v, m, h, n = y
    alpha, beta = rates(v)
    ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
    return np.concatenate([[current - ionic], alpha * (1 - y[1:]) - beta * y[1:]])


def rising(t: float, y: np.ndarray, current: float) -> float:
    """An event at each upward crossing of 0 mV."""
    return y[0]


rising.direction = 1


def solve(slope, start: np.ndarray, onset: float, amplitude: float, duration: float, method: str, tolerance: float):
    """Spike times [ms] and the voltage at 1001 times [mV] under a step from `onset` on."""
    samples = np.linspace(0.0, duration, 1001)
    y, spikes, voltage = start, [], []
    for begin, end, current in ((0.0, onset, 0.0), (onset, duration, amplitude)):
        inside = samples[(samples >= begin) & (samples < end) | ((end == duration) & (samples == end))]
        part = solve_ivp(slope, (begin, end), y, method, np.append(inside, end) if inside[-1] < end else inside,
                         events=rising, args=(current,), rtol=tolerance, atol=tolerance)  # fmt: skip
        y = part.y[:, -1]
        spikes.append(part.t_events[0])
        voltage.append(part.y[0, : inside.size])
    return np.concatenate(spikes), np.concatenate(voltage)


def converged(slope, start: np.ndarray, onset: float, amplitude: float, duration: float):
    """The same by the explicit method, which the implicit one must confirm."""
    spikes, voltage = solve(slope, start, onset, amplitude, duration, "DOP853", TOLERANCE)
    others, _ = solve(slope, start, onset, amplitude, duration, "Radau", 1e-10)
    assert np.abs(spikes - others).max() < 1e-7, (spikes, others)
    print(spikes, "methods differ by", np.abs(spikes - others).max(), "ms")
    return spikes, voltage


if __name__ == "__main__":
    alpha, beta = rates(-65.0)
    start = np.concatenate([[-65.0], alpha / (alpha + beta)])
    spikes, v = converged(slope, start, ONSET, AMPLITUDE, DURATION)
    spikes_off_grid, v_off_grid = converged(slope, start, OFF_GRID_ONSET, AMPLITUDE, DURATION)
    np.savez_compressed(Path(__file__).with_name("squid.npz"), amplitude=AMPLITUDE, onset=ONSET, duration=DURATION,
                        onset_off_grid=OFF_GRID_ONSET, spikes=spikes, v=v, spikes_off_grid=spikes_off_grid,
                        v_off_grid=v_off_grid)  # fmt: skip
