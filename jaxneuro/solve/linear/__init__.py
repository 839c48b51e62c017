"""Linear systems of a step: trees, diffusion along them, and their exact propagators."""

from .contraction import contract as contract
from .contraction import rounds as rounds
from .diffusion import relax_pool as relax_pool
from .propagator import EXACT as EXACT
from .propagator import diffusion_step as diffusion_step
from .tree import elimination as elimination
from .tree import laplacian as laplacian
from .tree import sequence as sequence
from .tree import solve_tree as solve_tree
