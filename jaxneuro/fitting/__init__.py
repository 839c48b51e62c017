"""Fitting: residuals, starts, optimisers, and what a fit is worth; `jaxneuro.fit` fits a cell to recordings."""

from . import losses as losses
from .bounds import ParameterBox as ParameterBox
from .bounds import box as box
from .fit import FitResult as FitResult
from .fit import fit as fit
from .levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from .optimise import Optimised as Optimised
from .optimise import optimise as optimise
from .residuals import SweepResiduals as SweepResiduals
from .search import CMAES as CMAES
from .search import DifferentialEvolution as DifferentialEvolution
from .targets import target as target
