"""What a morphology made by hand must be before it can be divided."""

import numpy as np

from .morphology import Morphology

SORT = "Sort the points, or write them as SWC and read that, which takes any order."


def check_morphology(morphology: Morphology) -> None:
    """Refuse a tree that is none: what the readers of files have checked already.

    Args:
        morphology: The neuron; its numbers must be concrete.

    Raises:
        ValueError: for arrays of different lengths, numbers that are not finite, negative radii, a parent that is no point,
            a cycle, or a parent that comes after its child; names the point, the rule and the fix.
    """
    shapes = {name: np.shape(getattr(morphology, name)) for name in ("position", "radius", "parent", "kind", "joint")}
    count = (shapes["parent"] or (0,))[0]
    for name, shape in shapes.items():
        expected = (count, 3) if name == "position" else (count,)
        if shape != expected:
            raise ValueError(f"{name} has shape {shape}: must be {expected}, one for each of the {count} parents.")
    position, radius, parent = (np.asarray(getattr(morphology, name)) for name in ("position", "radius", "parent"))
    _refuse(~np.isfinite(position).all(axis=1), "position", position, "finite. Replace NaN and infinite coordinates.")
    _refuse(
        ~(np.isfinite(radius) & (radius >= 0)), "radius", radius, "finite and not negative: half the diameter in µm."
    )
    _refuse(
        (parent < -1) | (parent >= count),
        "parent",
        parent,
        f"the index of a point, 0 to {count - 1}, or -1 for a root.",
    )
    check_order(parent)


def _refuse(bad: np.bool_ | np.ndarray, name: str, values: np.ndarray, rule: str) -> None:
    if bad.any():
        point = int(np.argmax(bad))
        raise ValueError(f"the {name} of point {point} is {values[point]}: must be {rule}")


def check_order(parent: np.ndarray, what: tuple[str, str] = ("point", "points"), sort: str = SORT) -> None:
    """Refuse parents (point,) that come after their children or are a cycle; `what` they are, one and several, and a fix."""
    one, several = what
    late = np.flatnonzero(parent >= np.arange(parent.size))
    if not late.size:
        return
    point, way = int(late[0]), [int(late[0])]
    while parent[way[-1]] >= 0 and parent[way[-1]] not in way:
        way.append(int(parent[way[-1]]))
    if parent[way[-1]] >= 0:
        way = [*way[way.index(parent[way[-1]]) :], int(parent[way[-1]])]
        raise ValueError(f"the {several} {' -> '.join(map(str, way))} are a cycle: correct a parent, or make it -1.")
    raise ValueError(
        f"the parent of {one} {point} is {one} {parent[point]}, which comes later: parents must come before their "
        f"children. {sort}"
    )
