"""Learning once, for every room: parameters, one loop, one checkpoint, one result, and the optimisers."""

from ..lazy import listing as _listing
from .advancing import Advance as Advance
from .advancing import Chunk as Chunk
from .advancing import loop as loop
from .bounds import REACH as REACH
from .bounds import Free as Free
from .bounds import ParameterBox as ParameterBox
from .bounds import box as box
from .bounds import check_inside as check_inside
from .bounds import spelled_out as spelled_out
from .checkpoint import Checkpoint as Checkpoint
from .checkpoint import keeping as keeping
from .many_starts import Optimised as Optimised
from .many_starts import optimise as optimise
from .optimisers import CMAES as CMAES
from .optimisers import DifferentialEvolution as DifferentialEvolution
from .optimisers import LevenbergMarquardt as LevenbergMarquardt
from .optimisers import linearise as linearise
from .parameters import Theta as Theta
from .parameters import bounded as bounded
from .parameters import unbounded as unbounded
from .progress import Progress as Progress
from .pure_steps import steps as steps
from .rates import by_path as by_path
from .reached import STATUS as STATUS
from .reached import Optimiser as Optimiser
from .reached import Reached as Reached
from .reached import half_square as half_square
from .trained import Row as Row
from .trained import Trained as Trained

__dir__ = _listing(__file__)
