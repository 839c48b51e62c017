"""Rate maps of real grid cells with their published scores: a folder of MATLAB files and a table."""

import csv
from pathlib import Path

import numpy as np

from .matlab import read_array
from .source import existing, reading


def read_grid_maps(folder: str | Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rate maps `nN.mat` and what the table `gridscores.csv` says of them.

    The folder is that of github.com/Hippocampome-Org/gridcell_metrics; the recordings are of mice, Dannenberg et al. (2020),
    eLife 9:e62500.

    Args:
        folder: Where they lie.

    Returns:
        Maps (cell, y, x) [Hz], in the order of the table, and the columns of numbers of the table (cell,), among them
        `gridness3score`, whose ellipse was corrected for (Brandon et al. 2011).

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    table = existing(Path(folder).expanduser() / "gridscores.csv")
    with reading(table, "a table of grid scores"):
        rows = list(csv.DictReader(table.read_text().splitlines()))
        numbers = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "filename"}
    files = [_file(table, number) for number in numbers.get("file_number", ())]
    if not files:
        raise ValueError(f"{table} has no column file_number: it says in which nN.mat the map of a row is.")
    maps = [read_array(path, "heat_map") for path in files]
    shapes = {path.name: np.shape(rates) for path, rates in zip(files, maps, strict=True)}
    if len(set(shapes.values())) > 1 or maps[0].ndim != 2:
        raise ValueError(f"{table.parent} has maps of shapes {shapes}: they must be planes of one shape.")
    return np.stack(maps), numbers


def _file(table: Path, number: float) -> Path:
    if not number.is_integer() or number < 0:
        raise ValueError(f"{table}: the file_number {number:g} must be a whole number, as N in nN.mat.")
    return table.parent / f"n{number:.0f}.mat"
