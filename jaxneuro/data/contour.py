"""The outline of a cell body to a chain of frusta."""

import numpy as np

from ..biophysics.morphology import SOMA
from .traced import Traced

SLICES = 21  # odd, so that one is in the middle
AROUND = 256  # points at equal distances on the outline


def soma_of_contour(contour: np.ndarray) -> Traced:
    """A body of revolution about the long axis of an outline, as wide at each of 21 places as the outline is there.

    The root is the point in the middle, so that neurites can be attached there; two chains run from it to the ends,
    where the radius is that a half slice within, as a tip of radius 0 would be closed to current.

    Args:
        contour: The outline (point, 3) [µm], closed or not; at least three points, not on a line.

    Returns:
        The soma as NumPy arrays.

    Source: the principal axis and the widths along it follow NEURON's import of contours; Carnevale & Hines (2006), The
    NEURON Book.
    """
    outline = _even(contour)
    centre = outline.mean(axis=0)
    axes = np.linalg.svd(outline - centre, full_matrices=False)[2]
    u, v = (outline - centre) @ axes[0], (outline - centre) @ axes[1]
    along = u.min() + np.ptp(u) * 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, SLICES)))  # dense where an end is round
    half = 0.5 * (along[1] - along[0])
    low, high = np.array([_sides(u, v, x) for x in np.clip(along, along[0] + half, along[-1] - half)]).T
    position = centre + along[:, None] * axes[0] + 0.5 * (low + high)[:, None] * axes[1]
    middle = SLICES // 2
    order = np.r_[middle:SLICES, middle - 1 : -1 : -1]
    parent = np.arange(SLICES) - 1
    parent[middle + 1] = 0
    return Traced(position[order], 0.5 * (high - low)[order], parent, np.full(SLICES, SOMA), parent < 0)


def contour_area(contour: np.ndarray) -> float:
    """Area within a flat outline (point, 3) [µm²]."""
    edges = contour - contour[0]
    return 0.5 * float(np.linalg.norm(np.cross(edges[:-1], edges[1:]).sum(axis=0)))


def _even(contour: np.ndarray) -> np.ndarray:
    """Points at equal distances on the closed outline (AROUND, 3), so that dense tracing has no more weight."""
    closed = np.vstack([contour, contour[:1]])
    way = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))]
    places = np.linspace(0.0, way[-1], AROUND, endpoint=False)
    return np.stack([np.interp(places, way, x) for x in closed.T], -1)


def _sides(u: np.ndarray, v: np.ndarray, place: float) -> tuple[float, float]:
    """Where a line across the outline at u = place first enters and last leaves it."""
    after_u, after_v = np.roll(u, -1), np.roll(v, -1)
    crossed = (u <= place) != (after_u <= place)
    part = (place - u[crossed]) / (after_u - u)[crossed]
    crossings = v[crossed] + part * (after_v - v)[crossed]
    return float(crossings.min()), float(crossings.max())
