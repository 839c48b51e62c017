"""The open arena with a hidden goal, and the mazes with and without doors.

After the tasks of Banino et al. (2018), Nature 557:429, Methods and Supplementary Information 1a to 1d, in a flat world
and in the sizes given here.
"""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..arenas.arena import Arena
from ..arenas.shapes import polygon, rectangle
from .environment import NavigationEnvironment
from .layouts import centres, inner_walls, random_mazes
from .state import EnvParams


def task(
    name: str, arena: Arena, goals: ArrayLike, starts: ArrayLike, *, goal_spread: ArrayLike = (0.0, 0.0),
    start_spread: ArrayLike = (0.0, 0.0), before: ArrayLike | None = None, after: ArrayLike | None = None, **options,
) -> NavigationEnvironment:  # fmt: skip
    """An environment of your own; the options are fields of `EnvParams`.

    Raises:
        ValueError: for a goal or start that is not inside the arena or stands in a wall, or doors that are not for its walls.
    """
    doors = len(arena.doors)
    before = np.ones((1, doors), bool) if before is None else np.atleast_2d(np.asarray(before, bool))
    after = before if after is None else np.atleast_2d(np.asarray(after, bool))
    for which, rows in (("before", before), ("after", after)):
        if rows.shape[-1] != doors or not len(rows):
            raise ValueError(
                f"{which} has shape {rows.shape} and the arena {doors} doors: give rows with one for each."
            )
    positive(**options)
    places = {"goals": (goals, goal_spread), "starts": (starts, start_spread)}
    around = [as_place(which, arena, *pair) for which, pair in places.items()]
    return NavigationEnvironment(
        name, EnvParams(arena, *around[0], *around[1], jnp.asarray(before), jnp.asarray(after), **options)
    )


def positive(**options: float) -> None:
    """Refuse sizes, durations and numbers that are not above zero."""
    for name, value in options.items():
        if not np.isfinite(value) or (name not in ("redraw", "reward") and not value > 0):
            raise ValueError(f"{name} = {value}: give a number{'' if name == 'reward' else ' above 0'}.")
        if name in ("rays", "action_repeat", "max_steps_in_episode") and value != int(value):
            raise ValueError(f"{name} = {value}: give an integer.")


def as_place(which: str, arena: Arena, centres: ArrayLike, spread: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """Centres and spread as arrays, if all of what they span is inside the arena and in no wall.

    Raises:
        ValueError: naming the corner that is not.
    """
    centres, spread = np.atleast_2d(np.asarray(centres, float)), np.broadcast_to(np.asarray(spread, float), (2,))
    if centres.shape[-1] != 2 or spread.min() < 0:
        raise ValueError(
            f"{which} have shape {centres.shape} and spread {spread}: give (place, 2) in m, and 0 or more."
        )
    corners = centres[:, None] + spread * np.array([[0, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]])
    arena.require_inside(corners, which if not spread.any() else f"{which}, middle and corners of their spread,")
    return jnp.asarray(centres), jnp.asarray(spread)


def open_arena(side: float = 1.5, margin: float = 0.2, segments: int = 2, **options) -> NavigationEnvironment:
    """A square with an unmarked goal; the animal is put anywhere after each visit. Paper: 2.5 m, 90 s.

    Args:
        side: [m].
        margin: Between the goal and the walls [m].
        segments: Differently coloured parts of each wall.
        options: Fields of `EnvParams`.
    """
    if not 0 < 2 * margin < side:
        raise ValueError(f"margin = {margin}, side = {side} m: the margin is positive and below half the side.")
    if segments < 1:
        raise ValueError(f"segments = {segments}: a wall has one part at least.")
    middle, spread = [side / 2] * 2, [side / 2 - margin] * 2
    arena, near = divided_square(side, segments), [side / 2 - 0.05] * 2
    return task("open arena", arena, middle, middle, goal_spread=spread, start_spread=near, **options)


def divided_square(side: float, segments: int) -> Arena:
    """A square whose walls are of several parts each."""
    along = side * np.arange(segments) / segments
    zero, full = np.zeros(segments), np.full(segments, side)
    ways = ((along, zero), (full, along), (side - along, full), (zero, side - along))
    return polygon(np.concatenate([np.stack(way, axis=1) for way in ways]))


def goal_maze(
    rows: int = 3, columns: int = 3, cell: float = 0.6, openness: float = 0.3, **options
) -> NavigationEnvironment:
    """A maze, another one in every episode, with the goal in one of its cells. Paper: 11 x 11 units, walls as in DMLab's.

    Args:
        rows, columns, cell: Number of cells and their side [m].
        openness: Probability that a wall that is not needed to close a circle of ways stands open.
        options: Fields of `EnvParams`.
    """
    return maze("goal maze", rows, columns, cell, openness, options)


def goal_doors(
    rows: int = 3, columns: int = 3, cell: float = 0.6, openness: float = 0.3, **options
) -> NavigationEnvironment:
    """Rooms whose doors open and close anew after each visit to the goal, so that the way to it changes.

    Args:
        rows, columns, cell: Number of rooms and their side [m].
        openness: Probability that a door that is not needed stands open.
        options: Fields of `EnvParams`.
    """
    return maze("goal doors", rows, columns, cell, openness, {"redraw": True} | options)


def maze(name: str, rows: int, columns: int, cell: float, openness: float, options: dict) -> NavigationEnvironment:
    """Cells, 256 configurations of the walls between them, the goal and the start somewhere in a cell.

    Raises:
        ValueError: for fewer than two cells, or an openness that is no probability.
    """
    if min(rows, columns) < 1 or rows * columns < 2 or not 0 <= openness <= 1:
        raise ValueError(
            f"rows = {rows}, columns = {columns}, openness = {openness}: give two cells or more, and 0 to 1."
        )
    arena = rectangle(columns * cell, rows * cell).with_doors(inner_walls(rows, columns, cell))
    shut = random_mazes(rows, columns, 256, openness, seed=0)
    places, spread = centres(rows, columns, cell), cell / 2 - 0.1
    return task(
        name, arena, places, places, goal_spread=spread, start_spread=spread, before=shut, after=shut, **options
    )
