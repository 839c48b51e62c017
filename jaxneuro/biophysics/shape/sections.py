"""The structure of a traced neuron: which frusta run on in one unbranched section, and where sections meet.

Everything here is structure, in NumPy: it looks at the tree and the kinds of points, never at positions or radii.
"""

from typing import NamedTuple

import numpy as np

from .morphology import SOMA, Morphology


class Section(NamedTuple):
    """A maximal unbranched run of frusta of one kind.

    Attributes:
        points: The points whose frusta it is made of, in order.
        start: Location where it begins; see `locations`.
        end: Location where it ends.
        kind: The kind of its points.
    """

    points: tuple[int, ...]
    start: int
    end: int
    kind: int


class Structure(NamedTuple):
    """What a neuron is made of.

    Attributes:
        somata: By location, the points whose frusta make up a soma.
        sections: All other frusta.
    """

    somata: dict[int, tuple[int, ...]]
    sections: tuple[Section, ...]

    def ends(self) -> dict[int, int]:
        """How many sections begin or end at each location."""
        found = [place for section in self.sections for place in (section.start, section.end)]
        return {int(place): int(n) for place, n in zip(*np.unique(found, return_counts=True), strict=True)}


def locations(morphology: Morphology) -> np.ndarray:
    """Which points are one place for the current (point,): each is named by the first of them.

    A joint is at its parent; a soma is one place, because it is isopotential.
    """
    parent, joint, kind = (np.asarray(x) for x in (morphology.parent, morphology.joint, morphology.kind))
    place = np.arange(parent.size)
    for i in np.flatnonzero((parent >= 0) & (joint | (kind == SOMA))):  # parents come first
        place[i] = place[parent[i]]
    return place


def structure(morphology: Morphology) -> Structure:
    """The somata and sections of a neuron, those nearer to the root first."""
    parent, joint, kind = (np.asarray(x) for x in (morphology.parent, morphology.joint, morphology.kind))
    place = locations(morphology)
    somata: dict[int, list[int]] = {}
    for i in np.flatnonzero(~joint & (parent >= 0) & (kind == SOMA)):
        somata.setdefault(int(place[i]), []).append(int(i))
    frusta = np.flatnonzero(~joint & (parent >= 0) & (kind != SOMA))
    start = place[np.maximum(parent, 0)]
    following = np.bincount(start[frusta], minlength=parent.size)
    goes_on = np.zeros(parent.size, bool)
    goes_on[frusta] = True
    goes_on &= following == 1
    goes_on[list(somata)] = False
    runs: dict[int, list[int]] = {}  # by the last point so far
    for i in frusta:
        before = int(start[i])
        run = runs.pop(before) if goes_on[before] and kind[before] == kind[i] else []
        run.append(int(i))
        runs[int(i)] = run
    found = sorted(runs.values(), key=lambda run: run[0])
    sections = (Section(tuple(run), int(start[run[0]]), int(place[run[-1]]), int(kind[run[0]])) for run in found)
    return Structure({place: tuple(points) for place, points in somata.items()}, tuple(sections))
