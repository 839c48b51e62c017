"""Reconstructions in Neurolucida's text format (ASC).

Source: MBF Bioscience, Neurolucida, "ASCII file format"; branches `( ... | ... )` as in NEURON's Import3d_Neurolucida3.
"""

import warnings
from pathlib import Path

import numpy as np

from ..biophysics.morphology import APICAL, AXON, BASAL, SOMA, UNDEFINED, Morphology
from .asc_blocks import Block, asc_blocks, point
from .contour import contour_area, soma_of_contour
from .source import existing
from .traced import THIN, Traced, warn_of_roots, with_radii

KINDS = {"cellbody": SOMA, "axon": AXON, "dendrite": BASAL, "apical": APICAL}


def read_asc(path: str | Path, *, zero_radius: float = THIN) -> Morphology:
    """A neuron in a Neurolucida ASC file.

    Axons, dendrites and apical dendrites become trees that are attached to the middle of the soma, without membrane
    between. The outline of the cell body, of several the one with the largest area, becomes a body of revolution (see
    `contour.soma_of_contour`). Spines, markers, contours of other things, colours and names are skipped.

    Args:
        path: The file.
        zero_radius: Radius for points that have none and whose parent has none either [µm].

    Returns:
        The tree, parents before children: positions and radii [µm].

    Warns:
        UserWarning: for radii of zero, for several roots where there is no cell body, for trees of no known type.

    Raises:
        FileNotFoundError, ValueError: each names line, value, rule and fix.
    """
    path = existing(path)
    outlines, trees = [], []
    for block in asc_blocks(path):
        kind = _kind(block)
        if kind == SOMA:
            outlines.append((block.line, np.array([point(path, b)[:3] for b in block.blocks if b.is_point])))
        elif kind is not None:
            trees.append(_tree(path, block, kind))
        elif block.is_branches and any(b.is_point for b in block.blocks):
            warnings.warn(f"{path.name} line {block.line}: a tree of no known type is kept as UNDEFINED.", stacklevel=2)
            trees.append(_tree(path, block, UNDEFINED))
    if not outlines and not any(tree.parent.size for tree in trees):
        raise ValueError(
            f"{path} has no points in an ({'), ('.join(KINDS)}): is it an ASC file of Neurolucida (version 3 or later)?"
        )
    tree = _joined(([_soma(path, outlines)] if outlines else []) + trees, bool(outlines))
    warn_of_roots(tree.parent, path.name)
    return with_radii(tree, path.name, zero_radius).morphology


def _kind(block: Block) -> int | None:
    names = (b.items[0] for b in block.blocks if len(b.items) == 1 and isinstance(b.items[0], str))
    return next((KINDS[name.lower()] for name in names if name.lower() in KINDS), None)


def _soma(path: Path, outlines: list[tuple[int, np.ndarray]]) -> Traced:
    areas = [contour_area(outline) if len(outline) > 2 else 0.0 for _, outline in outlines]
    largest = int(np.argmax(areas))
    line, outline = outlines[largest]
    if areas[largest] == 0:
        raise ValueError(
            f"{path} line {line}: the outline of the cell body has {len(outline)} points and no area: trace three or more "
            "that are not on a line, or remove the block."
        )
    return soma_of_contour(outline)


def _tree(path: Path, block: Block, kind: int) -> Traced:
    """The points of a tree in the order of the file, each after its parent."""
    points: list[list[float]] = []
    parent: list[int] = []
    open_blocks = [(iter(block.items), -1)]
    last = [-1]  # the point before, in each open block
    while open_blocks:
        items, start = open_blocks[-1]
        item = next(items, None)
        if item is None:
            open_blocks.pop()
            last.pop()
        elif item == "|":
            last[-1] = start
        elif isinstance(item, Block) and item.is_point:
            points.append(point(path, item))
            parent.append(last[-1])
            last[-1] = len(points) - 1
        elif isinstance(item, Block) and item.is_branches:
            open_blocks.append((iter(item.items), last[-1]))
            last.append(last[-1])
    numbers, above = np.array(points).reshape(-1, 4), np.array(parent, int)
    return Traced(numbers[:, :3], 0.5 * numbers[:, 3], above, np.full(above.size, kind), above < 0)


def _joined(trees: list[Traced], on_first: bool) -> Traced:
    """Trees in one; their roots become children of the first point if that is the soma's."""
    shifts = np.cumsum([0, *(tree.parent.size for tree in trees)])
    root = 0 if on_first else -1
    parent = np.concatenate(
        [np.where(t.parent < 0, root, t.parent + n) for t, n in zip(trees, shifts[:-1], strict=True)]
    )
    parent[0] = -1
    position, radius, kind, joint = (
        np.concatenate([getattr(tree, name) for tree in trees]) for name in ("position", "radius", "kind", "joint")
    )
    return Traced(position, radius, parent, kind, joint)
