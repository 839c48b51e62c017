"""How alike two things are: arrays in, scores out."""

from ..lazy import listing as _listing
from .spike_distances import van_rossum as van_rossum
from .spike_distances import victor_purpura as victor_purpura

__dir__ = _listing(__file__)
