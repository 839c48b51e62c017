"""Fitting: residuals, starts, optimisers, and what a fit is worth. The module itself is the function `fit`."""

import sys
from types import ModuleType
from typing import Any

from ..learn import CMAES as CMAES
from ..learn import Box as Box
from ..learn import DifferentialEvolution as DifferentialEvolution
from ..learn import LevenbergMarquardt as LevenbergMarquardt
from ..learn import Optimised as Optimised
from ..learn import box as box
from ..learn import optimise as optimise
from . import losses as losses
from .residuals import SweepResiduals as SweepResiduals
from .targets import target as target


class _Callable(ModuleType):
    """A module that can be called, so that `jn.fit(...)` fits and `jn.fit.LevenbergMarquardt` is in the same place."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from .fit import fit

        return fit(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
