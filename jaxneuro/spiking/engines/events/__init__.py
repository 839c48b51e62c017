"""Networks run from event to event: exact spike times and their exact gradients."""

from .events import Events as Events
from .one_by_one import OneByOne as OneByOne
from .pseudospikes import Pseudospikes as Pseudospikes
