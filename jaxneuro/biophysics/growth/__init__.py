"""Dendrites that are grown: trees that span points, tapered, and pyramidal cells of them."""

from ...lazy import listing as _listing
from .dendrite import dendrite as dendrite
from .dendrite import pyramidal as pyramidal
from .pyramid import Pyramid as Pyramid
from .spanning_tree import minimum_spanning_tree as minimum_spanning_tree
from .taper import quadratic_taper as quadratic_taper

__dir__ = _listing(__file__)
