"""jaxneuro: differentiable neurophysiology in JAX."""

from typing import TYPE_CHECKING

from .biophysics import cells as cells
from .biophysics import channels as channels
from .biophysics import growth as growth
from .biophysics import stimuli as stimuli
from .biophysics.membrane import Buffer as Buffer
from .biophysics.membrane import CalciumPool as CalciumPool
from .biophysics.membrane import Cell as Cell
from .biophysics.membrane import Channel as Channel
from .biophysics.membrane import Environment as Environment
from .biophysics.membrane import IonPool as IonPool
from .biophysics.membrane import Markov as Markov
from .biophysics.membrane import Shells as Shells
from .biophysics.membrane import State as State
from .biophysics.membrane import alpha_beta as alpha_beta
from .biophysics.membrane import ghk_current as ghk_current
from .biophysics.membrane import linoid as linoid
from .biophysics.membrane import nernst as nernst
from .biophysics.membrane import rest as rest
from .biophysics.membrane import steady_tau as steady_tau
from .biophysics.network import Network as Network
from .biophysics.network import Population as Population
from .biophysics.network import Projection as Projection
from .biophysics.network import SpikeTrains as SpikeTrains
from .biophysics.network import connect as connect
from .biophysics.network import poisson as poisson
from .biophysics.network import spike_trains as spike_trains
from .biophysics.network import synapses as synapses
from .biophysics.shape import APICAL as APICAL
from .biophysics.shape import AXON as AXON
from .biophysics.shape import BASAL as BASAL
from .biophysics.shape import SOMA as SOMA
from .biophysics.shape import UNDEFINED as UNDEFINED
from .biophysics.shape import Morphology as Morphology
from .biophysics.shape import divide as divide
from .biophysics.shape import morphometry as morphometry
from .files import load_cell as load_cell
from .files import save_cell as save_cell
from .lazy import importer as _importer
from .model import Model as Model
from .pytree import label_of as label_of
from .pytree import parameter as parameter
from .pytree import unit_of as unit_of
from .recording import Recording as Recording
from .recording import Spikes as Spikes
from .simulate import simulate as simulate
from .solve.strang import Strang as Strang

if TYPE_CHECKING:  # imported when first used: they bring libraries that others do not need
    from . import compare as compare
    from . import data as data
    from . import fitting as fitting
    from . import learn as learn
    from . import navigation as navigation
    from . import plot as plot
    from . import spiking as spiking
    from .fitting import FitResult as FitResult
    from .fitting import fit as fit
    from .solve.exponential_euler import ExponentialEuler as ExponentialEuler
    from .solve.staggered import Staggered as Staggered

__version__ = "0.1.0"

__getattr__, __dir__ = _importer(__name__, __file__)
