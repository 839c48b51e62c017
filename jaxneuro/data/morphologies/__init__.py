"""Traced neurons in files."""

from .asc import read_asc as read_asc
from .contour import soma_of_contour as soma_of_contour
from .read import read_morphology as read_morphology
from .swc import read_swc as read_swc
from .swc import write_swc as write_swc
