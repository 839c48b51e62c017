"""Parameters that a code cannot have. What is traced passes."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree


def require_cells(values: PyTree, name: str) -> None:
    """Refuse a code without cells, or with parameters that are not finite.

    Args:
        values: The parameter that has one row for each cell.
        name: Its name.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    shape = np.shape(values)
    if not shape or not shape[0]:
        raise ValueError(f"{name} has shape {shape}: give one for each cell, of 1 cell or more.")
    if not isinstance(values, Tracer) and not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(np.asarray(values)).reshape(shape[0], -1).all(-1))[0])
        raise ValueError(f"{name}[{at}] = {np.asarray(values)[at].tolist()} is not finite: give a number.")


def as_places(position: PyTree) -> jax.Array:
    """Positions as an array (..., 2).

    Raises:
        ValueError: for another shape.
    """
    position = jnp.asarray(position)
    if not position.ndim or position.shape[-1] != 2:
        raise ValueError(f"position has shape {position.shape}: give x and y, (..., 2) in m.")
    return position


def require_positive(unit: str, **values: PyTree) -> None:
    """Refuse parameters that are not positive.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    for name, value in values.items():
        if not isinstance(value, Tracer) and not np.all(np.asarray(value) > 0):
            raise ValueError(f"{name} = {np.min(value):g}: give a positive {name}{unit and ' in '}{unit}.")
