"""Figures of what the other rooms return. Each function draws on axes, given or new, and returns them."""

from ..lazy import listing as _listing
from .arena import arena as arena
from .arena import trajectory as trajectory
from .dendrite import kymograph as kymograph
from .dendrite import on_morphology as on_morphology
from .extracellular import extracellular as extracellular
from .intrinsic import firing_curve as firing_curve
from .intrinsic import passive_fit as passive_fit
from .kinetics import firing_rate as firing_rate
from .kinetics import gates as gates
from .kinetics import rate as rate
from .morphology import morphology as morphology
from .navigation import episode as episode
from .rasters import raster as raster
from .rate_maps import gridness_beside_nulls as gridness_beside_nulls
from .rate_maps import rate_maps as rate_maps
from .rate_maps import trained_grid_cells as trained_grid_cells
from .traces import data_against_model as data_against_model
from .traces import loss_curves as loss_curves
from .traces import trace as trace

__dir__ = _listing(__file__)
