"""Optimisers of many starts; those of optimistix are wrapped when first used, as it takes a moment to import."""

from .cmaes import CMAES as CMAES
from .differential_evolution import DifferentialEvolution as DifferentialEvolution
from .gradient import Gradient as Gradient
from .levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
from .levenberg_marquardt import linearise as linearise
