"""Where the mechanisms of a cell are: one inserted in several regions, and what cannot be meant."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree


def joined(name: str, old: PyTree, new: PyTree, place: PyTree, mask: PyTree) -> tuple[PyTree, PyTree]:
    """One mechanism of one that is in some compartments and another that comes into others.

    Args:
        name: What it is called.
        old: The mechanism that is there.
        new: The mechanism that comes.
        place: 1 where the old one is (compartment,); None if it is everywhere.
        mask: True where the new one comes (compartment,).

    Returns:
        A mechanism whose parameters are one number where both agree, else one for each compartment; where it is
        (compartment,).

    Raises:
        ValueError: if they overlap or are of different kinds.
    """
    place = np.ones(mask.shape, bool) if place is None else place > 0
    _check_apart(name, place, mask)
    if jax.tree.structure(old) != jax.tree.structure(new):
        raise ValueError(
            f"{name!r} is a {type(old).__name__} in other compartments, and one mechanism cannot also be another "
            f"{type(new).__name__}: insert the second under a name of its own."
        )
    return jax.tree.map(lambda a, b: _either(name, mask, a, b), new, old), place | mask


def check_reached(name: str, path: str, mask: PyTree, places: dict[str, PyTree]) -> None:
    """Refuse a region that the mechanism `name` of a path is not in, so that nothing would change.

    Raises:
        ValueError: naming the path and the fix.
    """
    place = places.get(name)
    if place is None or isinstance(place, Tracer) or isinstance(mask, Tracer):
        return
    if not np.any(np.asarray(mask) & (np.asarray(place) > 0)):
        raise ValueError(f"{path!r} has no effect there, because {name!r} is not in the region: insert it there first.")


def _check_apart(name: str, place: PyTree, mask: PyTree) -> None:
    if isinstance(place, Tracer) or isinstance(mask, Tracer):
        return  # not known yet; the one that comes later wins
    both = np.flatnonzero(np.asarray(place) & np.asarray(mask))
    if both.size:
        some = ", ".join(map(str, both[:5])) + ", ..." * (both.size > 5)
        raise ValueError(
            f"{name!r} is already in {both.size} of the {np.sum(mask)} compartments of this region ({some}): change its "
            f"parameters with set('{name}.PARAMETER', value, where=...), or give the second one a name of its own."
        )


def _either(name: str, mask: PyTree, new: PyTree, old: PyTree) -> PyTree:
    """A parameter: the new one in the mask, the old one elsewhere."""
    for value in (new, old):
        if jnp.shape(value) not in ((), mask.shape):
            raise ValueError(
                f"a parameter of {name!r} has shape {jnp.shape(value)}: give one number, or one for each of "
                f"{mask.size} compartments."
            )
    known = not any(isinstance(value, Tracer) for value in (new, old))
    return old if known and np.array_equal(new, old) else jnp.where(mask, new, old)
