"""Networks of cells: populations, projections, their edges and synapses."""

from .network import ByPopulation as ByPopulation
from .network import Network as Network
from .population import Population as Population
from .projection import Projection as Projection
from .spike_trains import SpikeTrains as SpikeTrains
from .spike_trains import poisson as poisson
from .spike_trains import spike_trains as spike_trains
from .synapses import Exponential as Exponential
from .synapses import ExponentialCurrent as ExponentialCurrent
