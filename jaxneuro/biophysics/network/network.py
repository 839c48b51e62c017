"""A network: populations of cells and the synapses between them, as one frozen pytree of parameters."""

import warnings
from collections.abc import Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Values
from ...checks import Rule
from ...circuit import Circuit, Spiking
from ...pytree import Pytree, group
from ...summary import Summarised
from ..membrane import line
from ..stimuli import Drive, Stimulus
from .population import Population
from .projection import Projection
from .spike_trains import SpikeTrains


class NetworkState(Pytree):
    """What changes during a simulation of a network.

    Attributes:
        cells: State of the cells of each population, every array with a leading axis (cell, ...).
        fired: Time from the start of the last step to the spike in it, or infinity (cell,) [ms], by population.
        synapses: State of the synapses of each projection.
        lost: Spikes that found no room, by population or projection; then the run means nothing.
        step: Number of the step, which says where the spikes under way are kept.
    """

    cells: dict[str, PyTree]
    fired: dict[str, jax.Array]
    synapses: dict[str, PyTree]
    lost: dict[str, jax.Array]
    step: jax.Array

    @property
    def v(self) -> jax.Array:
        """All voltages, one after the other [mV]."""
        return jnp.concatenate([jnp.ravel(state.v) for state in self.cells.values()])


class Network(Summarised, Circuit):
    """Populations and projections. Every number in it is a parameter: differentiate, vmap or fit any of them.

    Attributes:
        populations: `Population` or `SpikeTrains` by name.
        projections: `Projection` by name.
    """

    populations: dict[str, Population | SpikeTrains] = group()
    projections: dict[str, Projection] = group(default_factory=dict)

    # --- editing -----------------------------------------------------------------------------------------------------

    def given(self, keys: tuple, path: str, value: PyTree) -> PyTree:
        """A value as it is; a parameter that differs between cells is refused."""
        del path
        if keys[0] == "populations" and keys[2:3] == ("cell",):
            self.cells[keys[1]].check_shared(keys[1], keys[3:])
        return value

    # --- before and after a run --------------------------------------------------------------------------------------

    def stimuli(self, stimulus: Mapping[str, Stimulus]) -> "ByPopulation":
        """A stimulus for each of some populations, by name.

        Raises:
            KeyError: for a population that does not exist.
        """
        for name in stimulus:
            if name not in self.cells:
                raise KeyError(f"a stimulus for {name!r}: the populations of cells are {', '.join(self.cells)}.")
        return ByPopulation(dict(stimulus))

    def check(self, dt: float) -> None:
        """Refuse what cannot be, before anything is computed.

        Raises:
            ValueError: with the value, the rule and the fix.
            KeyError: for a name that does not exist.
        """
        both = set(self.populations) & set(self.projections)
        if both:
            raise ValueError(f"{both.pop()!r} is a population and a projection: paths need different names.")
        for name, population in self.populations.items():
            population.check(name)
        for name, projection in self.projections.items():
            projection.check(name, self.populations, dt)

    def report(self, state: NetworkState) -> None:
        """Warn of spikes that found no room; values that are traced pass, and leave it to `recording.ok`."""
        for name, lost in state.lost.items():
            if isinstance(lost, Tracer) or not np.any(lost):
                continue
            remedy = (
                f"its delay is below dt or above max_delay = {self.projections[name].max_delay:g} ms: give a longer "
                "max_delay, or a shorter dt."
                if name in self.projections
                else f"more fired in one step than max_spikes allows: Population(..., max_spikes={self.populations[name].size})."
            )
            warnings.warn(
                f"{name}: {np.sum(lost)} spikes were lost, so the recording means nothing and its ok is False; {remedy}",
                RuntimeWarning,
                stacklevel=3,
            )

    def misfit(self) -> None:
        """None that is known: `check` has looked at shapes."""

    def aims(self, stimulus: Stimulus) -> Iterator[tuple[Values, int]]:
        """Each compartment that a stimulus names in a population, and how many there are."""
        for name, part in self._parts(stimulus).items():
            yield from self.cells[name].cell.aims(part)

    # --- what a solver asks ------------------------------------------------------------------------------------------

    @property
    def compartments(self) -> int:
        """Number of compartments of all cells."""
        return sum(population.size * population.compartments for population in self.cells.values())

    @property
    def cells(self) -> dict[str, Population]:
        """The populations that have a state: all but spike trains."""
        return {name: p for name, p in self.populations.items() if isinstance(p, Population)}

    def initial(self) -> NetworkState:
        """Every cell at its own initial state, synapses closed and no spike under way."""
        cells = {name: population.initial() for name, population in self.cells.items()}
        fired = {name: jnp.full_like(state.v[:, 0], jnp.inf) for name, state in cells.items()}
        lost = {name: jnp.zeros((), jnp.int32) for name in (*self.populations, *self.projections)}
        return NetworkState(cells, fired, {}, lost, jnp.zeros((), jnp.int32))

    def prepared(self) -> "Network":
        """The network with what does not change during a run computed once, before it."""
        populations = {n: p.prepared() for n, p in self.populations.items()}
        return Network(populations, {n: p.prepared(self.populations[p.pre]) for n, p in self.projections.items()})

    def drive(self, stimulus: Stimulus, t: jax.Array) -> dict[str, PyTree]:
        """What the stimulus does to each population at times t [ms], and these times."""
        parts = self._parts(stimulus)
        drives = {name: population.drive(parts[name], t) for name, population in self.cells.items() if name in parts}
        return {"stimulus": drives, "time": t}

    def _parts(self, stimulus: Stimulus) -> dict[str, Stimulus]:
        return stimulus.parts if isinstance(stimulus, ByPopulation) else dict.fromkeys(self.cells, stimulus)

    def synaptic_drive(self, name: str, g: jax.Array, v: jax.Array) -> Drive:
        """What the synapses of a projection do to the membranes after it.

        Args:
            name: Of the projection.
            g: Their conductance (site,) [µS].
            v: Voltages of the postsynaptic population (cell, compartment) [mV].
        """
        projection = self.projections[name]
        edges, population = projection.edges, self.cells[projection.post]
        slope, offset = line(lambda v: projection.synapse.current(g, v), edges.at_sites(v))
        inflow = (edges.at_compartments(x, population.compartments) for x in (-offset, slope))
        return population.each(lambda cell, i, g: cell.drive(Inflow(i, g), jnp.zeros(())), *inflow)

    def junction_drives(self, currents: dict[str, jax.Array]) -> dict[str, Drive]:
        """What currents through gap junctions (edge,) [nA], by projection, do to the membranes of each population."""
        inflow = {name: jnp.zeros((p.size, p.compartments)) for name, p in self.cells.items()}
        for name, current in currents.items():
            projection, edges = self.projections[name], self.projections[name].edges
            sites = jnp.zeros(edges.site_count, current.dtype).at[edges.site_of].add(current)
            after = self.cells[projection.post].compartments
            inflow[projection.post] = inflow[projection.post] + edges.at_compartments(sites, after)
            place = (edges.pre, self.cells[projection.pre].compartment)
            inflow[projection.pre] = inflow[projection.pre].at[place].add(-current)
        flow = lambda cell, i: cell.drive(Inflow(i, jnp.zeros_like(i)), jnp.zeros(()))
        return {name: population.each(flow, inflow[name]) for name, population in self.cells.items()}

    def junction_differences(self, name: str, v: dict[str, jax.Array]) -> jax.Array:
        """Voltage across the gap junctions of a projection (edge,) [mV], from voltages (cell, compartment) by population."""
        projection, edges = self.projections[name], self.projections[name].edges
        before = v[projection.pre][edges.pre, self.cells[projection.pre].compartment]
        return before - edges.at_sites(v[projection.post])[edges.site_of]

    def gate_kinetics(self, state: NetworkState) -> dict:
        """None that could be noisy: `check` has seen to it."""
        del state
        return {}

    def rules(self) -> list[Rule]:
        """What must hold of projections and populations together; `check` says the same of what is not traced."""
        found = []
        for name, projection in self.projections.items():
            post, sites = self.populations.get(projection.post), projection.edges.sites
            if isinstance(post, Population) and isinstance(sites, Tracer):
                found.append(Rule(sites[:, 1] < post.compartments, f"projection {name!r}: no such compartment."))
        return found

    def sound(self, state: NetworkState) -> jax.Array:
        """Whether every voltage is one that a cell can have."""
        return jnp.all(jnp.stack([population.sound(state.cells[name]) for name, population in self.cells.items()]))

    def fired(self, state: NetworkState, start: jax.Array) -> dict[str, jax.Array]:
        """When each cell fired in the step from `start` to this state [ms] or infinity (cell,), by population."""
        return {name: start + time for name, time in state.fired.items()}

    def observe(self, what: str, state: NetworkState, drive: dict) -> PyTree:
        """A named quantity: `v` of all populations, `POPULATION.` and what its cells can record, or `PROJECTION.g`.

        The last is the conductance of synapses driven by spikes (site,) [µS].

        Raises:
            KeyError: for an unknown name; the message lists those that exist.
        """
        if what == "v":
            return {name: cells.v for name, cells in state.cells.items()}
        name = max((n for n in (*self.cells, *self.projections) if what.startswith(f"{n}.")), key=len, default="")
        rest = what.removeprefix(f"{name}.")
        if rest == "g" and name in self.projections and isinstance(self.projections[name].synapse, Spiking):
            return self.projections[name].conductance(state.synapses.get(name))
        if name not in self.cells:
            raise KeyError(
                f"cannot record {what!r}: it must begin with a population, {', '.join(self.cells)}, and a dot."
            )
        population, stimulus = self.cells[name], drive["stimulus"].get(name)
        given = Drive(jnp.zeros_like(state.cells[name].v)) if stimulus is None else stimulus
        given = jax.tree.map(lambda x: jnp.broadcast_to(x, (population.size, x.shape[-1])), given)
        return population.each(lambda cell, state, drive: cell.observe(rest, state, drive), state.cells[name], given)

    def no_spike(self, state: NetworkState) -> dict[str, jax.Array]:
        """Infinity for each cell (cell,), by population."""
        return {name: jnp.full_like(fired, jnp.inf) for name, fired in state.fired.items()}

    def names_spikes(self, what: str) -> bool:
        """Whether a name is `spikes` or `POPULATION.spikes`."""
        return what == "spikes" or what.endswith(".spikes")

    def spikes_of(self, what: str, spikes: dict) -> dict | jax.Array:
        """The spikes of all by population, or those (cell,) that `POPULATION.spikes` asks for.

        Raises:
            KeyError: for a population that has none.
        """
        if what == "spikes":
            return spikes
        name = what.removesuffix(".spikes")
        if name not in spikes:
            raise KeyError(f"cannot record {what!r}: the populations of cells are {', '.join(spikes)}.")
        return spikes[name]


class Inflow(Stimulus):
    """A given current less a given conductance times the voltage, in each compartment [nA, µS]."""

    current: jax.Array
    conductance: jax.Array

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        del t
        return Drive(self.current * density_per_nanoampere, self.conductance * density_per_nanoampere)


class ByPopulation(Stimulus):
    """A stimulus for each of some populations, by name."""

    parts: dict[str, Stimulus]

    def jumps(self) -> list[Values]:
        return [jump for part in self.parts.values() for jump in part.jumps()]

    def ends(self) -> list[Values]:
        return [end for part in self.parts.values() for end in part.ends()]
