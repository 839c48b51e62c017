"""Regions of a cell: where a mechanism or a parameter goes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..shape import APICAL, AXON, BASAL, SOMA, UNDEFINED, Cable

REGIONS = {
    "all": None,
    "soma": (SOMA,),
    "axon": (AXON,),
    "basal": (BASAL,),
    "apical": (APICAL,),
    "dendrite": (BASAL, APICAL),
    "undefined": (UNDEFINED,),
}

Where = str | Callable[[Cable], Any] | np.ndarray | jax.Array


def region(where: Where, cable: Cable | None, compartments: int) -> Any:
    """Which compartments a region is (compartment,).

    Args:
        where: A name, True for each compartment that belongs to it (compartment,), or a function that makes such an array
            from the cell's `cable`: its `path_distance`, `kind` and `order`.
        cable: How the cell is connected; None for a cell without a morphology, all of which is "soma".
        compartments: How many there are.

    Raises:
        ValueError: for an unknown name, a name that no compartment has, or an array that is no mask of compartments.
    """
    if isinstance(where, str):
        return _named(where, cable, compartments)
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


def _named(name: str, cable: Cable | None, compartments: int) -> np.ndarray:
    if name not in REGIONS:
        raise ValueError(
            f"no region {name!r}. There are: {', '.join(REGIONS)}; or give a mask or a predicate of the cable."
        )
    kinds = REGIONS[name]
    if kinds is None:
        return np.ones(compartments, bool)
    kind = np.full(compartments, SOMA) if cable is None else cable.kind
    mask = np.isin(kind, kinds)
    if not mask.any():
        have = [other for other, its in REGIONS.items() if its and np.isin(kind, its).any()]
        raise ValueError(f"the cell has no {name!r}: its regions are {', '.join(['all', *have])}.")
    return mask
