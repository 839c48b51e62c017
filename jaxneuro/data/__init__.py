"""Files and published tables to arrays, recordings and morphologies."""

from ..lazy import listing as _listing
from .event_files import AddressEvents as AddressEvents
from .event_files import read_bs2 as read_bs2
from .event_files import read_shd as read_shd
from .event_files import stack_events as stack_events
from .event_files import write_bs2 as write_bs2
from .grid_maps import read_grid_maps as read_grid_maps
from .morphologies import read_asc as read_asc
from .morphologies import read_morphology as read_morphology
from .morphologies import read_swc as read_swc
from .morphologies import write_swc as write_swc
from .recordings import read_recording as read_recording
from .recordings import sweep_numbers as sweep_numbers
from .recordings.abf import read_abf as read_abf
from .recordings.igor import read_ibw as read_ibw
from .recordings.nwb import read_nwb as read_nwb
from .recordings.tables import read_csv as read_csv
from .recordings.tables import read_npz as read_npz
from .recordings.tables import write_npz as write_npz
from .spike_text import read_spike_times as read_spike_times
from .spike_text import read_waveform as read_waveform
from .trajectory import Trajectory as Trajectory
from .trajectory import read_trajectory as read_trajectory
from .trajectory import regular_track as regular_track

__dir__ = _listing(__file__)
