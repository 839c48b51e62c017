"""Reconstructions in Neurolucida's text format (ASC).

Source: MBF Bioscience, Neurolucida, "ASCII file format"; branches `( ... | ... )` as in NEURON's Import3d_Neurolucida3.
"""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...biophysics.shape import APICAL, AXON, BASAL, SOMA, UNDEFINED, Morphology
from ..source import existing
from .asc_blocks import Block, asc_blocks, point
from .asc_soma import Body, Outline, bodies, nearest
from .coincident import merged
from .conventions import with_points
from .sizes import warn_of_sizes
from .traced import THIN, Traced, warn_of_roots, with_radii

KINDS = {"cellbody": SOMA, "axon": AXON, "dendrite": BASAL, "apical": APICAL}
BODY_NAMES = ('"cellbody"', '"cell body"', '"soma"')


def read_asc(path: str | Path, *, zero_radius: float = THIN) -> Morphology:
    """A neuron in a Neurolucida ASC file, as NEURON's Import3d_Neurolucida3 reads it: areas and lengths are the same.

    Branches: one begins at the last point of its parent, with the diameter of its own first point; a first point that
    repeats that last one is itself the beginning. A tree of one point, or whose first point is where it splits, has a sphere
    there. Axons, dendrites and apical dendrites begin at their own first points and are joined to the middle of the soma
    whose outline they begin in, or of the nearest, without membrane between. Spines, markers, contours of other things,
    colours and names are skipped.

    Cell bodies: an outline becomes a body of revolution (`contour.soma_of_contour`); outlines that overlap in the plane and
    lie at depths in order become frusta between circles, open at both ends (`contour.soma_of_stack`); others are several somata.

    Where NEURON does otherwise: it stops at an outline on a line and leaves out one of two points, whose trees then are apart:
    here they meet there, without membrane. It makes surfaces that it calls nonsense of overlapping outlines that are no
    stack: here the longest is taken. It makes a sphere of a branch of one point that repeats its parent's: here it is left
    out. It stops at what follows a split within a branch: here it goes on from the split. MorphIO's areas of neurites are the
    same but for the spheres, and it has no membrane of cell bodies.

    Args:
        path: The file.
        zero_radius: Radius for points that have none and whose parent has none either [µm].

    Returns:
        The tree, parents before children: positions and radii [µm].

    Warns:
        UserWarning: for radii of zero, for several roots where there is no cell body, for trees of no known type, for points
            that coincide, for cell bodies without area, and for numbers that no neuron has.

    Raises:
        FileNotFoundError, ValueError: each names line, value, rule and fix.
    """
    path = existing(path)
    outlines, trees = _parts(path)
    if not outlines and not any(tree.parent.size for tree in trees):
        raise ValueError(
            f"{path} has no points in an ({'), ('.join(KINDS)}): is it an ASC file of Neurolucida (version 3 or later)?"
        )
    tree = _joined(bodies(outlines, path.name), trees)
    warn_of_roots(tree.parent, path.name)
    tree = merged(_with_beginnings(with_radii(tree, path.name, zero_radius)), path.name, tips=True)
    warn_of_sizes(tree, path.name)
    return tree.morphology


def _parts(path: Path) -> tuple[list[Outline], list[Traced]]:
    outlines, trees = [], []
    for block in asc_blocks(path):
        kind = _kind(block)
        if kind == SOMA:
            points = [point(path, b)[:3] for b in block.blocks if b.is_point]
            outlines += [Outline(block.line, np.array(points))] if points else []
        elif kind is not None:
            trees.append(_tree(path, block, kind))
        elif block.is_branches and any(b.is_point for b in block.blocks) and not _is_text(block):
            warnings.warn(f"{path.name} line {block.line}: a tree of no known type is kept as UNDEFINED.", stacklevel=3)
            trees.append(_tree(path, block, UNDEFINED))
    return outlines, trees


def _kind(block: Block) -> int | None:
    names = (b.items[0] for b in block.blocks if len(b.items) == 1 and isinstance(b.items[0], str))
    kind = next((KINDS[name.lower()] for name in names if name.lower() in KINDS), None)
    first = block.items[0] if block.items else None
    return SOMA if kind is None and isinstance(first, str) and first.lower() in BODY_NAMES else kind


def _is_text(block: Block) -> bool:
    """Whether it is a label in the picture: properties, a point and a string."""
    return any(isinstance(item, str) and item[0] == '"' for item in block.items)


def _tree(path: Path, block: Block, kind: int) -> Traced:
    """The points of a tree in the order of the file, each after its parent; the first of each branch is a joint."""
    points: list[list[float]] = []
    rows: list[tuple[int, bool, int]] = []  # parent, whether a branch begins, line
    open_blocks = [(iter(block.items), -1)]
    last = [(-1, True)]  # in each open block, the point before and whether a branch begins after it
    while open_blocks:
        items, start = open_blocks[-1]
        item = next(items, None)
        if item is None:
            open_blocks.pop()
            last.pop()
        elif item == "|":
            last[-1] = start, True
        elif isinstance(item, Block) and item.is_point:
            points.append(point(path, item))
            rows.append((last[-1][0], last[-1][1], item.line))
            last[-1] = len(points) - 1, False
        elif isinstance(item, Block) and item.is_branches:
            open_blocks.append((iter(item.items), last[-1][0]))
            last.append((last[-1][0], True))
    numbers = np.array(points).reshape(-1, 4)
    parent, begins, line = np.array(rows, int).reshape(-1, 3).T
    return Traced(numbers[:, :3], 0.5 * numbers[:, 3], parent, np.full(parent.size, kind), begins > 0, line)


def _joined(found: list[Body], trees: list[Traced]) -> Traced:
    """Somata and trees in one; the roots of trees become children of the first point of a soma if there is one."""
    parts = [body.tree for body in found] + [tree for tree in trees if tree.parent.size]
    shifts = np.cumsum([0, *(tree.parent.size for tree in parts)])
    parent = []
    for i, (tree, shift) in enumerate(zip(parts, shifts[:-1], strict=True)):
        root = shifts[nearest(found, tree.position[0])] if found and i >= len(found) else -1
        parent.append(np.where(tree.parent < 0, root, tree.parent + shift))
    position, radius, kind, joint, line = (
        np.concatenate([getattr(tree, name) for tree in parts])
        for name in ("position", "radius", "kind", "joint", "line")
    )
    return Traced(position, radius, np.concatenate(parent), kind, joint, line)


def _with_beginnings(tree: Traced) -> Traced:
    """The tree whose branches, marked by joints, begin where their parents end; a tree of one point gets a sphere."""
    above = np.maximum(tree.parent, 0)
    root, soma = tree.parent < 0, tree.kind == SOMA
    first = ~soma & (root | soma[above])
    apart = np.any(tree.position != tree.position[above], axis=1)
    added = tree.joint & ~first & ~root & apart
    goes_on = np.bincount(above, ~tree.joint, tree.joint.size) > 0
    return with_points(replace(tree, joint=tree.joint & ~added), added, first & root & ~goes_on)
