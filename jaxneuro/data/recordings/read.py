"""One door to every file format."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ...recording import Recording
from ..source import Sweeps, existing, pick
from .abf import sweeps_abf
from .igor import own_sweep, series_name, sweeps_ibw
from .nwb import sweeps_nwb
from .series import Choice
from .tables import sweeps_csv, sweeps_npz

MAGIC = {b"ABF2": sweeps_abf, b"ABF ": sweeps_abf, b"\x89HDF": sweeps_nwb, b"PK\x03\x04": sweeps_npz,
         b"ATF\t": sweeps_csv, b"ATF ": sweeps_csv, b"\x1f\x8b": sweeps_csv}  # fmt: skip
SUFFIXES = {".abf": sweeps_abf, ".nwb": sweeps_nwb, ".ibw": sweeps_ibw, ".npz": sweeps_npz, ".csv": sweeps_csv,
            ".tsv": sweeps_csv, ".txt": sweeps_csv, ".atf": sweeps_csv, ".gz": sweeps_csv}  # fmt: skip


def read_recording(
    path: str | Path,
    sweeps: Iterable[int] | None = None,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    channel: str | int | None = None,
    current_channel: str | int | None = None,
    columns: dict[str, str] | None = None,
) -> list[Recording]:
    """The sweeps of a current-clamp recording, whatever its format: ABF, NWB, IBW, NPZ, CSV or ATF.

    The format is told by the first bytes of the file, else by its suffix. Which current belongs to which voltage is told
    by the file (`Recording.source` says what was paired); what it leaves open is refused, with the choices.

    Args:
        path: A file; for Igor waves also a folder or a pattern.
        sweeps: Numbers of the sweeps; all by default (of an Igor wave, its own).
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.
        channel: The voltage, by name, number or electrode, where a file holds several.
        current_channel: The current, by name or number.
        columns: Names of the columns of a table, or arrays of an archive, for `time`, `voltage` and `current`.

    Returns:
        Recordings in the order asked: t [ms], v (time, 1) [mV], current [nA], named after file and sweep.

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    found = _sweeps(path, Choice.of(channel, current_channel, columns, units, junction_potential))
    return [pick(found, sweep, path) for sweep in (_own(path, found) if sweeps is None else sweeps)]


def sweep_numbers(
    path: str | Path,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    channel: str | int | None = None,
    current_channel: str | int | None = None,
    columns: dict[str, str] | None = None,
) -> list[int]:
    """The sweeps that `read_recording` reads by default: all of a file, but of an Igor wave only its own."""
    return _own(path, _sweeps(path, Choice.of(channel, current_channel, columns, units, junction_potential)))


def each_once(paths: Iterable[str | Path]) -> dict[Path, list[int] | None]:
    """Files that a shell has spelled out, each once, and the sweeps that they mean; None for all that one holds.

    The waves of one Igor series count as one file, the first, with the sweeps of all.

    Raises:
        FileNotFoundError, ValueError: for what is no recording.
    """
    found: dict[object, tuple[Path, list[int] | None]] = {}
    for path in map(Path, paths):
        if _reader(path) is sweeps_ibw and path.expanduser().is_file():
            _, sweeps = found.setdefault(series_name(path), (path, []))
            if sweeps is not None and own_sweep(path) not in sweeps:
                sweeps.append(own_sweep(path))
        else:
            found.setdefault(path.expanduser().resolve(), (path, None))
    return dict(found.values())


def _sweeps(path: str | Path, choice: Choice) -> Sweeps:
    reader = _reader(path)
    if choice.columns and reader not in (sweeps_csv, sweeps_npz):
        raise ValueError(
            f"columns={choice.columns} (--columns): {path} has no columns by name; choose with channel= (--channel) and "
            "current_channel= (--current-channel)."
        )
    return reader(path, choice)


def _own(path: str | Path, found: Sweeps) -> list[int]:
    if _reader(path) is sweeps_ibw and Path(path).expanduser().is_file():
        return [own_sweep(path)]
    return list(found)


def _reader(path: str | Path) -> Callable[[str | Path, Choice], Sweeps]:
    path = Path(path).expanduser()
    if path.is_dir() or (not path.exists() and any(c in path.name for c in "*?[")):
        return sweeps_ibw
    with existing(path).open("rb") as file:
        start = file.read(4)
    reader = MAGIC.get(start) or MAGIC.get(start[:2]) or SUFFIXES.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} begins with {start!r} and ends in {path.suffix or 'no suffix'}: the formats are "
            f"{', '.join(SUFFIXES)}; export it as one of these."
        )
    return reader
