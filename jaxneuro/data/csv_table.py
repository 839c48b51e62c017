"""Tables as text (CSV, TSV)."""

import csv
from pathlib import Path

import numpy as np

from ..recording import Recording
from .measured import measured
from .quantity import OWN_UNIT, convert, find_columns
from .source import Sweeps, existing, pick, reading


def read_csv(
    path: str | Path, sweep: int = 0, *, junction_potential: float = 0.0, units: dict[str, str] | None = None
) -> Recording:
    """A recording in a table with a header, one row a sample.

    The columns are `time`, `voltage`, `current`, or `t`, `v`, `i`, each with its unit:
    `time_s, voltage_mV, current_pA`. Without one they are in ms, mV and nA. Commas, semicolons or tabs separate;
    lines that begin with # are skipped.

    Args:
        path: The file.
        sweep: Must be 0, as a table holds one sweep.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    return pick(sweeps_csv(path, junction_potential=junction_potential, units=units), sweep, path)


def sweeps_csv(path: str | Path, *, junction_potential: float = 0.0, units: dict[str, str] | None = None) -> Sweeps:
    """The one sweep of a table."""
    path = existing(path)
    with reading(path, "text"):
        lines = [(n, line) for n, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1) if line.strip()]
    lines = [(n, line) for n, line in lines if not line.lstrip().startswith("#")]
    header = lines[0][1] if lines else ""
    separator = max(",;\t", key=header.count)
    names = [name.strip() for name in header.split(separator)]
    columns = find_columns(names, str(path), ("time", "voltage", "current"))
    if "time" not in columns:
        raise ValueError(f"{path} has no column of time: a table needs time, voltage and current in every row.")
    rows = _numbers(path, lines[1:], separator, len(names))

    def column(quantity: str) -> np.ndarray:
        name, unit = columns[quantity]
        unit = (units or {}).get(quantity, unit or OWN_UNIT[quantity])
        return convert(rows[:, names.index(name)], unit, quantity, f"{path.name} {name}")

    def load() -> Recording:
        return measured(column("time"), column("voltage"), column("current"), path.name, junction_potential)

    return {0: load}


def _numbers(path: Path, lines: list[tuple[int, str]], separator: str, width: int) -> np.ndarray:
    rows = []
    for (number, _), cells in zip(lines, csv.reader([line for _, line in lines], delimiter=separator), strict=True):
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            raise ValueError(
                f"{path} line {number}: {separator.join(cells)!r} is not all numbers: correct the line."
            ) from None
        if len(cells) != width:
            raise ValueError(
                f"{path} line {number} has {len(cells)} values where the header names {width}: is the file cut short?"
            )
    return np.array(rows).reshape(-1, width)
