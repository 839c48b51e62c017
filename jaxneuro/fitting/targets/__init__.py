"""What a model is fitted to: sweeps, the protocol that they were given, the parts that count."""

from .features import Features as Features
from .features import at as at
from .features import features as features
from .features import offsets as offsets
from .measure import measure as measure
from .protocol import Stimulus as Stimulus
from .protocol import stimuli as stimuli
from .segments import LEAST as LEAST
from .segments import Segment as Segment
from .segments import main_segment as main_segment
from .segments import segments as segments
from .target import Target as Target
from .target import target as target
