"""Recordings of Neurodata Without Borders (NWB)."""

from .sweeps import read_nwb as read_nwb
from .sweeps import sweeps_nwb as sweeps_nwb
