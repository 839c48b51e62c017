"""A pytree that is edited by the names of its parameters."""

from collections.abc import Mapping
from typing import Self

from jaxtyping import PyTree

from . import editing
from .owners import Owner


class Editable(Owner):
    """A pytree whose parameters have names: dotted paths, without the names of its groups, and what `names` makes of them.

    Keys are free, dots included. Where two parameters would have one path, both are listed with their groups.
    """

    def paths(self, *patterns: str) -> list[str]:
        """The paths of the parameters, such as `connections.hidden.weight`, of all or of those that match any pattern."""
        return editing.paths(self, *patterns)

    def get(self, name: str) -> PyTree:
        """The parameter, or the mechanism, of a name; of `path@region` the values there.

        Raises:
            KeyError: for an unknown path, or a name that may mean several things; the message lists those that exist.
        """
        return editing.get(self, name)

    def set(self, name: str, value: PyTree, where: PyTree = None) -> Self:
        """A copy with the parameter of a name replaced, or a mechanism by another of its kind; with all, if it has several.

        Args:
            name: Such as `na.g_max`, `*.g_max`, `na.g_max@apical`, `k.e+m.e` or `capacitance`.
            value: Its value; or, in a cell with a morphology, a function from path distance (compartment,) [µm] to values.
            where: Only in this region of a cell, as `@region`: also a mask (compartment,), or a predicate of the cable.

        Raises:
            KeyError: for an unknown path, or one that may mean several things; the message lists those that exist.
            ValueError: for what is no number where a parameter is, or of a shape that does not broadcast with it; for what is
                no mechanism of the kind that is there; for a number out of the bounds of its `parameter`; for several of
                different kinds; for a region that does not exist, or that the mechanism is not in.
        """
        return editing.changed(self, name, value, where)

    def free(self, *names: str) -> dict[str, PyTree]:
        """The values of parameters by name, a pattern giving one for each of its matches: to differentiate, map or train.

            values = cell.free("*.g_max", "k.e+m.e", "na.g_max@soma")
            jax.grad(lambda values: loss(cell.put(values)))(values)

        Those of a name for several are one value, that of the first.

        Raises:
            KeyError: as `get`.
            ValueError: where two names mean the same number.
        """
        return editing.free(self, names)

    def put(self, values: Mapping[str, PyTree]) -> Self:
        """A copy with the values of `free`, or others like them, in their places: each as large as what it replaces.

        Raises:
            KeyError, ValueError: as `set`.
        """
        return editing.put(self, values)
