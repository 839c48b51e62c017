"""jaxneuro: differentiable neurophysiology in JAX."""

from typing import TYPE_CHECKING

from .biophysics import cells as cells
from .biophysics import channels as channels
from .biophysics import connect as connect
from .biophysics import growth as growth
from .biophysics import morphometry as morphometry
from .biophysics import stimuli as stimuli
from .biophysics import synapses as synapses
from .biophysics.calcium import CalciumPool as CalciumPool
from .biophysics.calcium import IonPool as IonPool
from .biophysics.calcium import ghk_current as ghk_current
from .biophysics.calcium import nernst as nernst
from .biophysics.cell import Cell as Cell
from .biophysics.cell import State as State
from .biophysics.channel import Channel as Channel
from .biophysics.channel import Environment as Environment
from .biophysics.diffusion import Buffer as Buffer
from .biophysics.gates import Markov as Markov
from .biophysics.gates import alpha_beta as alpha_beta
from .biophysics.gates import linoid as linoid
from .biophysics.gates import steady_tau as steady_tau
from .biophysics.morphology import Morphology as Morphology
from .biophysics.network import Network as Network
from .biophysics.population import Population as Population
from .biophysics.projection import Projection as Projection
from .biophysics.rest import rest as rest
from .biophysics.shells import Shells as Shells
from .biophysics.spike_trains import SpikeTrains as SpikeTrains
from .biophysics.spike_trains import poisson as poisson
from .biophysics.spike_trains import spike_trains as spike_trains
from .cell_file import load_cell as load_cell
from .cell_file import save_cell as save_cell
from .lazy import importer as _importer
from .model import Model as Model
from .pytree import parameter as parameter
from .recording import Recording as Recording
from .recording import Spikes as Spikes
from .simulate import simulate as simulate
from .solve.strang import Strang as Strang

if TYPE_CHECKING:
    from . import data as data
    from . import fit as fit
    from . import navigation as navigation
    from . import plot as plot
    from . import spiking as spiking
    from .solve.exponential_euler import ExponentialEuler as ExponentialEuler
    from .solve.staggered import Staggered as Staggered

__version__ = "0.1.0"

# Imported when first used: each brings libraries that a simulation does not need.
_LAZY = {
    "data": ".data",
    "fit": ".fit",
    "navigation": ".navigation",
    "plot": ".plot",
    "spiking": ".spiking",
    "ExponentialEuler": ".solve.exponential_euler",
    "Staggered": ".solve.staggered",
}


__getattr__ = _importer(__name__, _LAZY)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
