"""Write regular_spiking.npz: converged spike times of a cortical cell that adapts, from equations that are not ours.

Run as `python tests/reference/make_regular_spiking.py`; see make_squid.py, whose solvers it uses.

Source: Pospischil et al. (2008), Biol. Cybern. 99:427, eqs. 3-5 with the parameters of the RS cell (V_T = -55 mV).
"""

from pathlib import Path

import numpy as np
from make_squid import converged, linear_over_exponential

AMPLITUDE, ONSET, DURATION = 2.6, 20.0, 300.0  # µA/cm², ms, ms
V_T, TAU_MAX, START = -55.0, 1000.0, -70.0  # mV, ms, mV


def steady_and_rate(v: float) -> tuple[np.ndarray, np.ndarray]:
    """Steady state and rate [1/ms] of m, h, n, p at v [mV]."""
    u = v - V_T
    alpha = np.array([0.32 * 4 * linear_over_exponential((u - 13) / 4), 0.128 * np.exp(-(u - 17) / 18),
                      0.032 * 5 * linear_over_exponential((u - 15) / 5)])  # fmt: skip
    beta = np.array([0.28 * 5 * linear_over_exponential(-(u - 40) / 5), 4 / (1 + np.exp(-(u - 40) / 5)),
                     0.5 * np.exp(-(u - 10) / 40)])  # fmt: skip
    p, tau = 1 / (1 + np.exp(-(v + 35) / 10)), TAU_MAX / (3.3 * np.exp((v + 35) / 20) + np.exp(-(v + 35) / 20))
    return np.append(alpha / (alpha + beta), p), np.append(alpha + beta, 1 / tau)


def slope(t: float, y: np.ndarray, current: float) -> np.ndarray:
    """d(v, m, h, n, p)/dt."""
    v, m, h, n, p = y
    steady, rate = steady_and_rate(v)
    ionic = 50 * m**3 * h * (v - 50) + (5 * n**4 + 0.07 * p) * (v + 100) + 0.1 * (v + 70)
    return np.concatenate([[current - ionic], rate * (steady - y[1:])])


if __name__ == "__main__":
    start = np.concatenate([[START], steady_and_rate(START)[0]])
    spikes, v = converged(slope, start, ONSET, AMPLITUDE, DURATION)
    np.savez_compressed(Path(__file__).with_name("regular_spiking.npz"), amplitude=AMPLITUDE, onset=ONSET,
                        duration=DURATION, spikes=spikes, v=v)  # fmt: skip
