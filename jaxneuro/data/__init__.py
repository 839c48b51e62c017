"""Files and published tables to arrays and recordings."""

from .abf import read_abf as read_abf
from .csv_table import read_csv as read_csv
from .ibw import read_ibw as read_ibw
from .npz import read_npz as read_npz
from .npz import write_npz as write_npz
from .nwb import read_nwb as read_nwb
from .read import read_recording as read_recording
from .read import sweep_numbers as sweep_numbers
