"""The voltages and currents of an NWB file, versions 1 and 2, as its HDF5 groups hold them."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...source import reading
from ..quantity import quantity_of
from ..series import Series, even_clock
from .file import KIND, read_slice, read_values, text_of, version_of

ICEPHYS = "general/intracellular_ephys"


class Clamp:
    """The types of series that matter here."""

    VOLTAGE, CURRENT = "CurrentClampSeries", "CurrentClampStimulusSeries"
    OTHERS = ("IZeroClampSeries", "VoltageClampSeries", "VoltageClampStimulusSeries")


def series_of(file: Any, path: Path) -> tuple[list[Series], dict[str, int], list[str]]:
    """The current-clamp series of an open file; how many there are of other types; those outside its table.

    Raises:
        ValueError: for a file that is damaged.
    """
    with reading(path, KIND):
        groups = {g.name: g for place in _places(file) if place in file for g in file[place].values() if "data" in g}
        kinds = {name: _kind(group, "stimulus" in name) for name, group in groups.items()}
        clamped = {name: g for name, g in groups.items() if kinds[name] in (Clamp.VOLTAGE, Clamp.CURRENT)}
        rows = _rows(file, clamped)
        found, outside = [], []
        for name, group in clamped.items():
            quantity = "voltage" if kinds[name] == Clamp.VOLTAGE else "current"
            parts = rows.get(name, [])
            if rows and not parts:
                outside += [name.rpartition("/")[2]] if quantity == "voltage" else []
                continue
            for row, first, count in parts or [(None, 0, None)]:
                found.append(_series(file, path, group, quantity, row, first, count))
    others = {kind: list(kinds.values()).count(kind) for kind in Clamp.OTHERS if kind in kinds.values()}
    return found, others, outside


def _places(file: Any) -> tuple[str, ...]:
    first = version_of(file).startswith("1")
    return ("acquisition/timeseries" if first else "acquisition", "stimulus/presentation")


def _kind(group: Any, stimulus: bool) -> str:
    """The type of a series; where it says only that it is a time series, its unit tells."""
    kind = text_of(group.attrs.get("neurodata_type", b""))
    ancestry = [text_of(word) for word in np.atleast_1d(group.attrs.get("ancestry", []))]
    known = [word for word in (kind, *ancestry) if word in (Clamp.VOLTAGE, Clamp.CURRENT, *Clamp.OTHERS)]
    if known:
        return known[-1]
    quantity, type_of_it = ("current", Clamp.CURRENT) if stimulus else ("voltage", Clamp.VOLTAGE)
    plain = kind in ("TimeSeries", "PatchClampSeries", "")
    return type_of_it if plain and quantity_of(_unit(group)) == quantity else kind


def _rows(file: Any, groups: dict[str, Any]) -> dict[str, list[tuple[int, int, int]]]:
    """The rows of the table of intracellular recordings that each series is in: row, first sample, count."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    table = file.get(f"{ICEPHYS}/intracellular_recordings")
    if table is None:
        return found
    for place in ("responses/response", "stimuli/stimulus"):
        for row, (first, count, reference) in enumerate(table[place][()].tolist()):
            name = file[reference].name if reference and first >= 0 and count > 0 else None
            if name in groups:
                found.setdefault(name, []).append((row, first, count))
    responses = [name for name in found if "acquisition" in name]
    return found if responses else {}


def _series(file: Any, path: Path, group: Any, quantity: str, row: int | None, first: int, count: int | None) -> Series:
    name = group.name.rpartition("/")[2]
    length = group["data"].shape[0] if group["data"].ndim else 0
    if count is None:
        count = _valid(file, name, length)
    if first + count > length:
        raise ValueError(
            f"row {row} of the table asks for samples {first} to {first + count} of {name}, which has {length}"
        )
    start, clock = _clock(path, group, first, count)
    return Series(
        quantity, name, partial(read_values, path, group.name, first, count), _unit(group), clock, start=start,
        sweep=_sweep(file, group, name), electrode=_electrode(file, group), row=row,
        recorded=quantity == "voltage", bias=_bias(group, quantity),
    )  # fmt: skip


def _clock(path: Path, group: Any, first: int, count: int) -> tuple[float, Any]:
    """Time of the first sample [ms], and how to get those of all from there."""
    if "starting_time" in group:
        rate = float(group["starting_time"].attrs["rate"])
        if not 0.0 < rate < np.inf:
            raise ValueError(f"{group.name} has a rate of {rate} Hz")
        return 1e3 * (float(group["starting_time"][()]) + first / rate), even_clock(count, 1e3 / rate)
    start = 1e3 * float(group["timestamps"][first]) if count else 0.0
    return start, lambda name=group.name: 1e3 * read_slice(path, f"{name}/timestamps", first, count) - start


def _valid(file: Any, name: str, length: int) -> int:
    """How many samples are valid: in NWB 1 of the Allen Institute what follows the experiment of a sweep is not."""
    response = file.get(f"epochs/{name.replace('Sweep', 'Experiment')}/response")
    if not name.startswith("Sweep_") or response is None or "count" not in response:
        return length
    return min(length, int(response["idx_start"][()]) + int(response["count"][()]))


def _sweep(file: Any, group: Any, name: str) -> int | None:
    number = group.attrs.get("sweep_number")
    if number is None and "sweep_number" in group:
        number = group["sweep_number"][()]
    if number is None and version_of(file).startswith("1"):
        found = re.search(r"\d+", name)  # Sweep_12, data_00012_AD0
        number = found and found[0]
    return None if number is None else int(number)


def _electrode(file: Any, group: Any) -> str:
    if "electrode_name" in group:
        return text_of(group["electrode_name"][()])
    electrode, known = group.get("electrode"), file.get(ICEPHYS)
    if electrode is None or known is None:
        return ""
    return next((name for name, item in known.items() if item == electrode), electrode.name.rpartition("/")[2])


def _bias(group: Any, quantity: str) -> float:
    """The bias current [nA]; in the file in amperes."""
    bias = float(group["bias_current"][()]) if quantity == "voltage" and "bias_current" in group else 0.0
    return 1e9 * bias if np.isfinite(bias) else 0.0


def _unit(group: Any) -> str | None:
    return text_of(group["data"].attrs.get("unit", b"")) or None
