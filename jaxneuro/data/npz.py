"""NumPy archives (NPZ)."""

import zipfile
from functools import cache
from pathlib import Path

import numpy as np

from ..recording import Recording
from .columns import by_column, find_columns
from .pairing import paired
from .quantity import OWN_UNIT, convert
from .series import Choice, Series
from .source import DENSEST, Sweeps, existing, pick, reading

LARGEST = 2**32  # bytes of one array; days of recording
Header = tuple[tuple[int, ...], np.dtype]


def read_npz(
    path: str | Path,
    sweep: int = 0,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    columns: dict[str, str] | None = None,
) -> Recording:
    """One sweep of a recording in a NumPy archive.

    The arrays are `time`, `voltage`, `current`, or `t`, `v`, `i`, each with its unit after an underscore: `v_mV`,
    `i_pA`. Without one they are in ms, mV and nA, if these can be. A number `dt_ms` may stand for the times. Voltage and
    current are (time,), (sweep, time) or (time, sweep): time is the axis as long as the times, else the longer one.
    Nothing in the file is executed: archives with Python objects are refused.

    Args:
        path: The file.
        sweep: Number of the sweep, from 0.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.
        columns: Names of the arrays of `time` (or `step`), `voltage` and `current`, where they are others.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    return pick(sweeps_npz(path, Choice.of(None, None, columns, units, junction_potential)), sweep, path)


def sweeps_npz(path: str | Path, choice: Choice) -> Sweeps:
    """Every sweep of a NumPy archive, by number; only the arrays that are needed are read."""
    path = existing(path)
    with reading(path, "a NumPy archive"), zipfile.ZipFile(path) as archive:
        headers = {i.filename.removesuffix(".npy"): _header(archive, i) for i in archive.infolist()}
    choice = by_column(choice, list(headers))
    columns = find_columns(list(headers), choice, str(path), [n for n, (shape, _) in headers.items() if shape])
    time_name, time_unit = (columns.get("time") or columns["step"])[0]
    time_unit = choice.units.get("time", time_unit)

    @cache
    def read(name: str) -> np.ndarray:
        return _numbers(path, name, headers[name])

    @cache
    def times(count: int) -> np.ndarray:
        values = read(time_name) if "time" in columns else float(read(time_name).reshape(-1)[0]) * np.arange(count)
        return convert(values, time_unit or OWN_UNIT["time"], "time", f"{path.name} {time_name}")

    if len(headers[time_name][0]) > 1:
        raise ValueError(
            f"{path}: {time_name!r} has the shape {headers[time_name][0]}: all sweeps need one time base, (time,)."
        )
    length = headers[time_name][0][0] if "time" in columns and headers[time_name][0] else None
    series = []
    for quantity in ("voltage", "current"):
        for name, unit in columns[quantity]:
            sweeps, count, axis = _layout(path, name, headers[name][0], length)
            assumed = [q for q, u in (("time", time_unit), (quantity, unit)) if not u]
            for n in range(sweeps):
                values = lambda name=name, axis=axis, n=n: _sweep(read(name), axis, n)
                clock = lambda count=count: times(count)
                series.append(
                    Series(
                        quantity,
                        name,
                        values,
                        unit or OWN_UNIT[quantity],
                        clock,
                        sweep=n,
                        recorded=None,
                        assumed=tuple(assumed),
                    )
                )
    _check_counts(path, series)
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}")


def _check_counts(path: Path, series: list[Series]) -> None:
    v, i = (len({s.sweep for s in series if s.quantity == quantity}) for quantity in ("voltage", "current"))
    if v != i:
        raise ValueError(f"{path} has {v} sweeps of voltage and {i} of current: give one each.")


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
    """Shape and type of an array, without reading it.

    Raises:
        ValueError: if these are not the size of what the archive holds.
    """
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds Python objects, which are not loaded")
        if size != member.file_size - file.tell() or member.file_size > DENSEST * member.compress_size + DENSEST:
            raise ValueError(f"{member.filename} promises {size} bytes and holds {member.file_size - file.tell()}")
    return shape, dtype


def _numbers(path: Path, name: str, header: Header) -> np.ndarray:
    shape, dtype = header
    if dtype.kind not in "iuf":
        raise ValueError(
            f"{path}: the numbers in {name!r} are of type {dtype}: they must be real numbers; write them as float64."
        )
    if int(np.prod(shape, dtype=object)) * 8 > LARGEST:
        raise ValueError(
            f"{path}: {name!r} has the shape {shape}, more than {LARGEST / 2**30:g} GiB: cut it into files."
        )
    with reading(path, f"numbers in {name!r}"), np.load(path, allow_pickle=False) as archive:
        return np.asarray(archive[name], np.float64)


def _layout(path: Path, name: str, shape: tuple[int, ...], length: int | None) -> tuple[int, int, int]:
    """How many sweeps of how many samples an array holds, and which axis is time."""
    if len(shape) < 2:
        return 1, shape[0] if shape else 1, 0
    if len(shape) > 2:
        raise ValueError(f"{path}: {name!r} has the shape {shape}: it must be (time,), (sweep, time) or (time, sweep).")
    fits = [axis for axis in (0, 1) if shape[axis] == length]
    if len(fits) == 2 or (not fits and shape[0] == shape[1]):
        raise ValueError(f"{path}: {name!r} has the shape {shape}: which axis is time? Write each sweep as (time,).")
    axis = fits[0] if fits else int(shape[1] > shape[0])
    return shape[1 - axis], shape[axis], axis


def _sweep(values: np.ndarray, axis: int, n: int) -> np.ndarray:
    return np.atleast_1d(values) if values.ndim < 2 else np.take(values, n, axis=1 - axis)


def write_npz(path: str | Path, recordings: Recording | list[Recording]) -> None:
    """Write recordings that share one time base, so that `read_npz` gives them back.

    Args:
        path: The file to write.
        recordings: One or several, each with one compartment and a current.

    Raises:
        ValueError: if there is no current, or the times differ.
    """
    recordings = [recordings] if isinstance(recordings, Recording) else list(recordings)
    currents = [np.asarray(r.current) for r in recordings if r.current is not None]
    if not recordings or len(currents) < len(recordings):
        raise ValueError("a recording without its current cannot be read again: recording.replace(current=...) [nA].")
    t = np.asarray(recordings[0].t)
    if any(np.shape(r.t) != t.shape or not np.allclose(r.t, t) for r in recordings):
        raise ValueError(
            "recordings of one archive need one time base: write those that differ into files of their own."
        )
    np.savez_compressed(path, t_ms=t, v_mV=np.stack([r.v[:, 0] for r in recordings]), i_nA=np.stack(currents))
