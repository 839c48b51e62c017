"""Where the walls of an arena are in a rate map of it: a rectangle that fills the map, or the circle that its sides touch."""

import numpy as np

OUTLINES = ("rectangle", "circle")
ARCS = 72  # quarters of a rim, one every 5°


def inside(shape: tuple[int, ...], outline: str) -> np.ndarray:
    """Which bins have their middle in the arena (y, x).

    Raises:
        ValueError: for another outline.
    """
    _require(outline)
    return np.ones(shape, bool) if outline == "rectangle" else _polar(shape)[0] <= 1


def to_wall(shape: tuple[int, ...], outline: str) -> np.ndarray:
    """Distance of the middle of each bin from the nearest wall (y, x), in half the shorter side or in the radius."""
    if outline == "circle":
        return np.maximum(1 - _polar(shape)[0], 0.0)
    down, across = (np.minimum(d, n - d) for n, d in ((n, np.arange(n) + 0.5) for n in shape))
    return np.minimum(down[:, None], across) / (min(shape) / 2)


def walls(shape: tuple[int, ...], near: float, outline: str) -> np.ndarray:
    """Which bins are near each wall (wall, y, x).

    Args:
        shape: Of the map.
        near: How far that is, as a part of the side or of the diameter.
        outline: Of the arena.
    """
    _require(outline)
    if outline == "circle":
        radius, angle = _polar(shape)
        return (radius <= 1) & (radius > 1 - 2 * near) & _arcs(angle)
    height, width = shape
    down, across = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width
    return np.stack([np.broadcast_to(d < near, shape) for d in (down, 1 - down, across, 1 - across)])


def wall_bins(shape: tuple[int, ...], outline: str) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """The bins along the walls, as rows and columns (bin,), and the part that each is of every wall (wall, bin)."""
    height, width = shape
    if outline == "circle":
        radius, angle = _polar(shape)
        rim = np.nonzero((radius <= 1) & (radius > 1 - 2 / min(shape)))
        member = _arcs(angle[rim])
    else:
        edge = np.zeros(shape, bool)
        edge[[0, -1]], edge[:, [0, -1]] = True, True
        row, column = rim = np.nonzero(edge)
        member = np.stack([row == 0, row == height - 1, column == 0, column == width - 1])
    return rim, member / np.maximum(member.sum(1, keepdims=True), 1)


def _polar(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each bin from the middle of the map, in halves of its sides, and direction [rad] (y, x)."""
    y, x = np.meshgrid(*(2 * (np.arange(n) + 0.5) / n - 1 for n in shape), indexing="ij")
    return np.hypot(y, x), np.arctan2(y, x)


def _arcs(angle: np.ndarray) -> np.ndarray:
    """Which directions lie in each quarter of a rim (arc, ...)."""
    middle = (2 * np.pi / ARCS * np.arange(ARCS)).reshape(-1, *[1] * angle.ndim)
    return np.abs((angle - middle + np.pi) % (2 * np.pi) - np.pi) <= np.pi / 4


def _require(outline: str) -> None:
    if outline not in OUTLINES:
        raise ValueError(f"outline = {outline!r}: choose one of {', '.join(OUTLINES)}.")
