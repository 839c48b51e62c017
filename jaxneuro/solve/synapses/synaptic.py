"""What synapses do in a step of a network: they conduct, follow the presynaptic voltage, and take spikes."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar
from ...circuit import SPIKING, Circuit, CircuitState, Projection, Source
from ...machine import alike
from . import delivery
from .delivery import Calendar
from .ways import WAYS


def of_kind(network: Circuit, kind: str) -> dict[str, Projection]:
    """The projections whose synapses are of a kind."""
    return {name: p for name, p in network.projections.items() if p.synapse.kind == kind}


# --- state -------------------------------------------------------------------------------------------------------------


def start(network: Circuit, name: str, state: CircuitState, calendar: Calendar, dt: Scalar) -> dict:
    """The synapses of a projection at the start of a run: silent, or as a run before left them, rings turned to step 0."""
    projection = network.projections[name]
    if projection.synapse.kind not in WAYS:
        raise ValueError(
            f"{name}: {type(projection.synapse).__name__} is of no kind: derive it from jn.synapses.Spiking, Graded or Junction."
        )
    way, room = WAYS[projection.synapse.kind], projection.max_delay
    new = way.new(network, projection, state, None if room is None else calendar.slots(room))
    before = {**new, **state.synapses.get(name, {})}
    if jax.tree.map(jnp.shape, before) != jax.tree.map(jnp.shape, new):
        raise ValueError(
            f"{name}: a run goes on only with the dt, max_delay and plasticity of the run before: give the same."
        )
    for ring in {"ring", "history"} & set(before):
        before = {**before, ring: jnp.roll(before[ring], -(state.step % before[ring].shape[0]), axis=0)}
    return way.forward(network, projection, state, before, 0.5 * dt)


def finish(network: Circuit, state: CircuitState, dt: Scalar) -> dict:
    """The synapses at the end of a run, graded ones taken back by half a step."""
    return {
        name: WAYS[p.synapse.kind].back(network, p, state, state.synapses[name], 0.5 * dt)
        for name, p in network.projections.items()
    }


# --- conductances ------------------------------------------------------------------------------------------------------


def conduct(network: Circuit, state: CircuitState, drives: dict, dt: Scalar) -> tuple[dict, dict]:
    """The drives with the mean conductances of all synapses over a step, and the synapses at its end."""
    drives, synapses = {**drives}, {}
    for name, projection in network.projections.items():
        synapses[name] = state.synapses[name]
        conducted = WAYS[projection.synapse.kind].conduct(projection, synapses[name], state.step, dt)
        if conducted is None:
            continue
        g, new = conducted
        synapses[name] = {**synapses[name], **new}
        drive = network.synaptic_drive(name, g, state.cells[projection.post].v)
        drives[projection.post] = drives[projection.post] + drive
    return drives, synapses


def follow(network: Circuit, state: CircuitState, dt: Scalar, next_dt: Scalar) -> tuple[CircuitState, dict]:
    """The state with graded synapses half a step beyond its voltages and resources used by the spikes of the step.

    Also by what those spikes count (pre cell,), by projection.
    """
    synapses, counts = {**state.synapses}, {}
    for name, projection in network.projections.items():
        way = WAYS[projection.synapse.kind]
        synapses[name] = way.forward(network, projection, state, synapses[name], 0.5 * (dt + next_dt))
        if projection.plasticity is not None and "resources" in synapses[name]:
            fired = state.fired[projection.pre]
            resources, counts[name] = projection.plasticity.within(synapses[name]["resources"], fired, dt)
            synapses[name] = {**synapses[name], "resources": resources}
    return state.replace(synapses=synapses), counts


# --- spikes ------------------------------------------------------------------------------------------------------------


class Spikes(NamedTuple):
    """Spikes of one population in a step.

    Attributes:
        count: How many.
        most: How many there can be.
        pick: Function of a size, at least that of the count: which cells (spike,) or None for all, when (spike,) [ms], and
            their numbers in an array of all spikes that can be (spike,).
    """

    count: jax.Array
    most: int
    pick: Callable


def found(fired: jax.Array) -> Spikes:
    """The spikes of cells that fired at these times after the start of the step, or at infinity (cell,) [ms]."""
    fires = jnp.isfinite(fired)

    def pick(size: int) -> tuple:
        if size == fired.shape[0]:
            return None, fired, slice(None)
        cell = delivery.indices(fires, size)
        return cell, fired.at[cell].get(mode="fill", fill_value=jnp.inf), cell

    return Spikes(jnp.sum(fires, dtype=jnp.int32), fired.shape[0], pick)


def given(trains: Source, first: jax.Array, begin: jax.Array, dt: Scalar) -> tuple[Spikes, jax.Array]:
    """The spikes of trains in the step that begins here [ms], from the first spike that has not been, and the next after it."""
    times, source = trains.events
    sought = alike((times, begin + dt))  # the search of jax 0.7 does not mark them itself
    last = jnp.maximum(jnp.searchsorted(*sought).astype(first.dtype), first)

    def pick(size: int) -> tuple:
        event = first + jnp.arange(size, dtype=first.dtype)
        event = jnp.where(event < last, event, times.shape[0])
        time = jnp.maximum(times.at[event].get(mode="fill", fill_value=jnp.inf) - begin, 0.0)
        return source.at[event].get(mode="fill", fill_value=0), time, event

    return Spikes(last - first, times.shape[0], pick), last


def send(
    network: Circuit, name: str, state: CircuitState, spikes: Spikes, counts: dict, calendar: Calendar, least: int
) -> CircuitState:
    """The state with the spikes of a population in the rings of its projections, and how many found no room.

    `counts` is by what each counts beside the weight, by projection, if there is plasticity; for `least` see `Calendar.find`.
    """
    targets = {k: p for k, p in of_kind(network, SPIKING).items() if p.pre == name}
    if not targets:
        return state
    limit = _limit(network.populations[name], spikes.most, max(p.edges.rows.shape[-1] for p in targets.values()))

    def deliver(size: int, rings: dict) -> tuple:
        (cell, offset, number), late, new = spikes.pick(size), {}, {}
        for key, projection in targets.items():
            kernel, route = projection.synapse.kernel(), projection.routes.of(cell)
            if counts.get(key) is not None:
                route = route._replace(weight=route.weight * counts[key].at[number].get(mode="clip")[:, None])
            new[key], late[key] = delivery.post(rings[key], calendar, state.step, offset, least, route, kernel)
        return new, late

    rings, late = delivery.with_room_for(spikes.count, limit, deliver, {k: state.synapses[k]["ring"] for k in targets})
    lost = {key: state.lost[key] + late[key] for key in targets}
    lost |= {name: state.lost[name] + jnp.maximum(spikes.count - limit, 0)}
    synapses = {key: {**state.synapses[key], "ring": ring} for key, ring in rings.items()}
    return state.replace(synapses=state.synapses | synapses, lost=state.lost | lost)


def _limit(population: Source, most: int, widest: int) -> int:
    """How many spikes of a population find room in a step."""
    asked = population.max_spikes
    return min(most, max(delivery.ROOM // widest, 1) if asked is None else asked)
