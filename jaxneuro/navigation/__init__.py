"""Animals and agents that move: arenas, motion, codes for place, and what can be learned and measured there."""

from typing import TYPE_CHECKING

from ..lazy import importer as _importer
from .arenas.arena import Arena as Arena
from .arenas.shapes import circle as circle
from .arenas.shapes import enclosure as enclosure
from .arenas.shapes import polygon as polygon
from .arenas.shapes import rectangle as rectangle
from .arenas.shapes import square as square
from .arenas.shapes import torus as torus
from .codes.attractor import Attractor as Attractor
from .codes.boundary import BoundaryVectorCells as BoundaryVectorCells
from .codes.boundary import boundary_vector_cells as boundary_vector_cells
from .codes.direction import HeadDirectionCells as HeadDirectionCells
from .codes.direction import head_direction_cells as head_direction_cells
from .codes.grid import GridCells as GridCells
from .codes.grid import grid_cells as grid_cells
from .codes.oscillatory import OscillatoryGridCells as OscillatoryGridCells
from .codes.place import PlaceCells as PlaceCells
from .codes.place import place_cells as place_cells
from .codes.speed import SpeedCells as SpeedCells
from .motion.ornstein_uhlenbeck import RAT as RAT
from .motion.ornstein_uhlenbeck import OrnsteinUhlenbeck as OrnsteinUhlenbeck
from .motion.ornstein_uhlenbeck import ornstein_uhlenbeck as ornstein_uhlenbeck
from .motion.path import Path as Path
from .motion.raudies_hasselmo import FAST as FAST
from .motion.raudies_hasselmo import RaudiesHasselmo as RaudiesHasselmo
from .motion.raudies_hasselmo import raudies_hasselmo as raudies_hasselmo
from .motion.statistics import MotionStatistics as MotionStatistics
from .motion.statistics import autocorrelation as autocorrelation
from .motion.statistics import motion_statistics as motion_statistics
from .motion.statistics import occupancy as occupancy
from .motion.tracked import path_of as path_of

if TYPE_CHECKING:  # imported when first used: they bring libraries that others do not need
    from . import agent as agent
    from . import environments as environments
    from . import path_integration as path_integration
    from . import scores as scores
    from .codes.sheet_cells import RateCells as RateCells
    from .codes.sheet_cells import SpikingCells as SpikingCells
    from .codes.velocity_gain import attractor as attractor

__getattr__, __dir__ = _importer(__name__, __file__)
