"""Files: written whole or not at all, models in them, and what a long computation is of."""

from .cell_file import load_cell as load_cell
from .cell_file import save_cell as save_cell
from .fingerprint import digest as digest
from .fingerprint import fingerprint as fingerprint
from .fingerprint import require_same as require_same
from .whole import NotKept as NotKept
from .whole import folder as folder
from .whole import kept as kept
from .whole import locked as locked
from .whole import writing as writing
