"""What the SWC format means without saying it, as NEURON takes it: where membrane begins at the soma, and spheres."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...biophysics.shape import SOMA
from .traced import Traced


class Conventions(NamedTuple):
    """What a point means beyond its numbers, of every point (point,).

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
    linked, above, soma = tree.parent >= 0, np.maximum(tree.parent, 0), tree.kind == SOMA
    root, start, followed = ~linked, linked & ~soma & soma[above], _followed(tree)
    branches = np.bincount(above[linked & soma & soma[above]], minlength=soma.size) > 1
    wired = soma & (branches | (followed != root))
    goes_on = _goes_on(tree, start, followed)
    begins = wired[above] & (goes_on | (root & branches & followed)[above])
    added = start & np.any(tree.position != tree.position[above], axis=1) & ~begins
    sphere = root & np.where(soma, ~followed, ~goes_on)
    return Conventions(root | (start & ~added), added, sphere, start, wired, ~soma & ~goes_on)


def _followed(tree: Traced) -> np.ndarray:
    """Whether the next point is a child of the same kind (point,)."""
    child = (tree.parent[1:] == np.arange(tree.parent.size - 1)) & (tree.kind[1:] == tree.kind[:-1])
    return np.append(child, False)


def _goes_on(tree: Traced, start: np.ndarray, followed: np.ndarray) -> np.ndarray:
    """Whether a neurite goes on from a point: whether its last child is of the same kind (point,)."""
    size, linked = tree.parent.size, np.flatnonzero(tree.parent >= 0)
    above, last = tree.parent[linked], np.full(size, -1)
    last[above] = linked  # the last of those with one parent is kept
    alike = (last >= 0) & (tree.kind[last] == tree.kind)
    second = start & (np.arange(size) == 1)  # NEURON looks for forks at the start from the third point on
    return alike & (~second | (followed & (np.bincount(above, minlength=size) == 1)))


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
