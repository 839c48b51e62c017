"""Reconstructions in the SWC format: one point a line, `id type x y z radius parent`.

Source: Cannon, Turner, Pyapali & Wheal (1998), J. Neurosci. Methods 84:49.
"""

from pathlib import Path

import numpy as np

from ...biophysics.shape import Morphology
from ...files import writing
from ..source import existing
from .coincident import merged
from .conventions import attached, conventions
from .explicit import explicit
from .sizes import warn_of_sizes
from .swc_points import JOINT, Point, cycle, swc_points
from .traced import THIN, Traced, reordered, traced, tree_order, warn_of_roots, with_radii


def read_swc(path: str | Path, *, zero_radius: float = THIN) -> Morphology:
    """A neuron in an SWC file, as NEURON's Import3d_SWC_read takes it: areas and lengths are the same.

    The format leaves open where membrane begins and ends. Decided are, one by one:

    ======================================  ================================================================================
    in the file                             becomes
    ======================================  ================================================================================
    soma of one point                       a sphere: a cylinder as long as wide, with the same area
    soma of two or more points              the frusta between them; two points are a cylinder without ends
    three points of NeuroMorpho.org         the same: two cylinders, which have the area of the sphere they stand for
    soma whose second point is not the      a sphere at the first point and the frusta from it: lines of a neurite between
    next line                               them add a sphere, as in NEURON
    soma point after a point of a neurite   a frustum from that point, never a sphere
    neurite on a sphere or within a soma    begins at its own first point, without membrane before
    neurite on the end of a soma, or of     begins at the soma with the radius of its own first point
    one point there
    the same, whose last child in order of  begins at the soma likewise: the first point is a branch of its own
    id has another type
    fork at the first point on a sphere     two neurites from that point; in the second line of a file a stem leads there
    neurite on a neurite                    begins with the parent's radius, also where the type changes
    root that is not of the soma            a sphere as well, if its last child in order of id has another type or it has none
    types 0, 5, 6, 7, ...                   kept as kinds of their own, neurites like 2 to 4
    points that coincide                    a ring of membrane if the radius steps; a section that would have no length is
                                            merged, with a warning (NEURON removes it in silence)
    ids with gaps, in any order             read in the order of ids, as by NEURON, which crashes where lines are not sorted
    parents with greater ids                read in the order of the file (NEURON refuses or crashes)
    several roots                           trees that are not connected, with a warning (NEURON draws a frustum from the
                                            first point of the file to each further root)
    radius 0                                the parent's, or `zero_radius`, with a warning (NEURON keeps 0: a tip is a cone)
    first point of a neurite on the soma    goes on with it (NEURON takes what stands in the next line into the section)
    whose only child is not the next line
    ======================================  ================================================================================

    Comments (#), blank lines and further columns are skipped.

    Args:
        path: The file.
        zero_radius: Radius for points that have none and whose parent, of the same type, has none either [µm].

    Returns:
        The tree, parents before children: positions and radii [µm].

    Warns:
        UserWarning: for radii of zero, several roots, points that coincide, and sizes that no neuron has.

    Raises:
        FileNotFoundError, ValueError: each names line, value, rule and fix.
    """
    path = existing(path)
    points, parent = swc_points(path)
    order = _in_order_of_ids(points, parent)
    if order.size < parent.size:
        raise ValueError(cycle(path, points, parent, order))
    warn_of_roots(parent, path.name)
    numbers = {
        name: np.array([point[name] for _, point in points]) for name in ("x", "y", "z", "radius", "type", "joint")
    }
    position = np.stack([numbers[axis] for axis in "xyz"], -1)
    joint, lines = (parent < 0) | (numbers["joint"] > 0), np.array([line for line, _ in points])
    tree = Traced(position, numbers["radius"], parent, numbers["type"].astype(int), joint, lines)
    tree = merged(attached(with_radii(reordered(tree, order), path.name, zero_radius)), path.name)
    warn_of_sizes(tree, path.name)
    return tree.morphology


def _in_order_of_ids(points: list[Point], parent: np.ndarray) -> np.ndarray:
    """Indices of the points by their ids, as NEURON takes them, or where a parent has a greater one in the order of the file."""
    ids = np.array([point["id"] for _, point in points])
    if np.all((parent < 0) | (ids[parent] < ids)):
        return np.argsort(ids)
    return tree_order(parent)


def write_swc(path: str | Path, morphology: Morphology) -> None:
    """Write a tree so that `read_swc` gives the same areas, lengths and types back.

    Where the conventions of the format would add membrane at the soma or take it away, a point is written twice, which has
    neither. A joint within a neurite, as one at a branch of an ASC file, lies where its parent does and has the comment
    `# joint`; other programs see a step of the radius there. Points that only pad arrays (radius 0, joined to point 0) are
    left out.

    Args:
        path: The file to write.
        morphology: The tree.

    Raises:
        ValueError: for a joint that SWC cannot express, such as one between two points of a dendrite that lie apart.
    """
    tree = traced(morphology)
    leaf = np.bincount(np.maximum(tree.parent, 0), tree.parent >= 0, tree.parent.size) == 0
    tree = reordered(tree, np.flatnonzero(~(tree.joint & leaf & (tree.radius == 0) & (tree.parent == 0))))
    written = explicit(tree)
    found = conventions(written)
    marked = written.joint & ~found.joint & np.all(written.position == written.position[written.parent], axis=1)
    wrong = np.flatnonzero(((found.joint | marked) != written.joint) | found.added | found.sphere)
    if wrong.size:
        x, y, z = written.position[wrong[0]]
        raise ValueError(
            f"the point at ({x:g}, {y:g}, {z:g}) has joint {written.joint[wrong[0]]}, which {path} cannot tell: SWC has "
            "joints at roots, between the soma and what is attached to it and where two points coincide, nowhere else; "
            "change joint there."
        )
    columns = (np.arange(1, written.kind.size + 1), written.kind, *written.position.T, written.radius)
    parents = np.where(written.parent >= 0, written.parent + 1, -1)
    lines = [" ".join(map(str, row)) for row in zip(*columns, parents, strict=True)]
    lines = [f"{line} # {JOINT}" if mark else line for line, mark in zip(lines, marked, strict=True)]
    with writing(Path(path).expanduser()) as file:
        file.write("\n".join(["# id type x y z radius parent [µm]", *lines, ""]))
