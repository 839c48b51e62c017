"""Recordings in tables: text of columns, and archives of NumPy."""

from .csv_table import read_csv as read_csv
from .csv_table import sweeps_csv as sweeps_csv
from .npz import read_npz as read_npz
from .npz import sweeps_npz as sweeps_npz
from .npz import write_npz as write_npz
