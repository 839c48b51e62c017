"""Networks under the default method: every population takes its leapfrog step under the conductance of its synapses.

Conductances enter a step as their means over it. A spike is located on a straight line within its step and arrives at
that time plus the delay, wherever in a step that is, so the whole is second order in time like the step of a single cell.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from . import junctions, synaptic
from .delivery import Calendar
from .fixed import Grid, crossing
from .leapfrog import LEAPFROG
from .one_step import Arguments


class NetworkLeapfrog:
    """A method of the fixed driver, see `fixed.py`.

    It carries the state of the network, gates half a step ahead, and for each spike train the number of the next spike.
    """

    drive_nodes = (0.5,)

    def __init__(self, dt: float, grid: Grid):
        self.calendar = Calendar(dt, grid)

    def start(self, state: Any, dt: Any, args: Arguments) -> Any:
        """The carry at the start: gates half a step ahead, and rings for spikes under way."""
        network = args.model
        begin = lambda cell, one: LEAPFROG.start(one, dt, Arguments(cell, None))
        cells = {name: population.each(begin, state.cells[name]) for name, population in network.cells.items()}
        synapses = {name: synaptic.start(network, name, state, self.calendar, dt) for name in network.projections}
        trains = {name: jnp.zeros((), jnp.int32) for name in network.populations if name not in cells}
        return state.replace(cells=cells, synapses=synapses, step=jnp.zeros_like(state.step)), trains

    def step(self, carry: Any, dt: Any, args: Arguments) -> tuple[Any, Any, Any]:
        """The carry after dt [ms], the state there, and whether every spike found room."""
        network, drive, (state, trains) = args.model, args.drive(0.5 * dt), carry
        given = {n: synaptic.given(network.populations[n], k, drive["time"] - 0.5 * dt, dt) for n, k in trains.items()}
        trains = {name: k for name, (_, k) in given.items()}
        for name, (spikes, _) in given.items():
            counts = {key: projection.used for key, projection in network.projections.items()}
            state = synaptic.send(network, name, state, spikes, counts, self.calendar, least=0)
        drives, synapses = synaptic.conduct(network, state, self._stimuli(network, state, drive["stimulus"]), dt)
        drives = _join(network, state, drives, dt)
        ahead, now, fired = {}, {}, {}
        for name, population in network.cells.items():
            before, step = state.cells[name], partial(_cell_step, dt=dt, next_dt=args.next_dt)
            ahead[name], now[name] = population.each(step, before, drives[name])
            ahead[name], now[name], fired[name] = _fire(population, before, ahead[name], now[name], dt)
        state = state.replace(cells=now, synapses=synapses, fired=fired)
        state, counts = synaptic.follow(network, state, dt, args.next_dt)
        for name in network.cells:
            spikes = synaptic.found(state.fired[name])
            state = synaptic.send(network, name, state, spikes, counts, self.calendar, least=1)
        state = state.replace(step=state.step + 1)
        complete = jnp.sum(jnp.stack(list(state.lost.values()))) == 0
        return (state.replace(cells=ahead), trains), state, complete

    def _stimuli(self, network: Any, state: Any, stimuli: dict) -> dict:
        """The stimulus of every population, each with the shape of the voltages (cell, compartment)."""
        drives = {name: stimuli.get(name, population.undriven()) for name, population in network.cells.items()}
        return {name: jax.tree.map(lambda x, n=name: jnp.broadcast_to(x, state.cells[n].v.shape), drive)
                for name, drive in drives.items()}  # fmt: skip

    def state(self, carry: Any) -> Any:
        """The state in a carry."""
        return carry[0]

    def put(self, carry: Any, state: Any) -> Any:
        """The carry with another state."""
        return state, carry[1]

    def finish(self, carry: Any, dt: Any, model: Any) -> Any:
        """The state at the end, its gates taken back by half a step, so that a run can go on from it exactly."""
        state, end = carry[0], lambda cell, one: LEAPFROG.finish(one, dt, cell)
        cells = {name: population.each(end, state.cells[name]) for name, population in model.cells.items()}
        return state.replace(cells=cells, synapses=synaptic.finish(model, state, dt))


def _cell_step(cell: Any, state: Any, drive: Any, dt: Any, next_dt: Any) -> tuple[Any, Any]:
    """The carry of one cell after a step, and its state there."""
    return LEAPFROG.step(state, dt, Arguments(cell, lambda _: drive, next_dt))[:2]


def _fire(population: Any, before: Any, ahead: Any, now: Any, dt: Any) -> tuple:
    """Both states with resets done, and when in the step each cell fired [ms] or infinity (cell,)."""
    if hasattr(population.cell, "reset"):
        reset = lambda cell, a, b: cell.reset(a, b, 0.0, dt)
        now, _ = population.each(reset, before, now)
        ahead, fired = population.each(reset, before, ahead)
        return ahead, now, fired[:, 0]
    v0, v1 = before.v[:, population.compartment], now.v[:, population.compartment]
    return ahead, now, crossing(v0, v1, population.threshold, 0.0, dt)


def _join(network: Any, state: Any, drives: dict, dt: Any) -> dict:
    """The drives with the currents of gap junctions, which depend on the voltages at the end of the step."""
    joined = [name for name, p in network.projections.items() if synaptic.kind(p) == "junction"]
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
            population, before = network.cells[name], state.cells[name]
            move = lambda cell, one, drive: LEAPFROG.moved(one, dt, Arguments(cell, lambda _: drive)).v
            mean[name] = 0.5 * (before.v + population.each(move, before, drive))
        return jnp.concatenate([network.junction_differences(name, mean) for name in joined])

    without, response = jax.linearize(difference, jnp.zeros(bounds[-1], weight.dtype))
    return driven(junctions.currents(weight, without, response))
