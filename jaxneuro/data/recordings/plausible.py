"""Whether a voltage can be a cell's answer to a current: what a wrong unit or a wrong channel gives away."""

import warnings

import numpy as np

from .quantity import FACTORS, say_unit

BIN = 20.0  # ms; about a membrane time constant, so that a short pulse and its answer fall into one
# MΩ. The cells of the lowest input resistance that are recorded through a pipette are motoneurons: cat, 0.4 to 4 (Zengel
# et al. 1985, J. Neurophysiol. 53:1323); with the electrode in series nothing lies below. Nearly all others lie above 5.
LOWEST = {"declared": 1.0, "assumed": 5.0, "told": 0.1}
HIGHEST = 5e4  # MΩ; the tightest seals are some tens of GΩ (Hamill et al. 1981, Pflügers Arch. 391:85)
USUAL = 100.0  # MΩ
LEAST_MISTAKEN = 3.0  # nA; what a current of a few pA, the least that is injected, looks like in the wrong unit
EXPLAINED = 0.8  # of the variance of the voltage, before a slope counts as a resistance
SPIKE_LEVEL, SPIKE_RISE = -10.0, 30.0  # mV; above this level, and this far above the median
LEAST_CHANGE = 0.05  # nA; of a recorded current, before it speaks against a command
LEAST_CURRENT = 1e-3  # nA; below a picoampere nothing is injected


def check_resistance(
    v: np.ndarray, i: np.ndarray, step: float, name: str, *, unit: str = "nA", assumed: bool, told: bool
) -> None:
    """Refuse an implied input resistance that no cell has.

    Means over 20 ms of the voltage are compared with those of the current. The ratio of their ranges is more than the
    input resistance, as spikes and noise add to the voltage's; so a small one proves a current that is too large. The
    slope of one on the other proves a current that is too small where it explains the voltage.

    Args:
        v: Voltage (time,) [mV].
        i: Current (time,) [nA].
        step: Sampling step [ms].
        name: The sweep, for the error.
        unit: Of the current, as it was read.
        assumed: True if no unit of current is declared.
        told: True if the user states it.

    Raises:
        ValueError: for more than 3 nA into less than 1 MΩ (5 if the unit is a guess, 0.1 if the user states it), and
            above 50 GΩ.
    """
    v, i = means_of(v, step), means_of(i, step)
    largest = np.ptp(i)
    if v.size < 2 or largest <= 1e-9 * np.abs(i).max():
        return
    low = LOWEST["told" if told else "assumed" if assumed else "declared"]
    most, slope = np.ptp(v) / largest, _slope(v, i)
    if slope <= HIGHEST and (most >= low or largest < LEAST_MISTAKEN):
        return  # a cell that hardly answers to a nanoampere is lost, not mislabelled
    said = most if slope <= HIGHEST else slope
    raise ValueError(
        f"{name}: the current spans {largest:.4g} nA and the voltage {np.ptp(v):.4g} mV, an input resistance of "
        f"{said:.3g} MΩ where cells have {low:g} to {HIGHEST:g}: is the current in another unit? Say so, even if it is "
        f"the one in the file: {say_unit('current', _likely(unit, said))}; or choose another channel."
    )


def _likely(unit: str, resistance: float) -> str:
    """The other unit of current that brings an input resistance [MΩ] nearest to a usual one."""
    wanted = FACTORS["current"][unit] * resistance / USUAL
    others = [other for other in ("pA", "nA", "uA", "mA", "A") if FACTORS["current"][other] != FACTORS["current"][unit]]
    return min(others, key=lambda other: abs(np.log(FACTORS["current"][other] / wanted)))


def warn_without_current(v: np.ndarray, i: np.ndarray, name: str) -> None:
    """Warn of a sweep that fires although nothing is injected: its current may be missing."""
    level = max(SPIKE_LEVEL, float(np.median(v)) + SPIKE_RISE)
    spikes = int(np.sum((v[1:] >= level) & (v[:-1] < level)))
    if spikes and np.abs(i).max() < LEAST_CURRENT:
        warnings.warn(
            f"{name} fires ({spikes} spikes) without any current: does it fire by itself, or was its current left out "
            "(current_channel=, --current-channel)?",
            stacklevel=4,
        )


def warn_of_disagreement(i: np.ndarray, recorded: np.ndarray, step: float, name: str, said: str) -> None:
    """Warn if a recording of the current shows another course than the command: one of the two belongs elsewhere.

    Args:
        i: Command (time,) [nA].
        recorded: What was recorded meanwhile (time,) [nA].
        step: Sampling step [ms].
        name: The sweep, for the warning.
        said: The recorded channel, for the warning.
    """
    i, recorded = means_of(i, step), means_of(recorded, step)
    change = max(float(np.ptp(i)), LEAST_CHANGE)
    if i.size < 3 or np.ptp(recorded) < 0.2 * change or _follows(recorded, i):
        return
    warnings.warn(
        f"{name}: the current is what was commanded, but the recorded {said} takes another course: if that is what was "
        "injected, choose it (current_channel=, --current-channel).",
        stacklevel=4,
    )


def _follows(one: np.ndarray, other: np.ndarray) -> bool:
    a, b = one - one.mean(), other - other.mean()
    return float(a @ b) > 0.5 * float(np.sqrt((a @ a) * (b @ b)))


def means_of(values: np.ndarray, step: float) -> np.ndarray:
    """Means over 20 ms, or a quarter of what is shorter; the last samples are left out if they fill no bin."""
    size = max(min(round(BIN / step), values.size // 4), 1)
    return values[: values.size // size * size].reshape(-1, size).mean(axis=1)


def _slope(v: np.ndarray, i: np.ndarray) -> float:
    """Slope [MΩ] of the regression of v [mV] on i [nA]; 0 if it explains little."""
    dv, di = v - v.mean(), i - i.mean()
    slope = float(dv @ di / (di @ di))
    return slope if slope**2 * (di @ di) > EXPLAINED * (dv @ dv) else 0.0
