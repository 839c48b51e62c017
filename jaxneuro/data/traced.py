"""From traced points of any file to a tree whose parents come first and whose membrane starts where the soma ends."""

import heapq
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..biophysics.morphology import SOMA, Morphology

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


class Conventions(NamedTuple):
    """What the SWC format means without saying it, of every point (point,).

    Attributes:
        joint: Whether it is only attached to its parent.
        added: Whether a point is needed where its parent is, with its own radius.
        sphere: Whether it stands for a sphere.
        start: Whether a neurite starts at it, on the soma.
        wired: Whether neurites on it begin at their own first points.
        alone: Whether it would be a section of one point, as nothing of its kind goes on from it.
    """

    joint: np.ndarray
    added: np.ndarray
    sphere: np.ndarray
    start: np.ndarray
    wired: np.ndarray
    alone: np.ndarray


def attached(tree: Traced) -> Traced:
    """The tree with the membrane of its soma, and without one between the soma and what is attached to it.

    The rules are those of `swc.read_swc`; joints that the tree has already stay. A sphere gets two more points, a radius below
    and above, whose cylinder has the sphere's area.

    Source: Hines & Carnevale, NEURON 9, Import3d_SWC_read; the sphere as in NeuroMorpho.org's three-point soma.
    """
    found = conventions(tree)
    return with_points(replace(tree, joint=found.joint | tree.joint), found.added, found.sphere)


def conventions(tree: Traced) -> Conventions:
    """How NEURON's import takes points in this order, parents first."""
    size, linked, above = tree.parent.size, tree.parent >= 0, np.maximum(tree.parent, 0)
    soma, root = tree.kind == SOMA, ~linked
    same = linked & (tree.kind == tree.kind[above])
    next_one = np.append(same[1:] & (tree.parent[1:] == np.arange(size - 1)), False)  # of the same kind follows
    branches = np.bincount(above[linked & soma & soma[above]], minlength=size) > 1
    wired = soma & (branches | (next_one != root))
    last, children = np.full(size, -1), np.bincount(above[linked], minlength=size)
    last[above[linked]] = np.flatnonzero(linked)  # the last of those with one parent is kept
    goes_on = (last >= 0) & (tree.kind[last] == tree.kind)
    start = linked & ~soma & soma[above]
    second = start & (np.arange(size) == 1)  # NEURON looks for forks at the start from the third point on
    goes_on &= ~second | (next_one & (children == 1))
    begins = wired[above] & (goes_on | (root & branches & next_one)[above])
    added = start & np.any(tree.position != tree.position[above], axis=1) & ~begins
    sphere = root & np.where(soma, ~next_one, ~goes_on)
    return Conventions(root | (start & ~added), added, sphere, start, wired, ~soma & ~goes_on)


def with_points(tree: Traced, added: np.ndarray, sphere: np.ndarray) -> Traced:
    """The tree with a point at the parent of each that is `added`, before it, and two after each `sphere`."""
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
