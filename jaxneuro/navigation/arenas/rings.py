"""Outlines that enclose something: they close, and no side crosses another."""

import numpy as np

from .additions import TOUCH


def require_closed(walls: np.ndarray) -> None:
    """Refuse walls that do not form closed rings.

    Raises:
        ValueError: naming the wall after which there is a gap.
    """
    first = 0
    for n, (_, end) in enumerate(walls):
        follows = n + 1 < len(walls) and np.linalg.norm(walls[n + 1, 0] - end) < TOUCH
        if np.linalg.norm(walls[first, 0] - end) < TOUCH:
            first = n + 1
        elif not follows:
            raise ValueError(
                f"the arena does not close: wall {n} ends at {end.tolist()} m, where neither the next wall nor wall {first}, the "
                f"first of its ring, begins ({walls[first, 0].tolist()} m): give each wall from the end of the one before it."
            )


def require_simple(walls: np.ndarray) -> None:
    """Refuse outlines whose sides cross or touch, but for neighbours at their corner.

    Raises:
        ValueError: naming two sides that cross.
    """
    for n, a in enumerate(walls):
        for m in range(n + 1, len(walls)):
            if _cross(a, walls[m]):
                raise ValueError(
                    f"walls {n} and {m} of the outline cross ({a.tolist()}, {walls[m].tolist()} m): give the corners in their "
                    "order round the arena; walls inside it come with with_walls(...)."
                )


def _cross(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two segments have a point in common that is not an end of both."""
    u, w, start = a[1] - a[0], b[1] - b[0], b[0] - a[0]
    det = u[0] * w[1] - u[1] * w[0]
    if abs(det) < 1e-12 * np.linalg.norm(u) * np.linalg.norm(w):
        return _overlap(a, b)
    s, t = (start[0] * w[1] - start[1] * w[0]) / det, (start[0] * u[1] - start[1] * u[0]) / det
    at_end = min(abs(s), abs(s - 1)) < 1e-9 and min(abs(t), abs(t - 1)) < 1e-9
    return -1e-9 <= s <= 1 + 1e-9 and -1e-9 <= t <= 1 + 1e-9 and not at_end


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two parallel segments lie on one another."""
    u = a[1] - a[0]
    length = np.linalg.norm(u)
    off = (b - a[0]) @ np.array([-u[1], u[0]]) / length
    low, high = np.sort((b - a[0]) @ u / length)
    return bool(np.abs(off).max() < 1e-9 and min(high, length) - max(low, 0.0) > 1e-9)
