"""Arenas from above, and paths in them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike

from .style import DATA, FAINT, MODEL, REFERENCE, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


if TYPE_CHECKING:  # a figure needs no network
    from ..navigation import Arena, Path


def arena(arena: "Arena", *, shut: ArrayLike | None = None, axes: "Axes | Sequence[Axes] | None" = None) -> "Axes":
    """Walls in black, doors in colour, dashed where they are open, objects as squares.

    Args:
        arena: One arena, not a batch.
        shut: Which doors are shut (door,); as in the arena by default.
        axes: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(axes, size=(3.6, 3.6))
    walls, stands = np.asarray(arena.walls), np.array(arena.shut)
    if shut is not None:
        stands[list(arena.doors)] = shut
    for n, wall in enumerate(walls):
        ax.plot(*wall.T, solid_capstyle="projecting", **_style(n in arena.doors, bool(stands[n])))
    if arena.objects.shape[0]:
        ax.plot(*np.asarray(arena.objects).T, "s", color=REFERENCE, ms=6)
    if arena.period is not None:
        width, height = arena.period
        ax.plot([0, width, width, 0, 0], [0, 0, height, height, 0], color=FAINT, ls=":")
    ax.set_aspect("equal")
    return tidy(ax, "x [m]", "y [m]")


def _style(door: bool, stands: bool) -> dict:
    if not door:
        return {"color": DATA, "lw": 1.8}
    return {"color": MODEL, "lw": 2.5, "ls": "-" if stands else (0, (1, 1.5))}


def trajectory(
    path: "Path",
    within: "Arena | None" = None,
    *,
    activity: ArrayLike | None = None,
    axes: "Axes | Sequence[Axes] | None" = None,
) -> "Axes":
    """A path from above, from a circle to a dot, with what a cell did along it.

    Args:
        path: Of one animal.
        within: The arena, drawn below it.
        activity: Of one cell at each place (steps + 1,): dots whose size is its share of the largest.
        axes: Where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: for activity of another length.
    """
    (ax,) = new_axes(axes, size=(3.6, 3.6))
    if within is not None:
        arena(within, axes=ax)
    places = np.array(path.position, float)
    if path.mask is not None:
        places[~np.asarray(path.mask)] = np.nan  # no line where nobody was seen
    line = places
    if (
        within is not None and within.period is not None
    ):  # no line across the arena where the path leaves and comes back
        left = np.flatnonzero((np.abs(np.diff(places, axis=0)) > np.array(within.period) / 2).any(-1)) + 1
        line = np.insert(places, left, np.nan, axis=0)
    ax.plot(*line.T, color=FAINT if activity is not None else REFERENCE, lw=0.8)
    ax.plot(*places[0], "o", mfc="white", mec=DATA, ms=5)
    ax.plot(*places[-1], "o", color=DATA, ms=5)
    if activity is not None:
        _dots(ax, places, np.asarray(activity))
    ax.set_aspect("equal")
    return tidy(ax, "x [m]", "y [m]")


def _dots(ax: "Axes", places: np.ndarray, activity: np.ndarray) -> None:
    if activity.shape != places.shape[:1]:
        raise ValueError(
            f"activity has shape {activity.shape}, the path {len(places)} places: give one number for each place."
        )
    share = np.clip(activity, 0, None) / max(activity.max(), 1e-12)
    ax.scatter(*places.T, s=12 * share, color=MODEL, lw=0, zorder=3)
