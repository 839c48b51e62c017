"""From arrays of a file to a Recording, with everything checked that could make a fit meaningless."""

from collections.abc import Collection

import numpy as np

from ...recording import Recording
from .plausible import check_resistance, warn_without_current
from .quantity import say_unit

LONGEST_STEP = 2.0  # ms; a spike lasts about one
SHORTEST_STEP = 5e-4  # ms; no current clamp samples at 2 MHz
FASTEST_CONVERTER = (
    2e-3  # ms; 500 kHz (Axon Digidata 1550): shorter steps without a unit may be seconds at 0.5 to 2 kHz
)
USUAL_STEP = 1e-2  # ms; 100 kHz: shorter ones without a unit may be seconds at 100 Hz or more,
LONG_SWEEP = 1000.0  # ms; unless that would make a sweep of more than a quarter of an hour
SHORTEST_SWEEP = 5.0  # ms; shorter ones without a unit may be seconds
LARGEST_VOLTAGE = 400.0  # mV; amplifiers clip far below
SMALLEST_VOLTAGE = 1.0  # mV; a membrane that never leaves ±1 mV was written in volts
LARGEST_CURRENT = 100.0  # nA; into a neuron, through a pipette
LARGEST_JUNCTION = 100.0  # mV; between solutions of a pipette and a bath they reach some tens
JITTER = 0.05  # of a step: what rounding in a file may move a sample


def measured(
    t: np.ndarray,
    v: np.ndarray,
    current: np.ndarray,
    name: str,
    junction_potential: float = 0.0,
    *,
    source: str = "",
    current_unit: str = "nA",
    assumed: Collection[str] = (),
    told: Collection[str] = (),
) -> Recording:
    """A recording from measured arrays in the package's units.

    Args:
        t: Times (time,) [ms]; the first becomes 0.
        v: Membrane potential (time,) [mV].
        current: Injected current (time,) [nA].
        name: File and sweep; begins every error.
        junction_potential: Liquid-junction potential, subtracted from v [mV].
        source: What was paired.
        current_unit: Of the current, as it was read; an error proposes another.
        assumed: Quantities whose unit nobody states, so that they are held to narrower ranges.
        told: Quantities whose unit the user states, so that they are held to wider ones.

    Returns:
        The recording, with a regular time base.

    Raises:
        ValueError: for lengths that differ, numbers that are not finite, times that are not regular, values that
            cannot be in the unit that the file declares; a current and a voltage that no cell has together.

    A sweep that fires without any current is a warning.
    """
    if not abs(junction_potential) <= LARGEST_JUNCTION:
        raise ValueError(
            f"junction_potential = {junction_potential:g} mV: it must be a finite number within ±{LARGEST_JUNCTION:g}, in mV, "
            "such as 14."
        )
    t, v, current = (np.asarray(x, np.float64) for x in (t, v, current))
    _check_lengths(t, v, current, name)
    for what, values in (("time", t), ("voltage", v), ("current", current)):
        _check_finite(what, values, name)
    step = _regular_step(t, name)
    if "time" in assumed:
        _check_seconds(step, t.size, name)
    _check_sizes(v, current, name, told)
    guessed, stated = ("current" in some for some in (assumed, told))
    check_resistance(v, current, step, name, unit=current_unit, assumed=guessed, told=stated)
    warn_without_current(v, current, name)
    return Recording(
        t=np.arange(t.size) * step,  # pyright: ignore[reportArgumentType]  # numpy keeps float64 whatever jax does
        values={"v": (v - junction_potential)[:, None]},  # pyright: ignore[reportArgumentType]
        current=current,  # pyright: ignore[reportArgumentType]
        name=name,
        source=source,
    )


def _check_lengths(t: np.ndarray, v: np.ndarray, current: np.ndarray, name: str) -> None:
    shapes = {"time": t.shape, "voltage": v.shape, "current": current.shape}
    if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{what} {shape}" for what, shape in shapes.items())
        raise ValueError(f"{name}: {sizes}: there must be one voltage and one current for each time.")
    if t.size < 2:
        raise ValueError(f"{name} holds {t.size} samples: a recording needs at least 2; is the file complete?")


def _check_finite(what: str, values: np.ndarray, name: str) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"{name}: {bad.size} of {values.size} {what} samples are not finite, the first at sample {bad[0]} "
            f"({values[bad[0]]}): cut them out or interpolate over them before reading."
        )


def _regular_step(t: np.ndarray, name: str) -> float:
    step = (t[-1] - t[0]) / (t.size - 1)
    if not np.all(np.diff(t) > 0):
        at = int(np.flatnonzero(np.diff(t) <= 0)[0])
        raise ValueError(f"{name}: time goes from {t[at]:g} to {t[at + 1]:g} ms at sample {at}: times must increase.")
    off = np.abs(t - t[0] - step * np.arange(t.size))
    if off.max() > JITTER * step:
        at = int(off.argmax())
        raise ValueError(
            f"{name}: sample {at} lies at {t[at] - t[0]:g} ms where a regular time base of {step:g} ms has "
            f"{at * step:g} ms: samples must be evenly spaced; resample with numpy.interp, or write the times "
            "with more digits."
        )
    if not SHORTEST_STEP <= step <= LONGEST_STEP:
        raise ValueError(
            f"{name}: samples are {step:g} ms apart, expected {SHORTEST_STEP:g} to {LONGEST_STEP:g} ms: is the time in "
            f"another unit? Say which: {say_unit('time', 's')}."
        )
    return float(step)


def _check_seconds(step: float, count: int, name: str) -> None:
    short = step * count < (LONG_SWEEP if step <= USUAL_STEP * (1.0 + JITTER) else SHORTEST_SWEEP)
    if step <= FASTEST_CONVERTER * (1.0 + JITTER) or short:
        raise ValueError(
            f"{name}: {count} samples {step:g} apart and no unit of time: in ms they would last {step * count:g} ms, in s "
            f"they would be sampled at {1e-3 / step:g} kHz. Say which: {say_unit('time', 's')}, or "
            f"{say_unit('time', 'ms')}."
        )


def _check_sizes(v: np.ndarray, current: np.ndarray, name: str, told: Collection[str]) -> None:
    largest, most = np.abs(v).max(), np.abs(current).max()
    if largest < SMALLEST_VOLTAGE:
        raise ValueError(
            f"{name}: the voltage never leaves ±{largest:.3g} mV, so it looks like volts: {_remedy('voltage', 'V', told)}."
        )
    if largest > LARGEST_VOLTAGE:
        unit = "mV" if 2e4 < largest < 1e3 * LARGEST_VOLTAGE else "uV"  # a membrane of -20 to -400 mV, called volts
        raise ValueError(
            f"{name}: the voltage reaches {largest:.4g} mV, beyond ±{LARGEST_VOLTAGE:g} mV: correct the unit or the gain; "
            f"{_remedy('voltage', unit, told)}."
        )
    if most > LARGEST_CURRENT:
        raise ValueError(
            f"{name}: the current reaches {most:.4g} nA, beyond ±{LARGEST_CURRENT:g} nA, so it looks like pA: "
            f"{_remedy('current', 'pA', told)}."
        )


def _remedy(quantity: str, unit: str, told: Collection[str]) -> str:
    """What to do about numbers that are too large or small; not what the user did already."""
    if quantity in told:
        option = "channel= (--channel)" if quantity == "voltage" else "current_channel= (--current-channel)"
        return f"in the unit that you give, the gain in the file must be wrong; export it with the right one, or choose {option}"
    return f"pass {say_unit(quantity, unit)}, or correct the unit in the file"
