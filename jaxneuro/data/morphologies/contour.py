"""The outline of a cell body to a chain of frusta, by the rules of NEURON's Import3d_GUI (contour2centroid and its kin)."""

import numpy as np

from ...biophysics.shape import SOMA
from .traced import Traced

SLICES = 21  # odd, so that one is in the middle
UPRIGHT = 1e-3  # how little of the second axis may lie in the plane of the picture
AROUND = 101  # points at equal distances on the outline, its two ends among them


def soma_of_contour(contour: np.ndarray, line: int = 0) -> Traced:
    """A body of revolution about the long axis of an outline, as wide at each of 21 places as the outline is there.

    NEURON's rule: 101 points at equal distances from the first to the last one traced give the centre and the principal
    axes; the widths are taken on both sides along the longest, without the extreme point at each end, at whose places the
    mean of two widths stands. The root is the point in the middle, from which two chains run to the ends.

    An outline of 60 points round a sphere gets 2.9 % less membrane than the sphere, round a spheroid twice as long as wide
    1.7 % less. Where an outline is symmetric to its axis, rounding decides which of two points is the extreme one, so that a
    polygon of few points may have some percent more or less than in NEURON.

    Args:
        contour: The outline (point, 3) [µm], closed or not; at least three points, not on a line.
        line: Where it stands in its file.

    Returns:
        The soma as NumPy arrays.

    Source: Hines & Carnevale, NEURON 9, import3d_gui.hoc, contour2centroid.
    """
    outline = evenly(contour)
    centre = outline.mean(axis=0)
    major, minor = _axes(outline - centre)
    along, across = (outline - centre) @ major, (outline - centre) @ minor
    places, width = _widths(along, across)
    position = centre + places[:, None] * major
    middle = SLICES // 2
    order = np.r_[middle:SLICES, middle - 1 : -1 : -1]
    parent = np.arange(SLICES) - 1
    parent[middle + 1] = 0
    return _soma(position[order], 0.5 * width[order], parent, line)


def soma_of_stack(contours: list[np.ndarray], line: int = 0) -> Traced:
    """The frusta between circles about the centres of outlines at several depths; the root is the one in the middle.

    A circle's radius is the mean of the distances of the outline from its centre and of its perimeter / 2π. The first and the
    last circle are open: they have no membrane.

    Source: as above, contourstack2centroid and approximate_contour_by_circle.
    """
    outlines = [evenly(contour) for contour in contours]
    centre = np.array([outline.mean(axis=0) for outline in outlines])
    away = [np.linalg.norm(outline - c, axis=1).mean() for outline, c in zip(outlines, centre, strict=True)]
    around = [np.linalg.norm(contour - np.roll(contour, -1, axis=0), axis=1).sum() for contour in contours]
    radius = 0.5 * (np.array(away) + np.array(around) / (2 * np.pi))
    middle, count = len(contours) // 2, len(contours)
    order = np.r_[middle:count, middle - 1 : -1 : -1].astype(int)
    parent = np.arange(count) - 1
    parent[count - middle :][:1] = 0
    return _soma(centre[order], radius[order], parent, line)


def has_width(contour: np.ndarray) -> bool:
    """Whether an outline (point, 3) has three points or more that are not on one line."""
    if len(contour) < 3:
        return False
    extents = np.linalg.svd(contour - contour.mean(axis=0), compute_uv=False)
    return bool(extents[1] > 1e-6 * extents[0])


def evenly(contour: np.ndarray) -> np.ndarray:
    """Points from the first to the last of an outline (AROUND, 3), so that dense tracing has no more weight.

    Their distances are equal in the plane of the picture, in space if the outline stands upright there.
    """
    flat = contour * [1.0, 1.0, 0.0]
    steps = np.diff(flat if has_width(flat) else contour, axis=0)
    way = np.r_[0.0, np.cumsum(np.linalg.norm(steps, axis=1))]
    places = np.linspace(0.0, way[-1], AROUND)
    return np.stack([np.interp(places, way, x) for x in contour.T], -1)


def _axes(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The longest axis of an outline, and the second, in the plane of the picture unless it stands upright there."""
    axes = np.linalg.eigh(outline.T @ outline)[1].T
    major, minor = axes[2], axes[1]
    major = major * np.sign(major[np.argmax(np.abs(major))])
    flat = minor * [1.0, 1.0, 0.0]
    minor = flat if np.linalg.norm(flat) > UPRIGHT else minor
    return major, minor / np.linalg.norm(minor)


def _widths(along: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places along the axis (SLICES,), and how far apart the two sides of the outline are there."""
    first = int(np.argmax(along))
    along, across = np.roll(along, -first), np.roll(across, -first)
    turn = int(np.argmin(along))
    one, other = (_rising(*side) for side in ((along[:turn][::-1], across[:turn][::-1]), (along[turn:], across[turn:])))
    found = np.sort(np.concatenate([one[0], other[0]]))
    places = np.linspace(found[1], found[-2], SLICES)
    width = np.abs(np.interp(places, *one) - np.interp(places, *other))
    width[0], width[-1] = 0.5 * (width[0] + width[1]), 0.5 * (width[-1] + width[-2])
    return places, width


def _rising(along: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One side of an outline without what turns back, as in a dent."""
    highest = np.maximum.accumulate(along)
    kept = np.r_[True, along[1:] > highest[:-1]]
    return along[kept], across[kept]


def _soma(position: np.ndarray, radius: np.ndarray, parent: np.ndarray, line: int) -> Traced:
    return Traced(position, radius, parent, np.full(parent.size, SOMA), parent < 0, np.full(parent.size, line))
