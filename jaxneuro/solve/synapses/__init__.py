"""What the synapses of a network do in a step, and how spikes reach them."""

from .delivery import Calendar as Calendar
