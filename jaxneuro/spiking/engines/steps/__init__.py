"""Networks run in fixed steps, with surrogate gradients."""

from typing import TYPE_CHECKING

from ....lazy import importer as _importer
from .delays import depth as depth
from .fixed_step import Carry as Carry
from .fixed_step import FixedStep as FixedStep
from .fixed_step import after as after
from .surrogates import spike as spike

if TYPE_CHECKING:  # imported when first used: they bring libraries that others do not need
    from .nnx_cells import BatchNormThroughTime as BatchNormThroughTime
    from .nnx_cells import Constant as Constant
    from .nnx_cells import SpikingCell as SpikingCell
    from .nnx_cells import Weights as Weights

__getattr__, __dir__ = _importer(__name__, __file__)
