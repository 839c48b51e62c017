"""Two mazes that ask for a shortcut: Tolman's sunburst, made linear, and the double E.

Each is a pair of tasks with the same walls: in training one way is open at a time, another after each visit; in the
probe the longest is open until the goal is first visited and all are from then on.

Sources: Banino et al. (2018), Nature 557:429, figure 4;
Tolman, Ritchie & Kalish (1946), J. Exp. Psychol. 36:13.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ..arenas.shapes import rectangle
from .environment import NavigationEnvironment
from .tasks import task


class Shortcut(NamedTuple):
    """What an agent learns in, and what it is tested in.

    Attributes:
        training: One way open, drawn anew after each visit.
        probe: The longest way open until the first visit, then all.
    """

    training: NavigationEnvironment
    probe: NavigationEnvironment


def sunburst(width: float = 0.4, length: float = 0.8, **options) -> Shortcut:
    """A hall, five corridors, a hall with the goal at the end of the first corridor.

    Args:
        width: Of a corridor and depth of a hall [m].
        length: Of a corridor [m].
        options: Fields of `EnvParams`.
    """
    size = np.array([5 * width, length + 2 * width])
    sides = [[[i * width, width], [i * width, width + length]] for i in range(1, 5)]
    doors = [[[i * width, width], [(i + 1) * width, width]] for i in range(5)]
    ends = np.stack([(np.arange(5) + 0.5) * width, np.full(5, size[1] - width / 2)], axis=1)
    hall = np.array([[size[0] / 2, width / 2]])
    spread = (size[0] / 2 - 0.1, width / 2 - 0.1)
    first = np.array([[0.5 * width, width / 2]])
    only = 1 - np.eye(5)
    return pair(
        "sunburst", size, sides, doors, (ends, ends[:1]), (hall, spread), (first, 0.05), only, only[4:], options
    )


def double_e(width: float = 0.4, length: float = 0.8, **options) -> Shortcut:
    """A middle hall and two outer ones, joined on each side by three corridors; the goal is low in an outer hall.

    The lowest corridor is the shortest way and always shut in training; the middle one or the highest is open. In training the
    animal begins in any hall: agents that always began in the middle one came to search on one side alone.

    Args:
        width: Of corridors and halls [m].
        length: Of a corridor [m].
        options: Fields of `EnvParams`.
    """
    size = np.array([2 * length + 3 * width, 5 * width])
    left, right = (width, width + length), (2 * width + length, 2 * width + 2 * length)
    sides = [[[a, i * width], [b, i * width]] for a, b in (left, right) for i in range(1, 5)]
    blocks = [[[x, i * width], [x, (i + 1) * width]] for x in (*left, *right) for i in (1, 3)]
    inner = (left[1], right[0])
    doors = [[[x, i * width], [x, (i + 1) * width]] for i in (0, 2, 4) for x in inner]
    goals = np.array([[width / 2, width / 2], [size[0] - width / 2, width / 2]])
    begin = np.array([[size[0] / 2, width / 2]])
    halls = np.array([[x, size[1] / 2] for x in (width / 2, size[0] / 2, size[0] - width / 2)])
    spread = (width / 2 - 0.1, size[1] / 2 - 0.1)
    ways = np.array([[1, 1, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0]])
    return pair(
        "double E", size, sides + blocks, doors, (goals, goals), (halls, spread), (begin, 0.05), ways, ways[1:], options
    )


def pair(name, size, fixed, doors, goals, start, probe_start, training, before, options) -> Shortcut:
    """The two tasks; `training` and `before` say which doors are shut."""
    arena = rectangle(*size).with_walls(np.array(fixed)).with_doors(np.array(doors))
    learn = task(name, arena, goals[0], start[0], start_spread=start[1], before=training, redraw=True, **options)
    place, spread = probe_start
    changes = {"before": before, "after": np.zeros((1, len(doors))), "goals": goals[1], "starts": place}
    changes = {
        what: jnp.asarray(rows, bool if what in ("before", "after") else float) for what, rows in changes.items()
    }
    probe = learn.default_params.replace(**changes, start_spread=jnp.full(2, spread))
    return Shortcut(learn, NavigationEnvironment(f"{name}, probe", probe))
