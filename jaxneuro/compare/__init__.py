"""How alike two things are: arrays in, scores out."""

from .spike_distances import van_rossum as van_rossum
from .spike_distances import victor_purpura as victor_purpura
