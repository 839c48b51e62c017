"""The voltages and currents of an NWB file, versions 1 and 2, as its HDF5 groups hold them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .quantity import quantity_of
from .series import Series, even_clock
from .source import DENSEST, optional, reading

ICEPHYS = "general/intracellular_ephys"
FIRST_CONVERTED = (
    1,
    1,
)  # of the Allen pipeline; before, data were in SI units whatever their conversion (AllenSDK, nwb_data_set.py)
SMALL = 2**26  # bytes; up to these a series may be all of one value


class Clamp:
    """The types of series that matter here."""

    VOLTAGE, CURRENT = "CurrentClampSeries", "CurrentClampStimulusSeries"
    OTHERS = ("IZeroClampSeries", "VoltageClampSeries", "VoltageClampStimulusSeries")


@contextmanager
def open_nwb(path: Path) -> Iterator[Any]:
    """An NWB file, once it is known to be one that stands alone.

    Raises:
        ValueError: for another kind of file, and for links to other files.
    """
    h5py = optional("h5py", "files")
    with reading(path, "an NWB 2 file"):
        file = h5py.File(path, "r")
    with file:
        with reading(path, "an NWB 2 file"):
            linked = []
            file.visititems_links(
                lambda name, link: linked.append(name) if isinstance(link, h5py.ExternalLink) else None
            )
            if not _version(file):
                raise ValueError("no nwb_version")
        if linked:
            target = file.get(linked[0], getlink=True).filename
            raise ValueError(
                f"{path}: {linked[0]} is a link to another file, {target}, which is not followed: write the data into one "
                "file (pynwb: export with link_data=False; h5repack)."
            )
        yield file


def series_of(file: Any, path: Path) -> tuple[list[Series], dict[str, int], list[str]]:
    """The current-clamp series of an open file; how many there are of other types; those outside its table.

    Raises:
        ValueError: for a file that is damaged.
    """
    with reading(path, "an NWB 2 file"):
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


def _version(file: Any) -> str:
    version = file.attrs.get("nwb_version", file["nwb_version"][()] if "nwb_version" in file else b"")
    return _text(version).removeprefix("NWB-")


def _places(file: Any) -> tuple[str, ...]:
    first = _version(file).startswith("1")
    return ("acquisition/timeseries" if first else "acquisition", "stimulus/presentation")


def _kind(group: Any, stimulus: bool) -> str:
    """The type of a series; where it says only that it is a time series, its unit tells."""
    kind = _text(group.attrs.get("neurodata_type", b""))
    ancestry = [_text(word) for word in np.atleast_1d(group.attrs.get("ancestry", []))]
    known = [word for word in (kind, *ancestry) if word in (Clamp.VOLTAGE, Clamp.CURRENT, *Clamp.OTHERS)]
    if known:
        return known[-1]
    if kind in ("TimeSeries", "PatchClampSeries", "") and quantity_of(_unit(group)) == (
        "current" if stimulus else "voltage"
    ):
        return Clamp.CURRENT if stimulus else Clamp.VOLTAGE
    return kind


def _rows(file: Any, groups: dict[str, Any]) -> dict[str, list[tuple[int, int, int]]]:
    """For each series the rows of the table of intracellular recordings that it is in: row, first sample, count."""
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
        quantity, name, partial(_values, path, group.name, first, count), _unit(group), clock, start=start,
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
    return start, lambda name=group.name: 1e3 * _slice(path, f"{name}/timestamps", first, count) - start


def _values(path: Path, name: str, first: int, count: int) -> np.ndarray:
    """The numbers of a series in its unit.

    Raises:
        ValueError: for a conversion that is no positive number: then the sign or size of the data is anybody's guess.
    """
    values, attributes = _slice(path, f"{name}/data", first, count, with_attributes=True)
    conversion, offset = float(attributes.get("conversion", 1.0)), float(attributes.get("offset", 0.0))
    if not 0.0 < conversion < np.inf or not np.isfinite(offset):
        raise ValueError(
            f"{path.name}: {name} has the conversion {conversion:g} and the offset {offset:g}: a conversion to "
            f"{_text(attributes.get('unit', b'its unit'))} must be a positive number; correct it in the file."
        )
    return conversion * values + offset


def _slice(path: Path, name: str, first: int, count: int, with_attributes: bool = False) -> Any:
    with open_data(path) as file:
        data = file[name]
        if data.is_virtual or data.external:
            raise ValueError(f"{name} lies in another file, which is not followed")
        promised, stored = data.size * data.dtype.itemsize, data.id.get_storage_size()
        if data.dtype.kind not in "iuf" or promised > max(DENSEST * stored, SMALL):
            raise ValueError(f"{name} promises {data.size} numbers of type {data.dtype} and stores {stored} bytes")
        values = data[first : first + count].astype(np.float64)
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        attributes = dict(data.attrs)
        if _unconverted(file):
            attributes["conversion"] = 1.0
    return (values, attributes) if with_attributes else values


@contextmanager
def open_data(path: Path) -> Iterator[Any]:
    """A file that was looked at before, to read numbers from."""
    with reading(path, "an NWB 2 file"), optional("h5py", "files").File(path, "r") as file:
        yield file


def _unconverted(file: Any) -> bool:
    """Whether this is an early file of the Allen Institute, whose conversions are not to be applied."""
    words = (
        [_text(word) for word in np.ravel(file["general/generated_by"][()])] if "general/generated_by" in file else []
    )
    if "version" not in words[:-1] or not _version(file).startswith("1"):
        return False
    numbers = re.findall(r"\d+", words[words.index("version") + 1])
    return tuple(map(int, numbers[:2])) < FIRST_CONVERTED


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
    if number is None and _version(file).startswith("1"):
        found = re.search(r"\d+", name)  # Sweep_12, data_00012_AD0
        number = found and found[0]
    return None if number is None else int(number)


def _electrode(file: Any, group: Any) -> str:
    if "electrode_name" in group:
        return _text(group["electrode_name"][()])
    electrode, known = group.get("electrode"), file.get(ICEPHYS)
    if electrode is None or known is None:
        return ""
    return next((name for name, item in known.items() if item == electrode), electrode.name.rpartition("/")[2])


def _bias(group: Any, quantity: str) -> float:
    """The bias current [nA]; in the file in amperes."""
    bias = float(group["bias_current"][()]) if quantity == "voltage" and "bias_current" in group else 0.0
    return 1e9 * bias if np.isfinite(bias) else 0.0


def _unit(group: Any) -> str | None:
    return _text(group["data"].attrs.get("unit", b"")) or None


def _text(word: Any) -> str:
    word = word.item() if isinstance(word, np.ndarray) and word.size == 1 else word
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
