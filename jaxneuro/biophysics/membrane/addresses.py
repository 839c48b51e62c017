"""Which compartment lies at a place."""

from typing import Any

import numpy as np
from jax.core import Tracer

from ..shape import Cable
from .regions import Where, region


def compartment_at(cable: Cable | None, place: Any, where: Where | None = None) -> int:
    """The compartment whose middle is nearest to a place.

    Args:
        cable: How the cell is connected, and where its compartments are.
        place: A point, such as the coordinates of a line of an SWC file (3,) [µm], or a path distance from the soma [µm].
        where: Only in this region, see `region`.

    Raises:
        ValueError: for a cell without a morphology, traced numbers, or a place that is neither.
    """
    if cable is None or cable.position is None:
        raise ValueError("the cell has no places: make it with jaxneuro.cells.from_morphology.")
    at, here = (cable.position, cable.path_distance)
    if any(isinstance(x, Tracer) for x in (at, here, place)):
        raise ValueError("a compartment cannot depend on traced numbers: look it up before jit, grad or vmap.")
    place = np.asarray(place, float)
    if place.shape not in ((), (3,)) or not np.isfinite(place).all():
        raise ValueError(f"place = {place}: must be a point (x, y, z) or a path distance, finite, in µm.")
    gap = np.linalg.norm(np.asarray(at) - place, axis=-1) if place.ndim else np.abs(np.asarray(here) - place)
    if where is not None:
        gap = np.where(region(where, cable, gap.size), gap, np.inf)
    return int(np.argmin(gap))
