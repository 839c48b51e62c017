"""Mazes of square cells: the walls that may stand between them, and which of them do."""

import numpy as np


def edges(rows: int, columns: int) -> list[tuple[int, int]]:
    """Pairs of neighbouring cells, numbered row by row: first side by side, then one above the other."""
    cells = np.arange(rows * columns).reshape(rows, columns)
    beside = zip(cells[:, :-1].ravel(), cells[:, 1:].ravel(), strict=True)
    above = zip(cells[:-1].ravel(), cells[1:].ravel(), strict=True)
    return [(int(a), int(b)) for a, b in (*beside, *above)]


def inner_walls(rows: int, columns: int, cell: float) -> np.ndarray:
    """A wall for each of `edges`, end points (wall, 2, 2) [m]; the maze's corner is the origin."""
    walls = []
    for a, b in edges(rows, columns):
        row, column = divmod(b, columns)
        low = np.array([column, row])
        walls.append([low, low + ([0, 1] if b == a + 1 else [1, 0])])
    return cell * np.array(walls, float).reshape(-1, 2, 2)


def centres(rows: int, columns: int, cell: float) -> np.ndarray:
    """Middles of the cells (cell, 2) [m]."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    return cell * (np.stack([column, row], axis=1) + 0.5)


def random_mazes(rows: int, columns: int, count: int, openness: float, seed: int) -> np.ndarray:
    """Which walls stand in `count` mazes (maze, wall), each with a way from every cell to every other.

    The edges in a random order, each opened if its cells are not joined yet (Kruskal 1956) or else with probability `openness`.
    """
    random = np.random.default_rng(seed)
    pairs = edges(rows, columns)
    mazes = np.ones((count, len(pairs)), bool)
    for maze in mazes:
        part = np.arange(rows * columns)
        for edge in random.permutation(len(pairs)):
            a, b = (part[cell] for cell in pairs[edge])
            maze[edge] = a == b and random.random() >= openness
            part[part == b] = a
    return mazes
