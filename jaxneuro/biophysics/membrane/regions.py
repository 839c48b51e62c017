"""Regions of a cell: where a mechanism or a parameter goes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ..shape import Cable, one, spot, whole

Where = str | Callable[[Cable], Any] | np.ndarray | jax.Array


def region(where: Where, cable: Cable | None, compartments: int) -> PyTree:
    """Which compartments a region is (compartment,).

    Args:
        where: A place by name, True for each compartment that belongs to it (compartment,), or a function that makes such an
            array from the cell's `cable`: its `path_distance`, `kind` and `order`.
        cable: How the cell is connected; None for a cell without a morphology, all of which is "soma".
        compartments: How many there are.

    Raises:
        ValueError: for an unknown name, a name that no compartment has, the end of a branch, or an array that is no mask of
            compartments.
    """
    if isinstance(where, str):
        return np.isin(np.arange(compartments), whole(where, spot(where, cable, compartments)))
    if not callable(where):
        mask = where
    elif cable is not None:
        mask = where(cable)
    else:
        raise ValueError("where is a function of the morphology, but the cell has none: make it with from_morphology.")
    shape, dtype = jnp.shape(mask), str(jnp.asarray(mask).dtype)
    if shape != (compartments,) or dtype != "bool":
        raise ValueError(
            f"where has shape {shape} and type {dtype}: must be {compartments} booleans, one for each compartment. "
            "Give a mask, or a predicate such as lambda cable: cable.path_distance > 100."
        )
    return mask


def compartment_at(cable: Cable | None, place: PyTree, where: Where | None = None) -> int:
    """The compartment whose middle is nearest to a place.

    Args:
        cable: How the cell is connected, and where its compartments are.
        place: A point, such as the coordinates of a line of an SWC file (3,) [µm], a path distance from the soma [µm], or
            a name, `dend[2](0.3)`; see `spots`.
        where: Only in this region, see `region`.

    Raises:
        ValueError: for a cell without a morphology, traced numbers, or a place that is neither.
    """
    if cable is None:
        raise ValueError("the cell has no places: make it with jaxneuro.cells.from_morphology.")
    if isinstance(place, str):
        return one(place, spot(place, cable, len(cable.kind)))
    at, here = (cable.position, cable.path_distance)
    if any(isinstance(x, Tracer) for x in (at, here, place)):
        raise ValueError("a compartment cannot depend on traced numbers: look it up before jit, grad or vmap.")
    place = np.asarray(place, float)
    if place.shape not in ((), (3,)) or not np.isfinite(place).all():
        raise ValueError(f"place = {place}: must be a point (x, y, z) or a path distance, finite, in µm.")
    if place.ndim and at is None:
        raise ValueError(f"place = {place}: the cell lies nowhere in space. Give a name or a path distance.")
    gap = np.linalg.norm(np.asarray(at) - place, axis=-1) if place.ndim else np.abs(np.asarray(here) - place)
    if where is not None:
        gap = np.where(region(where, cable, gap.size), gap, np.inf)
    return int(np.argmin(gap))
