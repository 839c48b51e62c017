"""Learning once, for every room: one loop, one checkpoint, one result, and the optimisers."""

from .checkpoint import Checkpoint as Checkpoint
from .checkpoint import keeping as keeping
from .loop import Advance as Advance
from .loop import Chunk as Chunk
from .loop import loop as loop
from .progress import Progress as Progress
from .steps import steps as steps
from .trained import Row as Row
from .trained import Trained as Trained
