"""The shape of a cell that is built by hand: branches, each a cylinder, whose lengths and radii are parameters."""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, computed, parameter, static
from .node_tree import NodeTree

NAME = re.compile(r"([A-Za-z_]\w*)(\[\d+\])?")
MIXED = ("all", "dendrite")  # names of regions of several kinds


class Layout(Pytree):
    """How branches are joined and divided, by default none. Only structure, no numbers.

    An end of branches is numbered: 0 is where those without a parent begin, i + 1 where branch i ends.

    Attributes:
        names: Of the branches (branch,).
        parents: The branch at whose end each begins, -1 for those that begin at the root (branch,).
        branch: The branch of each compartment; a branch has its compartments in order (compartment,).
    """

    names: tuple[str, ...] = static(default=())
    parents: tuple[int, ...] = static(default=())
    branch: tuple[int, ...] = static(default=())

    @property
    def counts(self) -> np.ndarray:
        """How many compartments each branch has (branch,)."""
        return np.bincount(self.branch, minlength=len(self.names))

    def compartments(self, branch: int) -> np.ndarray:
        """The compartments of a branch, in order."""
        return np.flatnonzero(np.array(self.branch) == branch)

    def named(self, name: str) -> list[int]:
        """The branches of a name: the one, or all that have it before a number in brackets, such as `dend`."""
        return [i for i, own in enumerate(self.names) if name in (own, own.partition("[")[0])]

    def end(self, branch: int, far: bool) -> int:
        """The number of the end at which a branch stops, or begins."""
        return branch + 1 if far else self.parents[branch] + 1

    def halves(self, end: int) -> np.ndarray:
        """The half compartments that meet at an end, twice the compartment, plus one for the later half (half,)."""
        away = [2 * self.compartments(i)[0] for i, parent in enumerate(self.parents) if parent + 1 == end]
        return np.array([2 * self.compartments(end - 1)[-1] + 1, *away] if end > 0 else away)


class Sizes(NamedTuple):
    """What the compartments of branches measure: area (compartment,) [µm²], form (compartment, 2) [1/µm]; see `Cable`."""

    area: jax.Array
    form: jax.Array


class Branches(Pytree):
    """Cylinders, joined end to end.

    Attributes:
        length: Of each branch, or of all one number (branch,) [µm].
        radius: Half the diameter of each branch, or of all one number (branch,) [µm].
        layout: How they are joined and divided.
        tree: The compartments and how they are connected.
        sizes: No parameter: what they measure, in a cell that is `prepared`.
    """

    length: Any = parameter(unit="µm", above=0.0)
    radius: Any = parameter(unit="µm", above=0.0)
    layout: Layout = static()
    tree: NodeTree = static()
    sizes: Sizes | None = computed(default=None)

    @property
    def position(self) -> None:
        """Branches have lengths, and no place in space."""

    @property
    def area(self) -> jax.Array:
        """Membrane of each compartment, the sides of its cylinder (compartment,) [µm²]."""
        return self._measured().area

    @property
    def form(self) -> jax.Array:
        """∫ dx / (π r²) over the first and second half of each compartment (compartment, 2) [1/µm]."""
        return self._measured().form

    @property
    def path_distance(self) -> jax.Array:
        """Way from the root to the middle of each compartment (compartment,) [µm]."""
        half = 0.5 * self._lengths()
        return self.tree.path_distance(jnp.stack([half, half], -1))

    def prepared(self) -> "Branches":
        """The same with what they measure computed once."""
        return self.replace(sizes=self._measured())

    def own(self, region: PyTree, path: str) -> Any:
        """Which branches a region (compartment,) is (branch,), to set a number that each branch has one of.

        Raises:
            ValueError: for a region that ends within a branch.
        """
        branch, counts = np.array(self.layout.branch), self.layout.counts
        inside = jnp.zeros(counts.size, int).at[branch].add(jnp.asarray(region, int))
        if not isinstance(inside, Tracer):
            cut = np.flatnonzero((np.asarray(inside) > 0) & (np.asarray(inside) < counts))
            if cut.size:
                raise ValueError(
                    f"{path!r} is one number of a branch, and the region ends within {self.layout.names[cut[0]]!r}: name "
                    "whole branches, or build the cell with shorter ones."
                )
        return inside == counts

    def _measured(self) -> Sizes:
        if self.sizes is not None:
            return self.sizes
        length, radius = self._lengths(), self._each(self.radius)
        half = 0.5 * length / (math.pi * radius**2)
        return Sizes(2 * math.pi * radius * length, jnp.stack([half, half], -1))

    def _lengths(self) -> jax.Array:
        """Lengths of the compartments (compartment,) [µm]."""
        length = jnp.asarray(self.length)
        dtype = jnp.result_type(length, float)
        return self._each(length.astype(dtype) / jnp.asarray(self.layout.counts, dtype))

    def _each(self, of_branches: Values) -> jax.Array:
        """A quantity of branches (branch,) at their compartments (compartment,)."""
        return jnp.broadcast_to(of_branches, len(self.layout.names))[np.array(self.layout.branch)]


def check_names(names: Sequence[str]) -> None:
    """Refuse names of branches by which they could not be told apart.

    Raises:
        ValueError: with the name, the rule and the fix.
    """
    stems = {name for name in names if "[" not in name}
    for i, name in enumerate(names):
        found = NAME.fullmatch(name)
        if not found:
            raise ValueError(f"names[{i}] = {name!r}: must be a word, with a number in brackets if need be: 'dend[2]'.")
        if names[:i].count(name) or (found[2] and found[1] in stems):
            raise ValueError(f"names[{i}] = {name!r}: {found[1]!r} is there already. Number them: '{found[1]}[0]', ...")
        if found[1] in MIXED:
            raise ValueError(f"names[{i}] = {name!r}: {found[1]!r} is the name of several kinds. Give another.")
