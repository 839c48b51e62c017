"""Arenas and mazes with a hidden goal, as environments with the signature of gymnax 1.0."""

from .body import ACTIONS as ACTIONS
from .contract import EnvironmentProtocol as EnvironmentProtocol
from .environment import NavigationEnvironment as NavigationEnvironment
from .gymnasium_adapter import to_gymnasium as to_gymnasium
from .shortcuts import Shortcut as Shortcut
from .shortcuts import double_e as double_e
from .shortcuts import sunburst as sunburst
from .spaces import Box as Box
from .spaces import Discrete as Discrete
from .state import EnvParams as EnvParams
from .state import EnvState as EnvState
from .tasks import goal_doors as goal_doors
from .tasks import goal_maze as goal_maze
from .tasks import open_arena as open_arena
from .tasks import task as task
