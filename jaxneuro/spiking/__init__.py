"""Trainable spiking networks: one specification, three engines."""

from typing import TYPE_CHECKING

from ..lazy import importer as _importer
from .convolution import Convolution as Convolution
from .convolution import Pool as Pool
from .energy import Energy as Energy
from .energy import Operations as Operations
from .energy import energy as energy
from .energy import operations as operations
from .engines.events import Events as Events
from .engines.events import OneByOne as OneByOne
from .engines.events import Pseudospikes as Pseudospikes
from .engines.steps import FixedStep as FixedStep
from .initial import feedforward as feedforward
from .metabolism import SpikeCost as SpikeCost
from .metabolism import brain_power as brain_power
from .metabolism import spike_cost as spike_cost
from .network import Connection as Connection
from .network import SpikingNetwork as SpikingNetwork
from .neurons.adaptive import AdaptiveLIF as AdaptiveLIF
from .neurons.base import LIF as LIF
from .neurons.base import CurrentLIF as CurrentLIF
from .neurons.base import LeakyIntegrator as LeakyIntegrator
from .neurons.base import Neuron as Neuron
from .neurons.integrating import IF as IF
from .neurons.integrating import Integrator as Integrator
from .neurons.quadratic import QIF as QIF
from .run import Response as Response
from .run import run as run

if TYPE_CHECKING:  # imported when first used: they bring libraries that others do not need
    from .engines.cells import Conductance as Conductance
    from .engines.cells import Counterpart as Counterpart
    from .engines.cells import Match as Match
    from .engines.cells import match as match
    from .engines.steps import BatchNormThroughTime as BatchNormThroughTime
    from .engines.steps import SpikingCell as SpikingCell
    from .engines.steps import Weights as Weights
    from .engines.steps import surrogates as surrogates
    from .neurons.differential import Differential as Differential
    from .neurons.izhikevich import Izhikevich as Izhikevich
    from .nir.export import to_nir as to_nir
    from .nir.imports import from_nir as from_nir
    from .point_processes.escape import EscapeNoise as EscapeNoise
    from .point_processes.escape import NoisyMembrane as NoisyMembrane
    from .point_processes.fit_train import fit_train as fit_train
    from .point_processes.glm import GLM as GLM
    from .point_processes.glm import Filter as Filter
    from .point_processes.process import PointProcess as PointProcess
    from .point_processes.process import binned_train as binned_train
    from .point_processes.process import bits_per_spike as bits_per_spike
    from .point_processes.process import log_likelihood as log_likelihood
    from .point_processes.process import log_rates as log_rates
    from .point_processes.process import sample as sample
    from .rules.eprop import EProp as EProp
    from .rules.feedback import one_feedback as one_feedback
    from .rules.feedback import random_feedback as random_feedback
    from .rules.gradcheck import GradCheck as GradCheck
    from .rules.gradcheck import gradcheck as gradcheck
    from .rules.gradient_table import gradient_report as gradient_report
    from .rules.gradient_table import gradient_table as gradient_table
    from .rules.homeostasis import IntrinsicThreshold as IntrinsicThreshold
    from .rules.homeostasis import SynapticScaling as SynapticScaling
    from .rules.learning import Backprop as Backprop
    from .rules.learning import Rule as Rule
    from .rules.learning import gradient as gradient
    from .rules.plastic import adapt as adapt
    from .rules.rtrl import RTRL as RTRL
    from .rules.stdp import HIPPOCAMPUS as HIPPOCAMPUS
    from .rules.stdp import STDP as STDP
    from .rules.stdp import VISUAL_CORTEX as VISUAL_CORTEX
    from .rules.stdp import RewardSTDP as RewardSTDP
    from .training import decoders as decoders
    from .training import encoders as encoders
    from .training import losses as losses
    from .training import regularisers as regularisers
    from .training import tasks as tasks
    from .training.batches import Scores as Scores
    from .training.batches import evaluate as evaluate
    from .training.train import train as train

__getattr__, __dir__ = _importer(__name__, __file__)
