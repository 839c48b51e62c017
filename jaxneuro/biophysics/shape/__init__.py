"""What neurons look like: morphologies, their division into compartments, and measures of them."""

from .branching import below as below
from .branching import branch_order as branch_order
from .branching import child_count as child_count
from .branching import is_tip as is_tip
from .branching import part as part
from .cable import Cable as Cable
from .compartments import Division as Division
from .compartments import divide as divide
from .compartments import measure as measure
from .extracellular import line_source as line_source
from .extracellular import transfer as transfer
from .morphology import APICAL as APICAL
from .morphology import AXON as AXON
from .morphology import BASAL as BASAL
from .morphology import SOMA as SOMA
from .morphology import UNDEFINED as UNDEFINED
from .morphology import Morphology as Morphology
from .sections import structure as structure
