"""Walls that are given as numbers: checks, and which of their ends are free."""

from typing import Any

import numpy as np
from jax.core import Tracer

TOUCH = 1e-6  # m; ends of walls that are so close are joined


def segments_of(walls: Any, name: str) -> Any:
    """Walls as an array (wall, 2, 2).

    Raises:
        ValueError: for another shape, an end that is not finite, a wall without length.
    """
    if isinstance(walls, Tracer):
        return walls
    walls = np.asarray(walls, np.float64)
    if walls.ndim != 3 or walls.shape[1:] != (2, 2):
        raise ValueError(f"{name} have shape {walls.shape}: give the two ends of each, (wall, 2, 2) in m.")
    if not np.isfinite(walls).all():
        at = int(np.flatnonzero(~np.isfinite(walls).all((1, 2)))[0])
        raise ValueError(f"{name}[{at}] = {walls[at].tolist()} is not finite: give its two ends in m.")
    short = np.flatnonzero(np.linalg.norm(walls[:, 1] - walls[:, 0], axis=-1) < TOUCH)
    if short.size:
        raise ValueError(
            f"{name}[{short[0]}] = {walls[short[0]].tolist()} has no length: give two different ends in m."
        )
    return walls


def free_ends(walls: Any, outline: int, doors: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Ends (wall, end) that no wall holds: a door does not, since it may open. All, where walls are traced."""
    inner = [(wall, end) for wall in range(outline, walls.shape[0]) for end in (0, 1)]
    if isinstance(walls, Tracer):
        return tuple(inner)
    walls = np.asarray(walls)
    fixed = [n for n in range(len(walls)) if n not in doors]
    held = lambda wall, end: any(_distance(walls[wall, end], walls[n]) < TOUCH for n in fixed if n != wall)
    return tuple((wall, end) for wall, end in inner if not held(wall, end))


def _distance(point: np.ndarray, wall: np.ndarray) -> float:
    along = wall[1] - wall[0]
    part = np.clip(np.dot(point - wall[0], along) / np.dot(along, along), 0.0, 1.0)
    return float(np.linalg.norm(point - wall[0] - part * along))
