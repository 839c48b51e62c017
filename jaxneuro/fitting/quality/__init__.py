"""What a fitted model is worth: its scores, what it gets wrong, what the data say of its parameters."""

from .excitability import Excitability as Excitability
from .excitability import excitability as excitability
from .health import Health as Health
from .health import audit as audit
from .health import laplace as laplace
from .misses import misses as misses
from .scores import answer as answer
from .scores import coincidence as coincidence
from .scores import score as score
