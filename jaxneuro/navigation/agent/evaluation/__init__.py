"""What an agent has learned: episodes, probes, and its goal read from its units."""

from .decoding import Decoding as Decoding
from .decoding import decode_goal as decode_goal
from .evaluate import Episodes as Episodes
from .evaluate import evaluate as evaluate
from .probes import fake_goal as fake_goal
from .probes import most as most
from .probes import no_goal as no_goal
from .probes import opened as opened
from .probes import shortcuts as shortcuts
from .probes import visits as visits
from .probes import without as without
