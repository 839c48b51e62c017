"""Ready-made stimuli."""

from ...lazy import listing as _listing
from .base import Drive as Drive
from .base import PerCell as PerCell
from .base import Placed as Placed
from .base import Stimulus as Stimulus
from .base import check as check
from .base import inject as inject
from .base import per_cell as per_cell
from .clamps import constant as constant
from .clamps import dynamic_clamp as dynamic_clamp
from .clamps import voltage_clamp as voltage_clamp
from .postsynaptic import postsynaptic as postsynaptic
from .waveforms import chirp as chirp
from .waveforms import ornstein_uhlenbeck as ornstein_uhlenbeck
from .waveforms import pulse_train as pulse_train
from .waveforms import ramp as ramp
from .waveforms import sampled as sampled
from .waveforms import sine as sine
from .waveforms import step as step

__dir__ = _listing(__file__)
