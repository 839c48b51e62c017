"""Lines of an SWC file to points and parents, with every error named."""

import math
from pathlib import Path

import numpy as np

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")
WHOLE = ("id", "type", "parent")
FARTHEST = 1e9  # µm, a kilometre
MOST_TYPES = 2**31
JOINT = "joint"  # the comment that `write_swc` puts where no membrane lies between a point and its parent
Point = tuple[int, dict[str, float]]  # number of the line, and what stands in it


def swc_points(path: Path) -> tuple[list[Point], np.ndarray]:
    """The points of a file in its order, and the index of each one's parent (point,), -1 for roots."""
    lines = path.read_text("utf-8-sig", errors="replace").split("\n")
    parts = [(n, *line.partition("#")[::2]) for n, line in enumerate(lines, 1)]
    points = [(n, _point(f"{path} line {n}", text.split(), comment)) for n, text, comment in parts if text.split()]
    if not points:
        raise ValueError(f"{path} has no points: an SWC file has a line `{' '.join(COLUMNS)}` for each.")
    return points, _parents(path, points)


def _point(where: str, cells: list[str], comment: str) -> dict[str, float]:
    if len(cells) < len(COLUMNS):
        raise ValueError(
            f"{where}: {' '.join(cells)[:80]!r} has {len(cells)} columns and a point has 7 ({' '.join(COLUMNS)}): complete or "
            "remove the line; is the file cut short?"
        )
    point = {name: _number(where, name, cell) for name, cell in zip(COLUMNS, cells, strict=False)}
    if point["radius"] < 0:
        raise ValueError(f"{where}: the radius {point['radius']:g} is negative: give half the diameter in µm.")
    return point | {"joint": float(comment.strip() == JOINT)}


def _number(where: str, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(
            f"{where}: the {name} {cell[:40]!r} is not a number: write it with a point and separate columns by spaces."
        ) from None
    if not math.isfinite(value) or (name in WHOLE and not value.is_integer()):
        rule = "a whole number" if name in WHOLE else "finite"
        raise ValueError(f"{where}: the {name} {cell} must be {rule}: correct it, or remove the point.")
    if abs(value) > (MOST_TYPES - 1 if name == "type" else FARTHEST if name not in WHOLE else math.inf):
        raise ValueError(
            f"{where}: the {name} {value:g} is beyond what a neuron can have: correct it, or remove the point."
        )
    return value


def _parents(path: Path, points: list[Point]) -> np.ndarray:
    index: dict[float, int] = {}
    for i, (line, point) in enumerate(points):
        before = index.setdefault(point["id"], i)
        if before != i:
            raise ValueError(
                f"{path} line {line}: the id {point['id']:.0f} stands in line {points[before][0]} too: give every point "
                "its own."
            )
    for line, point in points:
        if point["parent"] >= 0 and point["parent"] not in index:
            raise ValueError(
                f"{path} line {line}: the parent {point['parent']:.0f} is no point of the file: add it, or make the point "
                "a root by the parent -1."
            )
    return np.array([index.get(point["parent"], -1) if point["parent"] >= 0 else -1 for _, point in points])


def cycle(path: Path, points: list[Point], parent: np.ndarray, reached: np.ndarray) -> str:
    """What is wrong with a file some points of which no root leads to."""
    i = int(np.setdiff1d(np.arange(parent.size), reached)[0])
    way = [i]
    while parent[way[-1]] not in way:
        way.append(int(parent[way[-1]]))
    way = way[way.index(int(parent[way[-1]])) :]
    ids = [f"{points[n][1]['id']:.0f}" for n in [*way, way[0]]]
    return (
        f"{path} line {points[way[0]][0]}: the point {ids[0]} is its own ancestor ({' -> '.join(ids[:9])}): correct a "
        "parent; a root has -1."
    )
