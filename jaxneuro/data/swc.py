"""Reconstructions in the SWC format: one point a line, `id type x y z radius parent`.

Source: Cannon, Turner, Pyapali & Wheal (1998), J. Neurosci. Methods 84:49.
"""

from pathlib import Path

import numpy as np

from ..biophysics.morphology import SOMA, Morphology
from ..files import writing
from .source import existing
from .swc_points import cycle, swc_points
from .traced import (
    THIN,
    Traced,
    attached,
    conventions,
    reordered,
    soma_links,
    traced,
    tree_order,
    warn_of_roots,
    with_radii,
)


def read_swc(path: str | Path, *, zero_radius: float = THIN) -> Morphology:
    """A neuron in an SWC file.

    Ids may have gaps and any order; comments (#), blank lines and further columns are skipped; types above 4 are kept. A
    soma of one point is a sphere; one of more points, among them NeuroMorpho.org's three, is the frusta between them.
    Where neurites begin is told in `traced.attached`; areas agree with those of NEURON.

    Args:
        path: The file.
        zero_radius: Radius for points that have none and whose parent, of the same type, has none either [µm].

    Returns:
        The tree, parents before children: positions and radii [µm].

    Warns:
        UserWarning: for radii of zero and for several roots.

    Raises:
        FileNotFoundError, ValueError: each names line, value, rule and fix.
    """
    path = existing(path)
    points, parent = swc_points(path)
    order = tree_order(parent)
    if order.size < parent.size:
        raise ValueError(cycle(path, points, parent, order))
    warn_of_roots(parent, path.name)
    numbers = {name: np.array([point[name] for _, point in points]) for name in ("x", "y", "z", "radius", "type")}
    position = np.stack([numbers[axis] for axis in "xyz"], -1)
    tree = Traced(position, numbers["radius"], parent, numbers["type"].astype(int), parent < 0)
    return attached(with_radii(reordered(tree, order), path.name, zero_radius)).morphology


def write_swc(path: str | Path, morphology: Morphology) -> None:
    """Write a tree so that `read_swc` gives the same areas, lengths and types back.

    Where the conventions of the format would add membrane at the soma or take it away, a point is written twice, which
    has neither. Points that only pad arrays (radius 0, joined to point 0) are left out.

    Args:
        path: The file to write.
        morphology: The tree.

    Raises:
        ValueError: for a joint that SWC cannot express, such as one between two points of a dendrite.
    """
    tree = traced(morphology)
    leaf = np.bincount(np.maximum(tree.parent, 0), tree.parent >= 0, tree.parent.size) == 0
    tree = reordered(tree, np.flatnonzero(~(tree.joint & leaf & (tree.radius == 0) & (tree.parent == 0))))
    written = _explicit(tree)
    joint, added, sphere = conventions(written)
    wrong = np.flatnonzero((joint != written.joint) | added | sphere)
    if wrong.size:
        x, y, z = written.position[wrong[0]]
        raise ValueError(
            f"the point at ({x:g}, {y:g}, {z:g}) has joint {written.joint[wrong[0]]}, which {path} cannot tell: SWC has "
            "joints at roots and between the soma and what is attached to it, nowhere else; change joint there."
        )
    columns = (np.arange(1, written.kind.size + 1), written.kind, *written.position.T, written.radius)
    parents = np.where(written.parent >= 0, written.parent + 1, -1)
    lines = [" ".join(map(str, row)) for row in zip(*columns, parents, strict=True)]
    with writing(Path(path).expanduser()) as file:
        file.write("\n".join(["# id type x y z radius parent [µm]", *lines, ""]))


def _explicit(tree: Traced) -> Traced:
    """The tree with points doubled where a reader would take a joint for a frustum, or a frustum for a joint."""
    neighbours, start, apart, goes_on = soma_links(tree)
    above = np.maximum(tree.parent, 0)
    rows = [list(row) for row in zip(tree.position, tree.radius, tree.parent, tree.kind, tree.joint, strict=True)]

    def add(like: np.intp, kind: int, joint: bool = False) -> int:
        rows.append([tree.position[like], tree.radius[like], like, kind, joint])
        return len(rows) - 1

    wired = start & apart & tree.joint
    for point in np.flatnonzero((tree.kind == SOMA) & (neighbours < 2)):
        if neighbours[point] == 0 or np.any(wired & (above == point)):
            for _ in range(2 - neighbours[point]):
                add(point, SOMA)
    for point in np.flatnonzero(wired & ~goes_on):
        add(point, tree.kind[point])
    for point in np.flatnonzero(start & ~tree.joint):
        rows[point][2] = add(above[point], tree.kind[point], joint=True)
    position, radius, parent, kind, joint = (np.array(column) for column in zip(*rows, strict=True))
    return reordered(Traced(position, radius, parent, kind, joint), tree_order(parent))
