"""What a spiking network is given."""

import jax
import numpy as np

from ..biophysics.network import SpikeTrains

Inputs = SpikeTrains | jax.Array | np.ndarray  # spikes at their times, or numbers on a grid (time, channel)
