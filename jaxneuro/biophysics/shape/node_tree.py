"""Compartments and the junctions between them as one tree of nodes, parents first."""

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import Pytree, static
from .morphology import SOMA
from .sections import Structure

NONE = -1


class NodeTree(Pytree):
    """A tree of nodes: the compartments, and junctions without membrane where sections meet. Only structure, no numbers.

    Nodes are the compartments, depth first from the soma, or from the first point of a neuron without one, and after them
    the junctions. A half is twice its compartment, plus one if it ends later.

    Attributes:
        parent: Of each node; -1 for a root (node,).
        halves: The half compartments, up to two, between a node and its parent, or before a root; -1 for none (node, 2).
        kind: What each compartment belongs to, in the numbers of `Morphology.kind` (compartment,).
        order: How many branchings lie between a compartment and the root, the soma being one (compartment,).
    """

    parent: tuple[int, ...] = static()
    halves: tuple[tuple[int, int], ...] = static()
    kind: tuple[int, ...] = static()
    order: tuple[int, ...] = static()

    def between(self, of_halves: jax.Array) -> jax.Array:
        """A quantity of half compartments (compartment, 2), summed between each node and its parent (node,)."""
        halves = np.array(self.halves)
        return jnp.where(halves >= 0, of_halves.ravel()[np.maximum(halves, 0)], 0.0).sum(axis=-1)

    def path_distance(self, length: jax.Array) -> jax.Array:
        """Way from the root to the middle of each compartment (compartment,) for lengths of halves (compartment, 2)."""
        total, above = self.between(length), np.array(self.parent)
        for _ in range(max(above.size - 1, 1).bit_length()):  # pointer jumping
            total = total + jnp.where(above >= 0, total[np.maximum(above, 0)], 0.0)
            above = np.where(above >= 0, above[np.maximum(above, 0)], NONE)
        return total[: len(self.kind)]


Links = list[list[tuple[int, tuple[int, ...]]]]  # by node: its neighbours, and the halves between them


def node_tree(parts: Structure, counts: list[int]) -> tuple[NodeTree, dict[int, int], list[np.ndarray]]:
    """The tree of a neuron whose sections are divided.

    Args:
        parts: The somata and sections.
        counts: Number of compartments of each section.

    Returns:
        The tree; the compartment that is the soma at each location; the compartments of each section, in its order.
    """
    ends = parts.ends()
    at = {place: number for number, place in enumerate(parts.somata)}  # which node is at a location
    firsts = len(at) + np.cumsum([0, *counts])
    size = int(firsts[-1])  # compartments are the first nodes, junctions the others
    junctions = [place for place, n in ends.items() if n > 1 and place not in at]
    at |= {place: size + number for number, place in enumerate(junctions)}
    links = _links(parts, counts, firsts, at, size + len(junctions))
    roots = [
        *range(len(parts.somata)),
        *(at.get(s.start, int(f)) for s, f in zip(parts.sections, firsts, strict=False)),
    ]
    nodes, parent, halves = _depth_first(links, roots, len(parts.somata), size)

    is_compartment = nodes < size
    rank = np.zeros(nodes.size, int)  # the final number of each node
    rank[nodes] = np.where(is_compartment, np.cumsum(is_compartment) - 1, size + np.cumsum(~is_compartment) - 1)
    kinds = np.repeat([SOMA] * len(parts.somata) + [s.kind for s in parts.sections], [1] * len(parts.somata) + counts)
    branches = (nodes < len(parts.somata)) | (~is_compartment & (np.array([len(links[n]) for n in nodes]) > 2))
    order = np.zeros(nodes.size, int)
    for i in np.flatnonzero(parent >= 0):
        order[i] = order[parent[i]] + branches[parent[i]]
    place = np.argsort(rank[nodes])  # in the walk, of each node
    above = np.where(parent >= 0, rank[nodes[parent]], NONE)
    tree = NodeTree(
        parent=tuple(above[place].tolist()),
        halves=tuple(_renumbered(halves[i], rank) for i in place),
        kind=tuple(kinds[nodes[is_compartment]].tolist()),
        order=tuple(order[is_compartment].tolist()),
    )
    somata = {place: int(rank[number]) for number, place in enumerate(parts.somata)}
    return tree, somata, [rank[f : f + n] for f, n in zip(firsts, counts, strict=False)]


def _links(parts: Structure, counts: list[int], firsts: np.ndarray, at: dict[int, int], size: int) -> Links:
    links: Links = [[] for _ in range(size)]

    def link(a: int, b: int, *halves: int) -> None:
        links[a].append((b, halves))
        links[b].append((a, halves))

    for section, first, count in zip(parts.sections, firsts.tolist(), counts, strict=False):
        last = first + count - 1
        if section.start in at:
            link(at[section.start], first, 2 * first)
        for c in range(first, last):
            link(c, c + 1, 2 * c + 1, 2 * c + 2)
        if section.end in at:
            link(last, at[section.end], 2 * last + 1)
    return links


def _depth_first(links: Links, roots: list[int], somata: int, size: int) -> tuple[np.ndarray, np.ndarray, list]:
    """Nodes in the order of a walk from the roots, the place of each one's parent there, and the halves between them."""
    place, nodes, parent, halves = {}, [], [], []
    for root in roots:
        # before a root that is no soma lies its own first half
        ahead = [] if root in place else [(root, NONE, () if root < somata or root >= size else (2 * root,))]
        while ahead:
            node, above, between = ahead.pop()
            place[node] = len(nodes)
            nodes.append(node)
            parent.append(above)
            halves.append(between)
            ahead += [(n, place[node], h) for n, h in reversed(links[node]) if n not in place]
    return np.array(nodes), np.array(parent), halves


def _renumbered(halves: tuple[int, ...], rank: np.ndarray) -> tuple[int, int]:
    new = [2 * int(rank[h // 2]) + h % 2 for h in halves]
    first, second = (*new, NONE, NONE)[:2]
    return first, second
