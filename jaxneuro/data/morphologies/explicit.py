"""Points written twice, so that the conventions of the SWC format say what a tree is."""

import heapq
from dataclasses import replace

import numpy as np

from ...biophysics.shape import SOMA
from .conventions import Conventions, conventions
from .traced import Traced, reordered


def explicit(tree: Traced) -> Traced:
    """The tree with points doubled where a reader would take a joint for a frustum, a frustum for a joint, or see a sphere."""
    tree = _soma_first(tree)
    found = conventions(tree)
    tree = _doubled(tree, _needs_soma(tree, found))
    found = conventions(tree)
    apart = np.any(tree.position != tree.position[tree.parent], axis=1)
    continued = found.alone & ((found.start & apart & tree.joint) | (tree.parent < 0))
    return _begun(_continued(tree, continued))


def _soma_first(tree: Traced) -> Traced:
    """The tree with a child of each soma point, if it has one of the soma, right behind it: a reader looks there."""
    child = (tree.parent >= 0) & (tree.kind == SOMA) & (tree.kind[tree.parent] == SOMA)
    has, behind = np.zeros(child.size, bool), np.zeros(child.size, bool)
    has[tree.parent[child]] = True
    behind[:-1] = child[1:] & (tree.parent[1:] == np.arange(child.size - 1))
    return tree if np.array_equal(has, behind) else reordered(tree, _walk(tree, child))


def _walk(tree: Traced, first: np.ndarray) -> np.ndarray:
    """Indices, parents first and depth first among some points (point,), which come before the others."""
    children: dict[int, list[int]] = {}
    for point, above in enumerate(tree.parent.tolist()):
        children.setdefault(above, []).append(point)
    ahead, order, time = [(1, 0, point) for point in children.get(-1, [])], [], 0
    while ahead:
        order.append(heapq.heappop(ahead)[2])
        time -= 1  # later ones come first
        for point in children.get(order[-1], []):
            heapq.heappush(ahead, (0, time, point) if first[point] else (1, 0, point))
    return np.array(order, int)


def _needs_soma(tree: Traced, found: Conventions) -> np.ndarray:
    """How many points of the soma a point lacks for a reader to see no sphere, and neurites that begin apart (point,)."""
    soma, above = tree.kind == SOMA, np.maximum(tree.parent, 0)
    apart = found.start & tree.joint & np.any(tree.position != tree.position[above], axis=1)
    carries = np.bincount(above[apart], minlength=soma.size) > 0
    children = np.bincount(above[(tree.parent >= 0) & soma & soma[above]], minlength=soma.size)
    of_root = np.where(carries, np.maximum(2 - children, 0), found.sphere)
    return np.where(soma, np.where(tree.parent < 0, of_root, carries & ~found.wired), 0).astype(int)


def _doubled(tree: Traced, times: np.ndarray) -> Traced:
    """The tree with so many more points at each (point,), which are its children."""
    index = np.arange(times.size) + np.cumsum(times) - times
    more = _moved(tree, np.repeat(np.arange(times.size), times + 1), index)
    for doubled in range(1, int(times.max(initial=0)) + 1):
        new = index[times >= doubled] + doubled
        more.parent[new], more.joint[new] = new - doubled, False
    return more


def _continued(tree: Traced, chosen: np.ndarray) -> Traced:
    """The tree with some points (point,) twice, the second joined to the first and before its children."""
    index = np.arange(chosen.size) + np.cumsum(chosen)  # of the second, which children follow
    more = _moved(tree, np.repeat(np.arange(chosen.size), chosen + 1), index)
    second = index[chosen]
    more.parent[second], more.joint[second] = second - 1, True
    return more


def _begun(tree: Traced) -> Traced:
    """The tree with a joint at the soma before each neurite that begins with the soma's radius, which a reader would replace."""
    found = conventions(tree)
    chosen, above = found.start & ~tree.joint, np.maximum(tree.parent, 0)
    index = np.arange(chosen.size) + np.cumsum(chosen)
    more = _moved(tree, np.repeat(np.arange(chosen.size), chosen + 1), index)
    first = index[chosen] - 1
    for values, old in ((more.position, tree.position), (more.radius, tree.radius)):
        values[first] = old[above[chosen]]
    more.joint[first], more.parent[first + 1] = True, first
    return more


def _moved(tree: Traced, taken: np.ndarray, index: np.ndarray) -> Traced:
    """Some points of a tree, whose parents are found at new indices."""
    more = tree.mapped(lambda x: np.array(x[taken]))
    return replace(more, parent=np.where(more.parent >= 0, index[more.parent], -1))
