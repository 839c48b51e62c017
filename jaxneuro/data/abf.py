"""Axon binary files (ABF 1 and 2), by pyabf."""

from pathlib import Path
from typing import Any

from ..recording import Recording
from .measured import measured
from .quantity import FACTORS, convert
from .source import Sweeps, existing, optional, pick, reading


def read_abf(
    path: str | Path, sweep: int = 0, *, junction_potential: float = 0.0, units: dict[str, str] | None = None
) -> Recording:
    """One sweep of a current-clamp recording in an Axon file.

    The first channel in volts is the voltage; the current is the command waveform of the protocol.

    Args:
        path: The file.
        sweep: Number of the sweep, from 0.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `voltage` and `current` that replace those in the file.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    return pick(sweeps_abf(path, junction_potential=junction_potential, units=units), sweep, path)


def sweeps_abf(path: str | Path, *, junction_potential: float = 0.0, units: dict[str, str] | None = None) -> Sweeps:
    """Every sweep of an Axon file, by number."""
    path, pyabf = existing(path), optional("pyabf")
    with reading(path, "an Axon binary file"):
        file = pyabf.ABF(str(path))
        count, samples = file.sweepCount, file.sweepPointCount
    if not count or not samples:
        raise ValueError(f"{path} holds {count} sweeps of {samples} samples: record or export at least one.")
    units = units or {}
    channel = _voltage_channel(file, units, path)

    def load(sweep: int) -> Recording:
        where = f"{path.name} sweep {sweep}"
        with reading(path, "an Axon binary file"):
            file.setSweep(sweep, channel=channel)
            t, v, current, unit = file.sweepX.copy(), file.sweepY.copy(), file.sweepC.copy(), file.sweepUnitsC
        return measured(
            convert(t, "s", "time", where),
            convert(v, units.get("voltage", file.adcUnits[channel]), "voltage", where),
            convert(current, units.get("current", unit), "current", where),
            where,
            junction_potential,
        )

    return {number: lambda number=number: load(number) for number in range(count)}


def _voltage_channel(file: Any, units: dict[str, str], path: Path) -> int:
    if "voltage" in units:
        return 0
    for channel, unit in enumerate(file.adcUnits):
        if unit in FACTORS["voltage"]:
            return channel
    raise ValueError(
        f"{path} has channels in {', '.join(map(repr, file.adcUnits))} and none in volts: a current-clamp recording is "
        "needed, not a voltage clamp; if the unit is mislabelled, pass units={'voltage': 'mV', 'current': 'pA'}."
    )
