"""Networks under the default method: every population takes its leapfrog step under the conductance of its synapses.

Conductances enter a step as their means over it. A spike is located on a straight line within its step and arrives at
that time plus the delay, wherever in a step that is, so the whole is second order in time like the step of a single cell.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ..arithmetic import Scalar
from ..circuit import JUNCTION, Circuit, CircuitState, Population
from ..model import Drive, Model, State
from .fixed import crossing
from .leapfrog import LEAPFROG
from .method import Arguments, Grid, Method
from .origin import Origin, whole
from .synapses import Calendar, junctions, synaptic

Carry = tuple[CircuitState, dict]  # the state, and of each spike train the number of the next spike


class NetworkLeapfrog(Method):
    """A method of the fixed driver, see `fixed.py`.

    It carries the state of the network, gates half a step ahead, and for each spike train the number of the next spike.
    """

    drive_nodes = (0.5,)
    resets = True

    def __init__(self, dt: float, grid: Grid):
        self.calendar = Calendar(dt, grid)

    def begin(self, network: Circuit, state: CircuitState) -> tuple[dict, dict, CircuitState]:
        """Where the origins of the populations are first, those that move, and the state counted from there."""
        begin = jax.vmap(LEAPFROG.begin, in_axes=(None, 0))
        parts = {name: begin(network.cells[name].cell, cells) for name, cells in state.cells.items()}
        first, moving, cells = ({name: part[i] for name, part in parts.items()} for i in range(3))
        return first, moving, state.replace(cells=cells)

    def origin(self, network: Circuit, first: dict, moved: dict, prepared: object = None) -> dict:
        """The origins."""
        del prepared
        return {n: population.each(LEAPFROG.origin, first[n], moved[n]) for n, population in network.cells.items()}

    def move(self, points: dict, carry: Carry) -> tuple[dict, Carry]:
        """Where the origins are next, and the carry counted from there."""
        pairs = {name: jax.vmap(LEAPFROG.move)(points[name], cells) for name, cells in carry[0].cells.items()}
        points, cells = ({name: pair[i] for name, pair in pairs.items()} for i in range(2))
        return points, (carry[0].replace(cells=cells), carry[1])

    def start(self, state: CircuitState, dt: Scalar, args: Arguments) -> Carry:
        """The carry at the start: gates half a step ahead, and rings for spikes under way."""
        network, origin = args.model, args.origin
        ahead = lambda cell, origin, one: LEAPFROG.start(one, dt, Arguments(cell, None, origin=origin))
        cells = {n: population.each(ahead, origin[n], state.cells[n]) for n, population in network.cells.items()}
        now = self.state((state.replace(cells=cells), {}), origin)
        synapses = {name: synaptic.start(network, name, now, self.calendar, dt) for name in network.projections}
        trains = {name: jnp.zeros((), jnp.int32) for name in network.populations if name not in cells}
        return state.replace(cells=cells, synapses=synapses, step=jnp.zeros_like(state.step)), trains

    def step(self, carry: Carry, dt: Scalar, args: Arguments) -> tuple[Carry, CircuitState, jax.Array]:
        """The carry after dt [ms], the state there, and whether every spike found room."""
        network, origin, drive, counted = args.model, args.origin, args.drive(0.5 * dt), carry[0].cells
        state, trains = self.state(carry, origin), carry[1]
        given = {n: synaptic.given(network.populations[n], k, drive["time"] - 0.5 * dt, dt) for n, k in trains.items()}
        trains = {name: k for name, (_, k) in given.items()}
        for name, (spikes, _) in given.items():
            counts = {key: projection.used for key, projection in network.projections.items()}
            state = synaptic.send(network, name, state, spikes, counts, self.calendar, least=0)
        drives, synapses = synaptic.conduct(network, state, self._stimuli(network, state, drive["stimulus"]), dt)
        drives = _join(network, origin, counted, drives, dt)
        ahead, now, fired = {}, {}, {}
        for name, population in network.cells.items():
            step = partial(_cell_step, dt=dt, next_dt=args.next_dt)
            ahead[name], now[name] = population.each(step, origin[name], counted[name], drives[name])
            fired[name] = _fired(population, state.cells[name], now[name], dt)
        state = state.replace(cells=now, synapses=synapses, fired=fired)
        state, counts = synaptic.follow(network, state, dt, args.next_dt)
        for name in network.cells:
            spikes = synaptic.found(state.fired[name])
            state = synaptic.send(network, name, state, spikes, counts, self.calendar, least=1)
        state = state.replace(step=state.step + 1)
        complete = jnp.sum(jnp.stack(list(state.lost.values()))) == 0
        return (state.replace(cells=ahead), trains), state, complete

    def _stimuli(self, network: Circuit, state: CircuitState, stimuli: dict) -> dict:
        """The stimulus of every population, each with the shape of the voltages (cell, compartment)."""
        drives = {name: stimuli.get(name, population.undriven()) for name, population in network.cells.items()}
        return {name: jax.tree.map(lambda x, n=name: jnp.broadcast_to(x, state.cells[n].v.shape), drive)
                for name, drive in drives.items()}  # fmt: skip

    def state(self, carry: Carry, origin: dict) -> CircuitState:
        """The state in a carry."""
        return carry[0].replace(cells={name: whole(origin[name], cells) for name, cells in carry[0].cells.items()})

    def finish(self, carry: Carry, dt: Scalar, model: Circuit, origin: dict) -> CircuitState:
        """The state at the end, its gates taken back by half a step, so that a run can go on from it exactly."""
        state, end = self.state(carry, origin), lambda cell, origin, one: LEAPFROG.finish(one, dt, cell, origin)
        cells = {n: population.each(end, origin[n], carry[0].cells[n]) for n, population in model.cells.items()}
        return state.replace(cells=cells, synapses=synaptic.finish(model, state, dt))


def _cell_step(
    cell: Model, origin: Origin, state: State, drive: Drive, dt: Scalar, next_dt: Scalar
) -> tuple[State, State]:
    """The carry of one cell after a step, and its state there."""
    return LEAPFROG.step(state, dt, Arguments(cell, lambda _: drive, next_dt, origin=origin))[:2]


def _fired(population: Population, before: State, now: State, dt: Scalar) -> jax.Array:
    """When in the step each cell fired [ms] or infinity (cell,)."""
    if population.cell.resets:
        return population.each(lambda cell, state: cell.fired(state, 0.0), now)[:, 0]
    v0, v1 = before.v[:, population.compartment], now.v[:, population.compartment]
    return crossing(v0, v1, population.threshold, 0.0, dt)


def _join(network: Circuit, origin: dict, counted: dict, drives: dict, dt: Scalar) -> dict:
    """The drives with the currents of gap junctions, which depend on the voltages at the end of the step."""
    joined = list(synaptic.of_kind(network, JUNCTION))
    if not joined:
        return drives
    counts = [network.projections[name].edges.count for name in joined]
    bounds = [sum(counts[:i]) for i in range(len(counts) + 1)]
    weight = jnp.concatenate(
        [jnp.broadcast_to(network.projections[name].weight, (n,)) for name, n in zip(joined, counts, strict=True)]
    )

    def driven(i: jax.Array) -> dict:
        parts = {name: i[a:b] for name, a, b in zip(joined, bounds[:-1], bounds[1:], strict=True)}
        return {name: drives[name] + drive for name, drive in network.junction_drives(parts).items()}

    def difference(i: jax.Array) -> jax.Array:
        """Mean voltage differences across the junctions if these currents flow through them."""
        mean = {}
        for name, drive in driven(i).items():
            population, before = network.cells[name], counted[name]
            end = population.each(partial(_end, dt=dt), origin[name], before, drive)
            mean[name] = 0.5 * (before.v + end)
        return across(mean)

    def across(v: dict) -> jax.Array:
        return jnp.concatenate([network.junction_differences(name, v) for name in joined])

    without, response = jax.linearize(difference, jnp.zeros(bounds[-1], weight.dtype))
    without = without + across({name: origin[name].state.v for name in network.cells})
    return driven(junctions.currents(weight, without, response))


def _end(cell: Model, origin: Origin, state: State, drive: Drive, dt: Scalar) -> jax.Array:
    """Voltages of one cell after a step, counted from the origin."""
    return LEAPFROG.moved(state, dt, Arguments(cell, lambda _: drive, origin=origin)).v
