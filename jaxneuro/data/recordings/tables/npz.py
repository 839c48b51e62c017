"""NumPy archives (NPZ)."""

from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from ....files import writing
from ....recording import Recording
from ...source import Sweeps, existing, pick
from ..pairing import paired
from ..quantity import OWN_UNIT, convert
from ..series import Choice, Series
from .columns import Column, by_column, find_columns
from .npz_archive import Archive


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
    archive = Archive(existing(path))
    path, shapes = archive.path, {name: header.shape for name, header in archive.headers.items()}
    choice = by_column(choice, list(shapes))
    columns = find_columns(list(shapes), choice, str(path), [name for name, shape in shapes.items() if shape])
    times, length, time_unit = _times(archive, columns, choice)
    series = []
    for quantity in ("voltage", "current"):
        for name, unit in columns[quantity]:
            sweeps, count, axis = _layout(path, name, shapes[name], length)
            assumed = tuple(q for q, u in (("time", time_unit), (quantity, unit)) if not u)
            for n in range(sweeps):
                values, clock = partial(_sweep, archive, name, axis, n), partial(times, count)
                series.append(
                    Series(
                        quantity,
                        name,
                        values,
                        unit or OWN_UNIT[quantity],
                        clock,
                        sweep=n,
                        recorded=None,
                        assumed=assumed,
                    )
                )
    _check_counts(path, series)
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}")


def _times(
    archive: Archive, columns: dict[str, list[Column]], choice: Choice
) -> tuple[Callable[[int], np.ndarray], int | None, str | None]:
    """How to get the times of so many samples [ms], how many there are if the file says, and their unit."""
    name, unit = (columns.get("time") or columns["step"])[0]
    unit, shape = choice.units.get("time", unit), archive.headers[name].shape
    if len(shape) > 1 or ("step" in columns and prod(shape) != 1):
        raise ValueError(
            f"{archive.path}: {name!r} has the shape {shape}: all sweeps need one time base, (time,), or one step."
        )

    def times(count: int) -> np.ndarray:
        values = archive.numbers(name)
        values = values.reshape(()) * np.arange(count) if "step" in columns else np.atleast_1d(values)
        return convert(values, unit or OWN_UNIT["time"], "time", f"{archive.path.name} {name}")

    return times, None if "step" in columns or not shape else shape[0], unit


def _check_counts(path: Path, series: list[Series]) -> None:
    v, i = (len({s.sweep for s in series if s.quantity == quantity}) for quantity in ("voltage", "current"))
    if v != i:
        raise ValueError(f"{path} has {v} sweeps of voltage and {i} of current: give one each.")


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


def _sweep(archive: Archive, name: str, axis: int, n: int) -> np.ndarray:
    values = archive.numbers(name)
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
    path = Path(path)
    with writing(path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz"), "b") as file:
        np.savez_compressed(file, t_ms=t, v_mV=np.stack([r.v[:, 0] for r in recordings]), i_nA=np.stack(currents))
