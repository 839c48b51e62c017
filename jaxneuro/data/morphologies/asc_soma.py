"""The outlines of cell bodies in a Neurolucida file to somata, and which of them a tree belongs to."""

import warnings
from typing import NamedTuple

import numpy as np

from ...biophysics.shape import SOMA
from .contour import has_width, soma_of_contour, soma_of_stack
from .traced import Traced

MARGIN = 0.5  # µm around an outline within which a tree begins in it, as in NEURON


class Outline(NamedTuple):
    """A traced outline: the line of the file where it begins, and its points (point, 3) [µm]."""

    line: int
    points: np.ndarray

    def overlaps(self, other: "Outline") -> bool:
        """Whether their boxes in the plane of the picture do."""
        (low, high), (other_low, other_high) = self.box, other.box
        return bool(np.all(low <= other_high) and np.all(other_low <= high))

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest x and y [µm]."""
        return self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)


class Body(NamedTuple):
    """A soma and the outlines that it was made of."""

    tree: Traced
    outlines: list[Outline]

    def holds(self, place: np.ndarray) -> bool:
        """Whether a place (3,) lies in its box in the plane of the picture, or just beside."""
        boxes = [outline.box for outline in self.outlines]
        low, high = np.min([b[0] for b in boxes], axis=0) - MARGIN, np.max([b[1] for b in boxes], axis=0) + MARGIN
        return bool(np.all((low <= place[:2]) & (place[:2] <= high)))


def bodies(outlines: list[Outline], name: str) -> list[Body]:
    """One soma for each outline or stack of outlines that overlap in the plane of the picture, in the order of the file."""
    stacks: list[list[Outline]] = []
    for before, outline in zip([None, *outlines], outlines, strict=False):
        if before is not None and before.overlaps(outline):
            stacks[-1].append(outline)
        else:
            stacks.append([outline])
    return [Body(_soma(stack, name), stack) for stack in stacks]


def nearest(found: list[Body], place: np.ndarray) -> int:
    """Which of some somata a tree that begins at a place (3,) [µm] belongs to: the first that holds it, else the nearest."""
    away = [float(np.linalg.norm(body.tree.position[0] - place)) for body in found]
    return next((i for i, body in enumerate(found) if body.holds(place)), int(np.argmin(away)))


def _soma(stack: list[Outline], name: str) -> Traced:
    wide = [outline for outline in stack if has_width(outline.points)]
    if not wide:
        return _without_membrane(stack[0], name)
    if len(wide) > 1 and _is_stack(wide):
        return soma_of_stack([outline.points for outline in wide], wide[0].line)
    longest = max(wide, key=lambda outline: float(np.linalg.norm(np.diff(outline.points, axis=0), axis=1).sum()))
    if len(wide) > 1:
        lines = ", ".join(str(outline.line) for outline in wide)
        warnings.warn(
            f"{name}: the {len(wide)} outlines of a cell body in lines {lines} overlap and are no stack, as their mean z are "
            f"not in order; the longest, of line {longest.line}, is taken. Remove the others, or sort them by z.",
            stacklevel=4,
        )
    return soma_of_contour(longest.points, longest.line)


def _is_stack(outlines: list[Outline]) -> bool:
    steps = np.sign(np.diff([outline.points[:, 2].mean() for outline in outlines]))
    return bool(steps[0] != 0 and np.all(steps == steps[0]))


def _without_membrane(outline: Outline, name: str) -> Traced:
    """A soma of one place, at which the trees meet."""
    warnings.warn(
        f"{name} line {outline.line}: the outline of the cell body has {len(outline.points)} points and no area; the soma "
        "has no membrane and the trees meet in its middle. Trace three or more points that are not on a line, or remove it.",
        stacklevel=5,
    )
    one = np.ones(1, int)
    return Traced(outline.points.mean(axis=0)[None], np.ones(1), -one, SOMA * one, one > 0, outline.line * one)
