"""Rate maps of real grid cells with their published scores: a folder of MATLAB files and a table."""

import csv
from pathlib import Path

import numpy as np

from .source import existing, optional, reading


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
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    table = existing(Path(folder).expanduser() / "gridscores.csv")
    with reading(table, "a table of grid scores"):
        rows = list(csv.DictReader(table.read_text().splitlines()))
        numbers = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "filename"}
    return np.stack([_map(table.parent / f"n{int(n)}.mat") for n in numbers["file_number"]]), numbers


def _map(path: Path) -> np.ndarray:
    path, matlab = existing(path), optional("scipy.io")
    with reading(path, "a MATLAB file with a `heat_map`"):
        return np.asarray(matlab.loadmat(str(path))["heat_map"], np.float64)
