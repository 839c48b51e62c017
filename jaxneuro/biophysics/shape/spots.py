"""Where in a cell, by name.

A place is written as the name of a region, `apical`, of a branch, `dend[2]`, or of all that are so called, `dend`; or, of
one branch, with the fraction of the way along it, `dend[2](0.3)`: the compartment that holds it, as in NEURON. At 0 and 1
it is the very end, which has a voltage but no membrane.
"""

import re
from typing import NamedTuple

import numpy as np

from .branches import Layout
from .cable import Cable
from .morphology import APICAL, AXON, BASAL, SOMA, UNDEFINED

REGIONS = {
    "all": None,
    "soma": (SOMA,),
    "axon": (AXON,),
    "basal": (BASAL,),
    "apical": (APICAL,),
    "dendrite": (BASAL, APICAL),
    "undefined": (UNDEFINED,),
}

PLACE = re.compile(r"([A-Za-z_]\w*(?:\[\d+\])?)(?:\(([^()]*)\))?")


class Spot(NamedTuple):
    """Where a place is.

    Attributes:
        compartments: Those that it is, or that meet at it (compartment,).
        halves: Of the end of a branch the half compartments that meet there, twice the compartment, plus one if it is the
            later half; None of any other place.
        end: Of the end of a branch its number; see `Layout`.
    """

    compartments: np.ndarray
    halves: np.ndarray | None = None
    end: int = -1


def spot(place: str, cable: Cable | None, compartments: int) -> Spot:
    """Where a place is.

    Args:
        place: As `apical`, `dend`, `dend[2]` or `dend[2](0.3)`.
        cable: How the cell is connected; None for a cell without a morphology, all of which is "soma".
        compartments: How many there are.

    Raises:
        ValueError: for a name that there is not, or a fraction that is none of one branch.
    """
    written, layout = PLACE.fullmatch(place), layout_of(cable)
    name, fraction = written.groups() if written else (place, None)
    branches = layout.named(name)
    if fraction is None:
        is_branch = bool(branches) and name not in REGIONS
        mask = np.isin(layout.branch, branches) if is_branch else _kinds(name, cable, compartments)
        return Spot(np.flatnonzero(mask))
    if len(branches) != 1:
        many = len(branches) or "no"
        raise ValueError(f"{place!r} is along one branch, and {many} branches are called {name!r}: {_known(layout)}.")
    along, own = _fraction(place, fraction), layout.compartments(branches[0])
    if along in (0.0, 1.0):
        end = layout.end(branches[0], along == 1.0)
        halves = layout.halves(end)
        return Spot(halves // 2, halves, end)
    return Spot(own[int(along * own.size)][None])


def layout_of(cable: Cable | None) -> Layout:
    """The branches of a cell, none without a cable."""
    return Layout() if cable is None else cable.shape.layout


def whole(place: str, spot: Spot) -> np.ndarray:
    """The compartments of a place.

    Raises:
        ValueError: for the end of a branch.
    """
    if spot.halves is not None:
        raise ValueError(f"{place!r} is the end of a branch, which has no membrane: give a fraction between 0 and 1.")
    return spot.compartments


def one(place: str, spot: Spot) -> int:
    """The compartment of a place.

    Raises:
        ValueError: for a place of several, or the end of a branch.
    """
    if whole(place, spot).size != 1:
        raise ValueError(f"{place!r} is {spot.compartments.size} compartments: name one, such as 'dend[2](0.5)'.")
    return int(spot.compartments[0])


def _fraction(place: str, text: str) -> float:
    try:
        along = float(text)
    except ValueError:
        along = float("nan")
    if not 0.0 <= along <= 1.0:
        raise ValueError(f"{place!r}: {text!r} is no fraction of the way along a branch: give one from 0 to 1.")
    return along


def _known(layout: Layout) -> str:
    """Which names there are."""
    if not layout.names:
        return "the cell has no branches with names, which jaxneuro.cells.from_branches gives"
    return f"the branches are {', '.join(layout.names)}"


def _kinds(name: str, cable: Cable | None, compartments: int) -> np.ndarray:
    if name not in REGIONS:
        raise ValueError(
            f"no region {name!r}. There are: {', '.join(REGIONS)}; {_known(layout_of(cable))}; or give a mask or a predicate "
            "of the cable."
        )
    kinds = REGIONS[name]
    if kinds is None:
        return np.ones(compartments, bool)
    kind = np.full(compartments, SOMA) if cable is None else cable.kind
    mask = np.isin(kind, kinds)
    if not mask.any():
        have = [other for other, its in REGIONS.items() if its and np.isin(kind, its).any()]
        raise ValueError(f"the cell has no {name!r}: its regions are {', '.join(['all', *have])}.")
    return mask
