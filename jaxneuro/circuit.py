"""What the method of networks may ask of one: of its populations, its projections, and the three kinds of synapses."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import jax
import jax.numpy as jnp

from .arithmetic import Scalar, Values
from .checks import INFINITY
from .model import Drive, Kinetics, Model
from .pytree import Pytree

SPIKING, GRADED, JUNCTION = "spiking", "graded", "junction"  # kinds of synapses


class Synapse(Pytree):
    """Base of all synapses. A new one derives from one of the three kinds: `Spiking`, `Graded` or `Junction`."""

    kind: ClassVar[str] = ""  # what a method does with it
    least_weight: ClassVar[float] = -INFINITY  # 0 where the weight is a conductance and may not be negative [µS]
    e = 0.0  # reversal potential [mV]

    def current(self, g: jax.Array, v: jax.Array) -> jax.Array:
        """Current, outward positive [nA], at conductance g [µS] and postsynaptic voltage v [mV], each (site,).

        Not asked of a junction, which knows no conductance without the other side.
        """
        return g * (v - self.e)


class Spiking(Synapse):
    """Base of synapses driven by spikes. A new one needs `kernel`, and the field `e` or a `current` of its own."""

    kind = SPIKING

    def kernel(self) -> tuple[tuple[Values, Values], ...]:
        """Conductance after a spike of weight one at time 0: pairs (a, r) of the sum of a exp(-r t), r in [1/ms]."""
        raise NotImplementedError(f"{type(self).__name__} must define kernel(self).")


class Graded(Synapse):
    """Base of graded synapses. A new one needs `kinetics`, and the field `e` or a `current` of its own."""

    kind = GRADED
    least_weight = 0.0

    def kinetics(self, v: jax.Array) -> Kinetics:
        """Kinetics of the open fraction at presynaptic voltage v (cell,) [mV]."""
        raise NotImplementedError(f"{type(self).__name__} must define kinetics(self, v).")


class Junction(Synapse):
    """Base of electrical synapses: the current w (v_pre - v_post) flows into one site, and out of the other."""

    kind = JUNCTION


class Routes(NamedTuple):
    """Where the spikes of presynaptic cells go.

    Attributes:
        site: The sites that each cell reaches (pre cell, edge); what is no edge has the number of sites.
        weight: By how much, alike, or one number [µS].
        delay: When, alike, or one number [ms].
    """

    site: jax.Array
    weight: Values
    delay: Values

    def of(self, cell: jax.Array | None) -> "Routes":
        """Those of some cells (spike,), of all if it is None."""
        return Routes(*(rows_of(x, cell) for x in self))


def rows_of(x: Any, cell: jax.Array | None) -> Any:
    """The rows of some cells (spike, edge), of all if it is None, or the number if x is one. Also sites in place of cells."""
    return x if cell is None or jnp.ndim(x) == 0 else x.at[cell].get(mode="clip")


class Edges(Protocol):
    """Who is connected to whom, see `jaxneuro.connect`: presynaptic cell and site of each edge (edge,)."""

    pre: jax.Array
    site_of: jax.Array
    rows: jax.Array
    pre_size: int
    site_count: int


class Plasticity(Protocol):
    """What a spike counts, from how much of two resources there is: both (cell,)."""

    def rested(self, cells: int, dtype: jnp.dtype) -> tuple[jax.Array, jax.Array]:
        """The resources of synapses that have not been used."""
        ...

    def within(self, state: tuple, fired: jax.Array, dt: Scalar) -> tuple[tuple, jax.Array]:
        """They after a step of dt [ms] in which the cells fired at these times or at infinity, and what those count."""
        ...


class Projection(Protocol):
    """Synapses of one kind between two populations, `prepared`."""

    pre: str
    post: str
    synapse: Any
    edges: Edges
    weight: Values
    delay: Values
    max_delay: float | None
    plasticity: Plasticity | None
    routes: Routes
    used: jax.Array | None


class Source(Protocol):
    """What spikes: cells of one kind, or given trains.

    Attributes:
        size: Of how many there are.
        max_spikes: The most that may spike in one step; None for as many as memory allows.
        events: Of given trains all spikes in the order of time: times (event,) [ms] and sources (event,).
    """

    size: int
    max_spikes: int | None
    events: tuple[jax.Array, jax.Array]


class Population(Source, Protocol):
    """Cells of one kind."""

    cell: Model
    compartment: int
    compartments: int
    threshold: Values

    def each(self, function: Callable, *of_cells: Any) -> Any:
        """A function of one cell and what belongs to it, for all cells: everything with a leading axis (cell, ...)."""
        ...

    def undriven(self) -> Drive:
        """No stimulus."""
        ...


class CircuitState(Protocol):
    """The state of a network, see `NetworkState`."""

    cells: dict[str, Any]
    fired: dict[str, jax.Array]
    synapses: dict[str, dict]
    lost: dict[str, jax.Array]
    step: jax.Array
    v: jax.Array

    def replace(self, **changes: Any) -> Self:
        """A copy with some of it changed."""
        ...


class Circuit(Model):
    """Base of models of populations and projections: the method of networks runs it."""

    resets = True
    drive_axes = 2
    populations: Any  # each a `Source`, by name
    projections: Any  # each a `Projection`, by name

    @property
    def cells(self) -> Mapping[str, Population]:
        """The populations that have a state: all but spike trains."""
        raise NotImplementedError(f"{type(self).__name__} must define cells.")

    def synaptic_drive(self, name: str, g: jax.Array, v: jax.Array) -> Drive:
        """What the synapses of a projection, at conductances (site,) [µS], do to membranes at v (cell, compartment) [mV]."""
        raise NotImplementedError(f"{type(self).__name__} must define synaptic_drive(self, name, g, v).")

    def junction_drives(self, currents: dict[str, jax.Array]) -> dict[str, Drive]:
        """What currents through gap junctions (edge,) [nA], by projection, do to the membranes of each population."""
        raise NotImplementedError(f"{type(self).__name__} must define junction_drives(self, currents).")

    def junction_differences(self, name: str, v: dict[str, jax.Array]) -> jax.Array:
        """Voltage across the gap junctions of a projection (edge,) [mV], from voltages (cell, compartment) by population."""
        raise NotImplementedError(f"{type(self).__name__} must define junction_differences(self, name, v).")
