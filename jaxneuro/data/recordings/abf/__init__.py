"""Recordings of Axon (ABF)."""

from .command import Epoch as Epoch
from .command import waveform as waveform
from .sweeps import read_abf as read_abf
from .sweeps import sweeps_abf as sweeps_abf
