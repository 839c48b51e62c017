"""Learning once, for every room: one loop, one checkpoint, one result, and the optimisers."""

from .advancing import Advance as Advance
from .advancing import Chunk as Chunk
from .advancing import loop as loop
from .checkpoint import Checkpoint as Checkpoint
from .checkpoint import keeping as keeping
from .many_starts import Optimised as Optimised
from .many_starts import optimise as optimise
from .optimisers import CMAES as CMAES
from .optimisers import DifferentialEvolution as DifferentialEvolution
from .optimisers import LevenbergMarquardt as LevenbergMarquardt
from .optimisers import linearise as linearise
from .progress import Progress as Progress
from .pure_steps import steps as steps
from .reached import STATUS as STATUS
from .reached import Optimiser as Optimiser
from .reached import Reached as Reached
from .reached import half_square as half_square
from .trained import Row as Row
from .trained import Trained as Trained
