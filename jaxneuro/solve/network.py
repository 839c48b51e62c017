"""Networks under the default method: every population takes its leapfrog step under the conductance of its synapses.

Conductances enter a step as their means over it. A spike is located on a straight line within its step and arrives at
that time plus the delay, wherever in a step that is, so the whole is second order in time like the step of a single cell.
"""

from typing import Any

import jax
import jax.numpy as jnp

from . import delivery
from .fixed import Grid, crossing
from .leapfrog import LEAPFROG
from .one_step import Arguments


class NetworkLeapfrog:
    """A method of the fixed driver, see `fixed.py`; it carries the state of the network, gates half a step ahead."""

    drive_nodes = (0.5,)

    def __init__(self, dt: float, grid: Grid):
        self.calendar = delivery.Calendar(dt, grid)

    def start(self, state: Any, dt: Any, args: Arguments) -> Any:
        """The state with its gates half a step ahead, and rings for spikes under way."""
        network = args.model
        cells = {
            name: population.each(lambda cell, one: LEAPFROG.start(one, dt, Arguments(cell, None)), state.cells[name])
            for name, population in network.cells.items()
        }
        synapses = {n: self._synapses(p, state.synapses.get(n), state) for n, p in network.projections.items()}
        next_event = {name: jnp.zeros((), jnp.int32) for name in network.populations if name not in cells}
        return state.replace(cells=cells, synapses=synapses, step=jnp.zeros_like(state.step)), next_event

    def _synapses(self, projection: Any, before: Any, state: Any) -> dict:
        """The synapses of a projection: as a run before left them, its rings turned to begin with step 0, or silent."""
        sites, exponentials = projection.edges.site_count, len(projection.synapse.kernel())
        slots, dtype = self.calendar.slots(projection.max_delay), state.v.dtype
        if before is None:
            ring = jnp.zeros((slots, sites, 1 + exponentials), dtype)
            return {"levels": jnp.zeros((exponentials, sites), dtype), "ring": ring}
        if before["ring"].shape[0] != slots:
            raise ValueError(
                "spikes under way can go on only with the dt and max_delay of the run before: give the same."
            )
        return {**before, "ring": jnp.roll(before["ring"], -(state.step % slots), axis=0)}

    def step(self, carry: Any, dt: Any, args: Arguments) -> tuple[Any, Any, Any]:
        """The carry after dt [ms], the state there, and whether every spike found room."""
        network, drive, (state, next_event) = args.model, args.drive(0.5 * dt), carry
        state, next_event = self._given_spikes(network, state, next_event, drive["time"] + 0.5 * dt, dt)
        drives, synapses = self._conduct(network, state, drive["stimulus"], dt)
        state = state.replace(synapses=synapses)
        ahead, now, fired = {}, {}, {}
        for name, population in network.cells.items():
            before = state.cells[name]
            ahead[name], now[name] = self._advance(population, before, drives[name], dt, args.next_dt)
            ahead[name], now[name], fired[name] = self._fire(population, before, ahead[name], now[name], dt)
        state = state.replace(fired=fired)
        for name in network.cells:
            state = self._deliver(network, state, name)
        state = state.replace(step=state.step + 1)
        complete = jnp.sum(jnp.stack(list(state.lost.values()))) == 0
        return (state.replace(cells=ahead), next_event), state.replace(cells=now), complete

    def _conduct(self, network: Any, state: Any, drives: dict, dt: Any) -> tuple[dict, dict]:
        """The drive of each population, stimulus and synapses, in the middle of the step; the synapses at its end."""
        drives, synapses = {name: drives.get(name) for name in network.cells}, {}
        for name, projection in network.projections.items():
            kernel, before, v = projection.synapse.kernel(), state.synapses[name], state.cells[projection.post].v
            arrived, ring = delivery.take(before["ring"], state.step)
            g, levels = delivery.conduct(before["levels"], arrived, kernel, dt)
            synapses[name] = {"levels": levels, "ring": ring}
            drive, already = network.synaptic_drive(name, g, v), drives[projection.post]
            drives[projection.post] = drive if already is None else already + drive
        return drives, synapses

    def _advance(self, population: Any, state: Any, drive: Any, dt: Any, next_dt: Any) -> tuple[Any, Any]:
        def one(cell: Any, state: Any, drive: Any) -> tuple:
            return LEAPFROG.step(state, dt, Arguments(cell, lambda _: drive, next_dt))[:2]

        drive = population.undriven(state) if drive is None else drive
        drive = jax.tree.map(lambda x: jnp.broadcast_to(x, state.v.shape), drive)
        return population.each(one, state, drive)

    def _fire(self, population: Any, before: Any, ahead: Any, now: Any, dt: Any) -> tuple:
        """Both states with resets done, and when in the step each cell fired [ms] or infinity (cell,)."""
        if hasattr(population.cell, "reset"):
            reset = lambda cell, a, b: cell.reset(a, b, 0.0, dt)
            now, _ = population.each(reset, before, now)
            ahead, fired = population.each(reset, before, ahead)
            return ahead, now, fired[:, 0]
        v0, v1 = before.v[:, population.compartment], now.v[:, population.compartment]
        return ahead, now, crossing(v0, v1, population.threshold, 0.0, dt)

    def _deliver(self, network: Any, state: Any, name: str) -> Any:
        """The spikes of a population on their way."""
        fired, limit = state.fired[name], _limit(network, name, network.populations[name].max_spikes)
        count = jnp.sum(jnp.isfinite(fired))

        def pick(size: int) -> tuple:
            if size == fired.shape[0]:
                return None, fired
            cell = delivery.indices(jnp.isfinite(fired), size)
            return cell, fired.at[cell].get(mode="fill", fill_value=jnp.inf)

        return self._post(network, state, name, count, limit, pick, 1)

    def _given_spikes(self, network: Any, state: Any, next_event: dict, end: Any, dt: Any) -> tuple[Any, dict]:
        """The spikes of trains in this step on their way; they may still arrive in it."""
        moved = {}
        for name, first in next_event.items():
            times, source = network.populations[name].events
            moved[name] = jnp.searchsorted(times, end).astype(jnp.int32)
            moved[name] = jnp.maximum(moved[name], first)

            def pick(
                size: int, times: Any = times, source: Any = source, first: Any = first, last: Any = moved[name]
            ) -> tuple:
                event = first + jnp.arange(size, dtype=jnp.int32)
                event = jnp.where(event < last, event, times.shape[0])
                time = times.at[event].get(mode="fill", fill_value=jnp.inf)
                return source.at[event].get(mode="fill", fill_value=0), jnp.maximum(time - (end - dt), 0.0)

            state = self._post(network, state, name, moved[name] - first, _limit(network, name, None), pick, 0)
        return state, moved

    def _post(self, network: Any, state: Any, name: str, count: Any, limit: int, pick: Any, least: int) -> Any:
        """Spikes into the rings of all projections of a population, and a count of those that found no room."""
        targets = {key: p for key, p in network.projections.items() if p.pre == name}
        if not targets:
            return state

        def deliver(size: int, rings: dict) -> tuple:
            (cell, offset), late, new = pick(size), {}, {}
            for key, projection in targets.items():
                route = tuple(delivery.rows_of(x, cell) for x in projection.routes)
                kernel = projection.synapse.kernel()
                new[key], late[key] = delivery.post(rings[key], self.calendar, state.step, offset, least, route, kernel)
            return new, late

        rings, late = delivery.with_room_for(
            count, limit, deliver, {key: state.synapses[key]["ring"] for key in targets}
        )
        lost = {key: state.lost[key] + late[key] for key in targets}
        lost |= {name: state.lost[name] + jnp.maximum(count - limit, 0).astype(jnp.int32)}
        synapses = {key: {**state.synapses[key], "ring": ring} for key, ring in rings.items()}
        return state.replace(synapses=state.synapses | synapses, lost=state.lost | lost)

    def state(self, carry: Any) -> Any:
        """The state in a carry."""
        return carry[0]

    def put(self, carry: Any, state: Any) -> Any:
        """The carry with another state."""
        return state, carry[1]

    def finish(self, carry: Any, dt: Any, model: Any) -> Any:
        """The state at the end, its gates taken back by half a step, so that a run can go on from it exactly."""
        state, _ = carry
        cells = {
            name: population.each(lambda cell, one: LEAPFROG.finish(one, dt, cell), state.cells[name])
            for name, population in model.cells.items()
        }
        return state.replace(cells=cells)


def _limit(network: Any, name: str, asked: int | None) -> int:
    """How many spikes of a population find room in a step."""
    population = network.populations[name]
    most = population.size if hasattr(population, "cell") else population.times.size
    if asked is not None:
        return min(asked, most)
    widest = max((p.edges.rows.shape[-1] for p in network.projections.values() if p.pre == name), default=1)
    return min(most, max(delivery.ROOM // widest, 1))
