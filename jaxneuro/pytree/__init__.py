"""What every model is: a frozen dataclass that JAX maps over, whose numbers have names and bounds."""

from .base import Pytree as Pytree
from .base import computed as computed
from .base import group as group
from .base import parameter as parameter
from .base import static as static
from .editable import Editable as Editable
from .editing import changed as changed
from .editing import free as free
from .editing import get as get
from .editing import paths as paths
from .editing import put as put
from .names import Part as Part
from .names import bounds_of as bounds_of
from .names import each_once as each_once
from .names import entries as entries
from .names import joined as joined
from .names import label_of as label_of
from .names import room_of as room_of
from .names import unit_of as unit_of
from .owners import reached as reached
from .places import Place as Place
from .places import children as children
from .places import find as find
from .places import matching as matching
from .places import unknown as unknown
