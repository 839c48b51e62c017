"""Networks run in fixed steps, with surrogate gradients."""

from typing import TYPE_CHECKING

from ....lazy import importer as _importer
from .delays import depth as depth
from .fixed_step import Carry as Carry
from .fixed_step import FixedStep as FixedStep
from .fixed_step import after as after
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
from .surrogates import spike as spike

if TYPE_CHECKING:
    from .nnx_cells import BatchNormThroughTime as BatchNormThroughTime
    from .nnx_cells import Constant as Constant
    from .nnx_cells import SpikingCell as SpikingCell
    from .nnx_cells import Weights as Weights

# Imported when first used: they bring flax.
_LAZY = {
    "BatchNormThroughTime": ".nnx_cells",
    "Constant": ".nnx_cells",
    "SpikingCell": ".nnx_cells",
    "Weights": ".nnx_cells",
}


__getattr__ = _importer(__name__, _LAZY)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
