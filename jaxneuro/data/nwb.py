"""Neurodata Without Borders 2 (NWB), intracellular current clamp, by pynwb."""

from pathlib import Path
from typing import Any

import numpy as np

from ..recording import Recording
from .measured import measured
from .quantity import convert
from .source import Sweeps, existing, optional, pick, reading


def read_nwb(
    path: str | Path, sweep: int = 0, *, junction_potential: float = 0.0, units: dict[str, str] | None = None
) -> Recording:
    """One sweep of a current-clamp recording in an NWB 2 file.

    A `CurrentClampSeries` of the acquisition is paired with the `CurrentClampStimulusSeries` of the same row of the
    intracellular-recordings table, else of the same sweep number, else at the same place in the order of names. A file
    whose series carry sweep numbers is addressed by them, others by position from 0.

    Args:
        path: The file.
        sweep: Number of the sweep.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `voltage` and `current` that replace those in the file.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    return pick(sweeps_nwb(path, junction_potential=junction_potential, units=units), sweep, path)


def sweeps_nwb(path: str | Path, *, junction_potential: float = 0.0, units: dict[str, str] | None = None) -> Sweeps:
    """Every current-clamp sweep of an NWB file, by number."""
    path, pynwb = existing(path), optional("pynwb")
    with reading(path, "an NWB 2 file"), pynwb.NWBHDF5IO(str(path), "r") as io:
        found = _pairs(io.read(), pynwb.icephys)
        arrays = {number: (_Series(v), _Series(i)) for number, (v, i) in found.items()}
    if not arrays:
        raise ValueError(
            f"{path} holds no CurrentClampSeries with its CurrentClampStimulusSeries: a current-clamp recording with "
            "its injected current is needed."
        )

    def load(number: int) -> Recording:
        (v, i), where = arrays[number], f"{path.name} sweep {number}"
        if abs(v.start - i.start) > 1e-6:
            raise ValueError(
                f"{where}: the voltage begins at {v.start:g} s and the current at {i.start:g} s: both must cover the "
                "same time; cut them to it."
            )
        return measured(
            convert(v.times, "s", "time", where),
            convert(v.values, (units or {}).get("voltage", v.unit), "voltage", where),
            convert(i.values, (units or {}).get("current", i.unit), "current", where),
            where,
            junction_potential,
        )

    return {number: lambda number=number: load(number) for number in sorted(arrays)}


class _Series:
    """The arrays of a time series, read while its file is open."""

    def __init__(self, series: Any):
        self.values = np.asarray(series.data[:], np.float64) * series.conversion + (series.offset or 0.0)
        self.unit = series.unit
        if series.rate:
            self.start = float(series.starting_time or 0.0)
            self.times = np.arange(self.values.shape[0]) / series.rate
        else:
            self.times = np.asarray(series.timestamps[:], np.float64)
            self.start = float(self.times[0]) if self.times.size else 0.0


def _pairs(file: Any, icephys: Any) -> dict[int, tuple[Any, Any]]:
    responses = [x for x in file.acquisition.values() if isinstance(x, icephys.CurrentClampSeries)]
    stimuli = [x for x in file.stimulus.values() if isinstance(x, icephys.CurrentClampStimulusSeries)]
    responses, stimuli = (sorted(series, key=lambda x: x.name) for series in (responses, stimuli))
    partner = _partners_by_table(file) or _partners_by_number(responses, stimuli)
    if not partner and len(responses) == len(stimuli):
        partner = {r.name: s for r, s in zip(responses, stimuli, strict=True)}
    paired = [r for r in responses if r.name in partner]
    numbers = [r.sweep_number for r in paired]
    if None in numbers or len(set(numbers)) < len(numbers):
        numbers = range(len(paired))
    return {int(number): (r, partner[r.name]) for number, r in zip(numbers, paired, strict=True)}


def _partners_by_table(file: Any) -> dict[str, Any]:
    table = file.intracellular_recordings
    if table is None:
        return {}
    rows = range(len(table))
    links = [(table["responses"]["response"][i], table["stimuli"]["stimulus"][i]) for i in rows]
    return {r.timeseries.name: s.timeseries for r, s in links if r.timeseries is not None and s.timeseries is not None}


def _partners_by_number(responses: list, stimuli: list) -> dict[str, Any]:
    by_number = {s.sweep_number: s for s in stimuli if s.sweep_number is not None}
    return {r.name: by_number[r.sweep_number] for r in responses if r.sweep_number in by_number}
