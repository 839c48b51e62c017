"""What is injected and recorded at places of a cell that are named, ends of branches among them.

An end of branches has no membrane, so what comes in there flows on into the compartments that meet there, to each by its
conductance; its voltage is the mean of theirs by these, and above it by what the current makes fall over them.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...pytree import static
from ..shape import MEGAOHM, PLACE, REGIONS, Spot, layout_of, one, spot, whole
from ..stimuli import Drive, Placed, Stimulus, inject


class AtEnd(Stimulus):
    """A current [nA] into the end of branches.

    Attributes:
        stimulus: What is injected.
        shares: How much of it flows into each compartment (compartment,).
        end: The number of the end.
    """

    stimulus: Stimulus
    shares: jax.Array
    end: int = static()

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        given = self.stimulus.drive(t, jnp.ones(1))
        if given.conductance is not None:
            raise ValueError(
                "a conductance at the end of a branch, which has no membrane: put it into a compartment, 'dend(0.99)'."
            )
        return Drive(given.current * self.shares * density_per_nanoampere, None, {self.end: given.current})


def located(stimulus: Stimulus, cell: PyTree) -> Stimulus:
    """A stimulus whose places are those of a cell.

    Raises:
        ValueError: for a place that there is not, or of several compartments.
    """
    return jax.tree.map(lambda s: _located(s, cell), stimulus, is_leaf=_is_placed)


def _is_placed(stimulus: PyTree) -> bool:
    return isinstance(stimulus, Placed)


def _located(stimulus: PyTree, cell: PyTree) -> PyTree:
    if not _is_placed(stimulus):
        return stimulus
    at = spot(stimulus.place, cell.cable, cell.compartments)
    if at.halves is None:
        return inject(stimulus.stimulus, one(stimulus.place, at))
    links = _links(cell.cable, at)
    shares = jnp.zeros(cell.compartments, links.dtype).at[at.compartments].add(links / links.sum())
    return AtEnd(stimulus.stimulus, shares, at.end)


class Part(NamedTuple):
    """Something to record at a place: `dend[2](0.3)` and `na.m`."""

    place: str
    what: str

    def observe(self, cell: PyTree, state: PyTree, drive: Drive) -> jax.Array:
        """What it is in the compartments of the place (compartment, ...), or at the end of a branch (1,).

        Raises:
            KeyError: for an unknown name, or what an end has not.
        """
        at = spot(self.place, cell.cable, cell.compartments)
        if at.halves is not None and self.what == "v":
            links = _links(cell.cable, at)
            into = drive.ends.get(at.end, jnp.zeros(1, links.dtype))
            return (jnp.sum(links * state.v[at.compartments]) + into) / links.sum()
        if at.halves is not None or self.what == "extracellular":
            raise KeyError(f"cannot record {self.what!r} at {self.place!r}: an end of branches has only v, and what is "
                           "outside belongs to no place.")  # fmt: skip
        return cell.observe(self.what, state, drive)[whole(self.place, at)]


def at_place(name: str, cell: PyTree) -> Part | None:
    """What is recorded and where, if a name begins with a place; what a cell calls so itself goes before."""
    found = PLACE.match(name)
    if not found or found[0] in cell.channels or found[0] in cell.pools:
        return None
    known = found[2] is not None or found[1] in REGIONS or layout_of(cell.cable).named(found[1])
    return Part(found[0], name[found.end() + 1 :]) if known and name[found.end() :].startswith(".") else None


def _links(cable: PyTree, at: Spot) -> jax.Array:
    """Conductance from the middle of each compartment to the end at which they meet (compartment,) [µS]."""
    resistivity = jnp.broadcast_to(cable.resistivity, len(cable.kind))[at.compartments]
    return 1.0 / (MEGAOHM * resistivity * cable.form.ravel()[at.halves])
