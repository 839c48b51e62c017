"""Networks run as conductance-based cells, and their parameters matched to those."""

from .conductance import Conductance as Conductance
from .counterpart import Counterpart as Counterpart
from .match import Match as Match
from .match import match as match
