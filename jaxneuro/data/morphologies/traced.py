"""Traced points of any file, and what every format needs: parents first, radii, one tree."""

import heapq
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from ...biophysics.shape import Morphology

THIN = 0.5  # µm; the radius of a point whose file gives none


@dataclass(frozen=True)
class Traced:
    """A morphology in NumPy arrays, while a file is read or written; see `Morphology` for the attributes.

    `line` says where in its file each point stands (point,).
    """

    position: np.ndarray
    radius: np.ndarray
    parent: np.ndarray
    kind: np.ndarray
    joint: np.ndarray
    line: np.ndarray

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> "Traced":
        """The tree with one change made to each of its arrays."""
        return Traced(*map(change, (self.position, self.radius, self.parent, self.kind, self.joint, self.line)))

    @property
    def morphology(self) -> Morphology:
        """The same in arrays of JAX."""
        return Morphology(*map(jnp.asarray, (self.position, self.radius, self.parent, self.kind, self.joint)))


def traced(tree: Morphology) -> Traced:
    """A morphology in NumPy arrays."""
    arrays = map(np.asarray, (tree.position, tree.radius, tree.parent, tree.kind, tree.joint))
    return Traced(*arrays, line=np.zeros(np.shape(tree.parent), int))


def tree_order(parent: np.ndarray) -> np.ndarray:
    """Indices of points (point,) such that parents come before children, otherwise in the order given.

    Points that no root leads to are left out: they lie on or behind a cycle.
    """
    children: dict[int, list[int]] = {}
    for child, above in enumerate(parent.tolist()):
        children.setdefault(above, []).append(child)
    ready, order = children.get(-1, []), []
    while ready:  # sorted, so it is a heap
        order.append(heapq.heappop(ready))
        for child in children.get(order[-1], []):
            heapq.heappush(ready, child)
    return np.array(order, int)


def reordered(tree: Traced, order: np.ndarray) -> Traced:
    """The points of a tree in another order; points that it leaves out must not be parents of others."""
    rank = np.zeros(tree.parent.size, int)
    rank[order] = np.arange(order.size)
    tree = tree.mapped(lambda x: x[order])
    return replace(tree, parent=np.where(tree.parent >= 0, rank[tree.parent], -1))


def with_radii(tree: Traced, name: str, thin: float = THIN) -> Traced:
    """Radii of zero, which have no membrane, replaced by that of the parent if of the same kind, else by `thin` [µm].

    Warns of what was replaced.
    """
    zeros = np.flatnonzero(tree.radius == 0)
    if not zeros.size:
        return tree
    radius = np.array(tree.radius)
    for i in zeros:  # parents first, so a row of zeros takes what stands before it
        above = tree.parent[i]
        radius[i] = radius[above] if above >= 0 and tree.kind[above] == tree.kind[i] else thin
    warnings.warn(
        f"{name}: {zeros.size} of {radius.size} radii are 0; each became its parent's, or {thin:g} µm where no parent of "
        "the same type has one.",
        stacklevel=3,
    )
    return replace(tree, radius=radius)


def warn_of_roots(parent: np.ndarray, name: str) -> None:
    """Warn if the points are several trees, as current does not flow between them."""
    roots = int(np.sum(parent < 0))
    if roots > 1:
        warnings.warn(f"{name}: {roots} roots; all are kept, as trees that are not connected.", stacklevel=3)
