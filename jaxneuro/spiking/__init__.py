"""Trainable spiking networks: one specification, three engines."""

from .events import Events as Events
from .fixed_step import FixedStep as FixedStep
from .network import Connection as Connection
from .network import Network as Network
from .network import feedforward as feedforward
from .neurons import LIF as LIF
from .neurons import CurrentLIF as CurrentLIF
from .neurons import LeakyIntegrator as LeakyIntegrator
from .neurons import Neuron as Neuron
from .nir_export import to_nir as to_nir
from .nir_import import from_nir as from_nir
from .run import Response as Response
from .run import run as run
from .surrogates import SURROGATES as SURROGATES
from .surrogates import Arctan as Arctan
from .surrogates import Damped as Damped
from .surrogates import Exponential as Exponential
from .surrogates import FastSigmoid as FastSigmoid
from .surrogates import Gaussian as Gaussian
from .surrogates import MultiGaussian as MultiGaussian
from .surrogates import Sigmoid as Sigmoid
from .surrogates import StraightThrough as StraightThrough
from .surrogates import Surrogate as Surrogate
from .surrogates import Triangular as Triangular
