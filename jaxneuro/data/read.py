"""One door to every file format."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ..recording import Recording
from .abf import sweeps_abf
from .csv_table import sweeps_csv
from .ibw import own_sweep, sweeps_ibw
from .npz import sweeps_npz
from .nwb import sweeps_nwb
from .source import Sweeps, existing, pick

MAGIC = {b"ABF2": sweeps_abf, b"ABF ": sweeps_abf, b"\x89HDF": sweeps_nwb, b"PK\x03\x04": sweeps_npz}
SUFFIXES = {".abf": sweeps_abf, ".nwb": sweeps_nwb, ".ibw": sweeps_ibw, ".npz": sweeps_npz,
            ".csv": sweeps_csv, ".tsv": sweeps_csv, ".txt": sweeps_csv}  # fmt: skip


def read_recording(
    path: str | Path,
    sweeps: Sequence[int] | None = None,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
) -> list[Recording]:
    """The sweeps of a current-clamp recording, whatever its format: ABF, NWB, IBW, NPZ or CSV.

    The format is told by the first bytes of the file, else by its suffix.

    Args:
        path: A file; for Igor waves also a folder or a pattern.
        sweeps: Numbers of the sweeps; all by default (of an Igor wave, its own).
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.

    Returns:
        Recordings in the order asked: t [ms], v (time, 1) [mV], current [nA], named after file and sweep.

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    found: Sweeps = _reader(path)(path, junction_potential=junction_potential, units=units)
    return [pick(found, sweep, path) for sweep in (sweep_numbers(path) if sweeps is None else sweeps)]


def sweep_numbers(path: str | Path) -> list[int]:
    """The sweeps that `read_recording` reads by default: all of a file, but of an Igor wave only its own."""
    reader = _reader(path)
    return [own_sweep(path)] if reader is sweeps_ibw and Path(path).is_file() else list(reader(path))


def _reader(path: str | Path) -> Callable[..., Sweeps]:
    path = Path(path).expanduser()
    if path.is_dir() or (not path.exists() and any(c in path.name for c in "*?[")):
        return sweeps_ibw
    with existing(path).open("rb") as file:
        start = file.read(4)
    reader = MAGIC.get(start) or SUFFIXES.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} begins with {start!r} and ends in {path.suffix or 'no suffix'}: the formats are "
            f"{', '.join(SUFFIXES)}; export it as one of these."
        )
    return reader
