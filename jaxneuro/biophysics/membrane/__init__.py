"""Cells: their channels, gates, ions and regions, and the state they rest in."""

from .cell import Cell as Cell
from .cell import State as State
from .channel import Channel as Channel
from .channel import Environment as Environment
from .channel import FoxLu as FoxLu
from .channel import line as line
from .diffusion import Buffer as Buffer
from .driving import GHK as GHK
from .driving import Nernst as Nernst
from .from_shape import from_branches as from_branches
from .from_shape import from_morphology as from_morphology
from .gates import Kinetics as Kinetics
from .gates import Markov as Markov
from .gates import alpha_beta as alpha_beta
from .gates import linoid as linoid
from .gates import steady_tau as steady_tau
from .ions import CalciumPool as CalciumPool
from .ions import IonPool as IonPool
from .ions import ghk_current as ghk_current
from .ions import nernst as nernst
from .regions import region as region
from .rest import rest as rest
from .shells import Shells as Shells
