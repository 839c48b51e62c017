"""Where animals and agents went."""

from typing import TYPE_CHECKING, Any

import numpy as np

from .style import DATA, FAINT, MODEL, REFERENCE, new_axes, tidy

if TYPE_CHECKING:  # a figure needs no network
    from ..navigation.agent import Episodes
    from ..navigation.arenas.arena import Arena


def arena(arena: "Arena", *, shut: Any = None, axes: Any = None) -> Any:
    """The walls of an arena, shut doors in colour and open ones faint.

    Args:
        arena: The arena.
        shut: Which doors are shut (door,); as in the arena by default.
        axes: To draw on; a new figure by default.

    Returns:
        The axes.
    """
    ax = new_axes(axes, size=(3.4, 3.4))[0]
    walls, standing = np.asarray(arena.walls), np.asarray(arena.shut)
    shut = standing[list(arena.doors)] if shut is None else np.asarray(shut)
    for number, wall in enumerate(walls):
        if number not in arena.doors:
            ax.plot(*wall.T, color=DATA, lw=2, solid_capstyle="round")
    for door, closed in zip(arena.doors, shut, strict=True):
        ax.plot(*walls[door].T, color=DATA if closed else FAINT, lw=2 if closed else 0.8, ls="-" if closed else ":")
    ax.set_aspect("equal")
    return tidy(ax, "x [m]", "y [m]")


def episode(
    episodes: "Episodes", within: "Arena", number: int = 0, *, radius: float = 0.15, fake: Any = None, axes: Any = None
) -> Any:
    """The path of one episode: until the goal was first found in grey, from then on in colour, the later the darker.

    Args:
        episodes: What `navigation.agent.evaluate` returned.
        within: The arena; its doors are drawn as they were at the end.
        number: Of the episode.
        radius: Of the goal [m].
        fake: A place that the agent took for the goal (2,) [m], drawn as a dashed circle.
        axes: To draw on; a new figure by default.

    Returns:
        The axes.

    Raises:
        IndexError: for an episode that there is not.
    """
    if not -episodes.goal.shape[0] <= number < episodes.goal.shape[0]:
        raise IndexError(f"episode {number}: there are {episodes.goal.shape[0]}.")
    from matplotlib import colormaps
    from matplotlib.patches import Circle

    ax = arena(within, shut=episodes.shut[-1, number], axes=axes)
    position, hits = np.asarray(episodes.position[:, number]), np.asarray(episodes.hits[:, number])
    for visit in range(hits.max() + 1):
        way = position[hits == visit]
        colour = FAINT if visit == 0 else colormaps["viridis_r"](0.2 + 0.8 * visit / hits.max())
        ax.plot(*way.T, color=colour, lw=1.2)
        ax.plot(*way[0], ".", color=colour, ms=5)
    ax.add_patch(Circle(tuple(episodes.goal[number]), radius, fill=False, color=MODEL, lw=1.5))
    if fake is not None:
        ax.add_patch(Circle(tuple(fake), radius, fill=False, color=REFERENCE, lw=1.5, ls="--"))
    ax.set_title(f"{hits[-1] + int(episodes.hit[-1, number])} visits", fontsize=9, loc="left")
    return ax
