"""Rate maps, from visits and spikes, and what lies in them."""

from .fields import basins as basins
from .fields import connected as connected
from .fields import field_sizes as field_sizes
from .given import Corners as Corners
from .given import as_maps as as_maps
from .outlines import inside as inside
from .outlines import to_wall as to_wall
from .outlines import wall_bins as wall_bins
from .outlines import walls as walls
from .rate_maps import filled as filled
from .rate_maps import rate_map as rate_map
from .rate_maps import smoothed as smoothed
from .spike_maps import spike_map as spike_map
