"""Points of a file that lie on one another so that a section between them would have no length."""

import warnings
from dataclasses import replace

import numpy as np
from jax.dtypes import canonicalize_dtype

from ...biophysics.shape import SOMA, structure
from .traced import Traced, reordered

NAMED = 8  # lines that a warning names


def merged(tree: Traced, name: str, *, tips: bool = False) -> Traced:
    """The tree without sections that have no length, as points traced twice make: no compartment can be made of one.

    Such a point is joined to its parent, and what follows it begins there with its radius; where nothing follows it is left
    out. Points that coincide within a section stay: a step of the radius between them is a ring of membrane.

    Args:
        tree: The tree.
        name: Of its file.
        tips: Whether joints at which neurites end where their parents are go as well.

    Warns of the lines.
    """
    flat = _flat(tree, tips)
    if not flat.any():
        return tree
    lines = np.unique(tree.line[flat])
    more = f" and {lines.size - NAMED} more" if lines.size > NAMED else ""
    warnings.warn(
        f"{name} line{'s' * (lines.size > 1)} {', '.join(map(str, lines[:NAMED]))}{more}: {flat.sum()} of {flat.size} points "
        "lie on the points before them, so that a section would have no length; they are merged with them. Nothing is to be "
        "done unless a coordinate is wrong.",
        stacklevel=3,
    )
    children, kept = np.bincount(tree.parent[tree.parent >= 0], minlength=flat.size), np.ones(flat.size, bool)
    for point in np.flatnonzero(flat)[::-1]:  # parents come first
        if children[point] == 0:
            kept[point] = False
            children[tree.parent[point]] -= 1
    return reordered(replace(tree, joint=tree.joint | flat), np.flatnonzero(kept))


def _flat(tree: Traced, tips: bool) -> np.ndarray:
    """Which points make sections without length (point,), as numbers of JAX's precision."""
    position = tree.position.astype(canonicalize_dtype(float))
    above, linked = np.maximum(tree.parent, 0), tree.parent >= 0
    apart = np.any(position != position[above], axis=1)
    leaf = np.bincount(above[linked], minlength=linked.size) == 0
    flat = tips & linked & ~apart & tree.joint & leaf & (tree.kind != SOMA)
    for section in structure(tree.morphology).sections:
        points = list(section.points)
        flat[points] = not apart[points].any()
    return flat
