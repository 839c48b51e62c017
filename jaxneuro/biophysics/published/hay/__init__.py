"""The thick-tufted pyramidal cell of layer 5, and its channels."""

from .densities import HAY as HAY
from .inward import CaHVA as CaHVA
from .inward import CaLVA as CaLVA
from .inward import PersistentNa as PersistentNa
from .inward import PyramidalH as PyramidalH
from .inward import TransientNa as TransientNa
from .outward import SK as SK
from .outward import Kv3 as Kv3
from .outward import PersistentK as PersistentK
from .outward import PyramidalM as PyramidalM
from .outward import TransientK as TransientK
from .pyramidal import THICK_TUFTED as THICK_TUFTED
from .pyramidal import apical_site as apical_site
from .pyramidal import apical_way as apical_way
from .pyramidal import layer5_pyramidal as layer5_pyramidal
