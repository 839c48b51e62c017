"""Recordings of Igor Pro (IBW)."""

from .sweeps import own_sweep as own_sweep
from .sweeps import read_ibw as read_ibw
from .sweeps import series_name as series_name
from .sweeps import sweeps_ibw as sweeps_ibw
from .wave import read_wave as read_wave
