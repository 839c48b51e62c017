"""Where animals and agents went."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .arena import arena
from .style import FAINT, MODEL, REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


if TYPE_CHECKING:  # a figure needs no network
    from ..navigation import Arena
    from ..navigation.agent import Episodes


def episode(
    episodes: "Episodes",
    within: "Arena",
    number: int = 0,
    *,
    radius: float = 0.15,
    fake: Any = None,
    axes: "Axes | Sequence[Axes] | None" = None,
) -> "Axes":
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
