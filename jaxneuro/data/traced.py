"""From traced points of any file to a tree whose parents come first and whose membrane starts where the soma ends."""

import heapq
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np

from ..biophysics.morphology import SOMA, Morphology

THIN = 0.5  # µm; the radius of a point whose file gives none


@dataclass(frozen=True)
class Traced:
    """A morphology in NumPy arrays, while a file is read or written; see `Morphology` for the attributes."""

    position: np.ndarray
    radius: np.ndarray
    parent: np.ndarray
    kind: np.ndarray
    joint: np.ndarray

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> "Traced":
        """The tree with one change made to each of its arrays."""
        return Traced(*map(change, (self.position, self.radius, self.parent, self.kind, self.joint)))

    @property
    def morphology(self) -> Morphology:
        """The same in arrays of JAX."""
        return Morphology(*map(jnp.asarray, (self.position, self.radius, self.parent, self.kind, self.joint)))


def traced(tree: Morphology) -> Traced:
    """A morphology in NumPy arrays."""
    return Traced(*map(np.asarray, (tree.position, tree.radius, tree.parent, tree.kind, tree.joint)))


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


def soma_links(tree: Traced) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How the soma is linked, of every point (point,).

    Returns:
        The number of soma points that a soma point is linked to, as parent or child; whether a neurite starts at the
        point, on the soma; whether the point lies apart from its parent; whether one of the same kind follows it.
    """
    size, linked, above = tree.parent.size, tree.parent >= 0, np.maximum(tree.parent, 0)
    soma, same = tree.kind == SOMA, linked & (tree.kind == tree.kind[above])
    followers = np.bincount(above[same], minlength=size)
    neighbours = np.where(soma, followers + same, 0)
    start = linked & ~soma & soma[above]
    return neighbours, start, np.any(tree.position != tree.position[above], axis=1), followers > 0


def attached(tree: Traced) -> Traced:
    """The tree with a membrane of its soma and without one between the soma and what is attached to it.

    A soma of one point is a sphere: it gets two more points, a radius below and above, whose cylinder has the sphere's
    area. A neurite on a sphere or within a soma begins at its own first point. A neurite on the end of a soma that is a
    chain, or one of a single point, begins at the soma with the radius of its first point: it gets a point there.

    Source: Hines & Carnevale, NEURON 9, Import3d_SWC_read; the sphere as in NeuroMorpho.org's three-point soma.
    """
    joint, added, sphere = conventions(tree)
    return _with_points(replace(tree, joint=joint), added, sphere)


def conventions(tree: Traced) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each point (point,): whether it is a joint, whether it needs a point at its parent, whether it is a sphere."""
    neighbours, start, apart, goes_on = soma_links(tree)
    soma, above = tree.kind == SOMA, np.maximum(tree.parent, 0)
    added = start & apart & ((neighbours[above] == 1) | ~goes_on)
    joint = (tree.parent < 0) | (start & ~added) | (soma & ~soma[above] & (neighbours != 1))
    return joint, added, soma & (neighbours == 0)


def _with_points(tree: Traced, added: np.ndarray, sphere: np.ndarray) -> Traced:
    """The tree with a point at the parent before each that is `added`, and two after each `sphere`."""
    before, after = added.astype(int), 2 * sphere.astype(int)
    index = np.arange(before.size) + np.cumsum(before) + np.cumsum(after) - after
    more = tree.mapped(lambda x: np.repeat(x, before + 1 + after, axis=0))
    position, parent, joint = more.position, np.where(more.parent >= 0, index[more.parent], -1), more.joint
    first, own, middle = index[added] - 1, index[added], index[sphere]
    position[first] = tree.position[tree.parent[added]]
    parent[own], joint[first] = first, True
    for end, side in ((middle + 1, -1.0), (middle + 2, 1.0)):
        position[end, 1] += side * more.radius[end]
        parent[end], joint[end] = middle, False
    return replace(more, position=position, parent=parent, joint=joint)
