"""Fitting: residuals, starts, optimisers, and what a fit is worth; `jaxneuro.fit` fits a cell to recordings."""

from ..lazy import listing as _listing
from ..learn import CMAES as CMAES
from ..learn import DifferentialEvolution as DifferentialEvolution
from ..learn import LevenbergMarquardt as LevenbergMarquardt
from ..learn import Optimised as Optimised
from ..learn import ParameterBox as ParameterBox
from ..learn import box as box
from ..learn import optimise as optimise
from . import losses as losses
from .fit import FitResult as FitResult
from .fit import fit as fit
from .properties import IntrinsicProperties as IntrinsicProperties
from .properties import PassiveProperties as PassiveProperties
from .properties import intrinsic_properties as intrinsic_properties
from .properties import passive_properties as passive_properties
from .residuals import SweepResiduals as SweepResiduals
from .targets import target as target

__dir__ = _listing(__file__)
