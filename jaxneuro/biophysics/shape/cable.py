"""The cable equation on a tree: compartments joined by the resistance of the cytoplasm.

Current flows between neighbouring nodes only, so the matrix of the tree has one entry for each node and its parent. What
a solver asks for is in the methods of `Cable`; voltages are those of compartments, as a junction has no membrane and no
memory.

Source: Rall (1959), Exp. Neurol. 1:491; Hines (1984), Int. J. Biomed. Comput. 15:69.
"""

import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, computed, group, parameter, static
from .branches import Branches, Layout
from .node_tree import NodeTree

MEGAOHM = 0.01  # MΩ in one Ω cm/µm


class Measured(Pytree):
    """Compartments as they were measured.

    Attributes:
        form: ∫ dx / (π r²) over the first and second half of each compartment (compartment, 2) [1/µm].
        path_distance: Way from the soma or root to the middle of each compartment (compartment,) [µm].
        position: The centre of each compartment's axis (compartment, 3) [µm].
        area: None: the membrane is a parameter of the cell.
        layout: No branches, as none have names.
    """

    form: Any = parameter(unit="1/µm", least=0.0)
    path_distance: Any = parameter(unit="µm", least=0.0)
    position: Any = computed(default=None)
    area: None = static(default=None)
    layout: Layout = static(default=Layout())

    def prepared(self) -> "Measured":
        """The same: nothing is left to compute."""
        return self

    def own(self, region: PyTree, path: str) -> Any:
        """A region (compartment,) as it is: every number is of a compartment."""
        del path
        return region


class Cable(Pytree):
    """How the compartments of a cell are connected.

    Attributes:
        resistivity: Of the cytoplasm: one number, or one for each compartment (compartment,) [Ω cm].
        shape: What the compartments measure, or the branches that it follows from.
        tree: Who is connected to whom; only structure.
        conductance: No parameter: the `links`, in a cell that is `prepared`.
    """

    resistivity: Values = parameter(unit="Ω cm", above=0.0)
    shape: Measured | Branches = group()
    tree: NodeTree = static()
    conductance: Any = computed(default=None)

    @property
    def form(self) -> jax.Array:
        """∫ dx / (π r²) over the first and second half of each compartment (compartment, 2) [1/µm]."""
        return self.shape.form

    @property
    def path_distance(self) -> jax.Array:
        """Way from the soma or root to the middle of each compartment (compartment,) [µm]."""
        return self.shape.path_distance

    @property
    def position(self) -> jax.Array | None:
        """The centre of each compartment's axis (compartment, 3) [µm]; None of a cell that is built by hand."""
        return self.shape.position

    @property
    def parent(self) -> np.ndarray:
        """The parent of each node, -1 for a root (node,)."""
        return np.array(self.tree.parent)

    @property
    def kind(self) -> np.ndarray:
        """What each compartment belongs to, in the numbers of `Morphology.kind` (compartment,)."""
        return np.array(self.tree.kind)

    @property
    def order(self) -> np.ndarray:
        """How many branchings lie between each compartment and the root (compartment,)."""
        return np.array(self.tree.order)

    def way(self, end: int, start: int = 0) -> np.ndarray:
        """The compartments on the way from one, by default the soma, to another, both included."""
        down, up = ([*self._above(place)] for place in (end, start))
        meeting = next(node for node in up if node in down)
        nodes = [*up[: up.index(meeting)], *reversed(down[: down.index(meeting) + 1])]
        return np.array([node for node in nodes if node < len(self.tree.kind)])

    def _above(self, node: int) -> Iterator[int]:
        """A node, its parent, and so on to the root."""
        while node >= 0:
            yield node
            node = self.tree.parent[node]

    def prepared(self) -> "Cable":
        """The cable with its conductances computed once."""
        shape = self.shape.prepared()
        return self.replace(shape=shape, conductance=self.replace(shape=shape).links())

    def links(self) -> tuple[jax.Array, jax.Array]:
        """Conductance between each node and its parent, 0 for roots (node,) [µS]; the sum of those at each node (node,)."""
        if self.conductance is not None:
            return self.conductance
        conductance = self.between(MEGAOHM * jnp.asarray(self.resistivity))
        return conductance, self._sums(conductance)

    def between(self, specific: jax.Array) -> jax.Array:
        """What flows between each node and its parent by their difference (node,), 0 for roots.

        Args:
            specific: What the form of a compartment is to be multiplied by, to be its resistance; one number or
                (compartment,).
        """
        resistance = self.tree.between(specific[..., None] * jnp.asarray(self.form))
        linked = self.parent >= 0
        return jnp.where(linked, 1.0 / jnp.where(linked, resistance, 1.0), 0.0)

    def radius(self, area: jax.Array) -> jax.Array:
        """Radii of cylinders with the compartments' membranes [µm²] and axial resistances (compartment,) [µm]."""
        return jnp.cbrt(area / (2 * math.pi**2 * jnp.asarray(self.form).sum(axis=-1)))

    def at_nodes(self, of_compartments: jax.Array) -> jax.Array:
        """A quantity of compartments (compartment,), and 0 at junctions (node,)."""
        return jnp.pad(of_compartments, (0, len(self.tree.parent) - len(self.tree.kind)))

    def at_compartments(self, of_nodes: jax.Array) -> jax.Array:
        """A quantity of nodes (node,) at the compartments (compartment,)."""
        return of_nodes[: len(self.tree.kind)]

    def rates(self, capacity: jax.Array) -> jax.Array:
        """The matrix with dv/dt = -rates v from axial currents alone (compartment, compartment) [1/ms].

        Junctions are eliminated, so it is dense: for up to some hundred compartments.

        Args:
            capacity: Of each compartment (compartment,) [nA ms/mV].
        """
        (conductance, total), above = self.links(), np.maximum(self.parent, 0)
        each, size = np.arange(above.size), len(self.tree.kind)
        matrix = jnp.diag(total).at[each, above].add(-conductance).at[above, each].add(-conductance)
        own, across, junctions = matrix[:size, :size], matrix[:size, size:], matrix[size:, size:]
        return (own - across @ jnp.linalg.solve(junctions, across.T)) / capacity[:, None]

    def current(self, v: jax.Array) -> jax.Array:
        """Current that flows into each compartment from its neighbours (compartment,) [nA] at voltages v [mV]."""
        return self.flow(self.links()[0], v)

    def flow(self, links: jax.Array, of_compartments: jax.Array) -> jax.Array:
        """What flows into each compartment from its neighbours (compartment,), for `links` to the parents (node,).

        A junction has the potential at which nothing gathers there: the mean of its neighbours, weighted by their links.
        """
        total, at = self._sums(links), self.at_nodes(of_compartments)
        share = jnp.where(
            self.at_nodes(jnp.ones_like(of_compartments)) > 0, 0.0, 1.0 / jnp.where(total > 0, total, 1.0)
        )
        at = at + share * self._sums(links, at)
        flow = self._into(links, at)
        return self.at_compartments(flow + self._into(links, share * flow))  # what rounding let gather flows on

    def _into(self, links: jax.Array, at: jax.Array) -> jax.Array:
        """What flows into each node from its neighbours (node,)."""
        parent = np.maximum(self.parent, 0)
        flow = links * (at[parent] - at)
        return flow.at[parent].add(-flow)

    def _sums(self, links: jax.Array, of: Values = 1.0) -> jax.Array:
        """The sum over the links of each node, to its parent and its children, times a quantity of these (node,)."""
        parent, of = np.maximum(self.parent, 0), jnp.broadcast_to(of, links.shape)
        return (links * of[parent]).at[parent].add(links * of)
