"""What an f–I curve tells: rheobase and gain. NumPy."""

import numpy as np

from ..targets import LEAST

STRONG = 10.0  # nA at rheobase
NAN = float("nan")


def rheobase_of(currents: np.ndarray, rates: np.ndarray) -> tuple[float, float, list[str]]:
    """The least current that fires, the largest below it that does not, and what to say of the two [nA]."""
    up = currents > LEAST
    if np.any(rates[~up & (currents > -LEAST)] > 0):
        return (
            NAN,
            NAN,
            ["the cell fires without current: it has no rheobase; inject a hyperpolarising holding current"],
        )
    fires = currents[up & (rates > 0)]
    if not fires.size:
        largest = f"{currents.max():.3g} nA" if up.any() else "no depolarising step"
        return NAN, float(currents[up].max()) if up.any() else NAN, [f"no step fires, up to {largest}: no rheobase"]
    rheobase = float(fires.min())
    below, above = currents[(rates == 0) & (currents < rheobase)], currents[(rates == 0) & (currents > rheobase)]
    notes = []
    if not below.size:
        notes.append(f"every step fires: the rheobase is at most {rheobase:.3g} nA; record smaller steps")
    if above.size:
        notes.append(f"silent again at {above.min():.3g} nA: a block, or spikes that do not reach the level")
    if rheobase > STRONG:
        notes.append(
            f"a rheobase of {rheobase:.3g} nA is large: if it is in pA, say units={{'current': 'pA'}}, --unit current=pA"
        )
    return rheobase, float(below.max()) if below.size else NAN, notes


def gain_of(currents: np.ndarray, rates: np.ndarray) -> float:
    """Slope of the line through the rising part of the f–I curve [Hz/nA]; NaN with fewer than two currents."""
    fires = currents[(rates > 0) & (currents > -LEAST)]
    if np.ptp(fires if fires.size else [0.0]) < LEAST:
        return NAN
    used = (currents >= fires.min()) & (currents <= currents[rates.argmax()])
    return float(np.polyfit(currents[used], rates[used], 1)[0]) if used.sum() > 1 else NAN
