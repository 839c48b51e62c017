"""What synapses do in a step of a network: they conduct, follow the presynaptic voltage, and take spikes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ...machine import alike
from . import delivery
from .delivery import Calendar


def kind(projection: Any) -> str:
    """How the synapses of a projection work, told by what they define: `spiking`, `graded` or `junction`."""
    if hasattr(projection.synapse, "kernel"):
        return "spiking"
    return "graded" if hasattr(projection.synapse, "kinetics") else "junction"


def presynaptic(network: Any, projection: Any, state: Any) -> jax.Array:
    """Voltage of the presynaptic cells where they spike (cell,) [mV]."""
    return state.cells[projection.pre].v[:, network.cells[projection.pre].compartment]


# --- state -------------------------------------------------------------------------------------------------------------


def start(network: Any, name: str, state: Any, calendar: Calendar, dt: Any) -> dict:
    """The synapses of a projection at the start of a run: silent, or as a run before left them, rings turned to step 0."""
    projection = network.projections[name]
    new = _new(network, projection, state, calendar)
    before = {**new, **state.synapses.get(name, {})}
    if jax.tree.map(jnp.shape, before) != jax.tree.map(jnp.shape, new):
        raise ValueError(
            f"{name}: a run goes on only with the dt, max_delay and plasticity of the run before: give the same."
        )
    for ring in {"ring", "history"} & set(before):
        before = {**before, ring: jnp.roll(before[ring], -(state.step % before[ring].shape[0]), axis=0)}
    if "open" in before:
        kinetics = projection.synapse.kinetics(presynaptic(network, projection, state))
        before = {**before, "open": kinetics.trapezoidal(before["open"], 0.5 * dt)}
    return before


def _new(network: Any, projection: Any, state: Any, calendar: Calendar) -> dict:
    edges, dtype = projection.edges, state.v.dtype
    slots = None if projection.max_delay is None else calendar.slots(projection.max_delay)
    if kind(projection) == "spiking":
        exponentials = len(projection.synapse.kernel())
        new = {"levels": jnp.zeros((exponentials, edges.site_count), dtype)}
        new["ring"] = jnp.zeros((slots, edges.site_count, 1 + exponentials), dtype)
        if projection.plasticity is not None and projection.pre in network.cells:
            new["resources"] = projection.plasticity.rested(edges.pre_size, dtype)
        return new
    if kind(projection) == "graded":
        steady = projection.synapse.kinetics(presynaptic(network, projection, state)).steady
        return {"open": steady} | ({} if slots is None else {"history": jnp.tile(steady, (slots, 1))})
    return {}


def finish(network: Any, state: Any, dt: Any) -> dict:
    """The synapses at the end of a run, graded ones taken back by half a step."""
    synapses = {}
    for name, projection in network.projections.items():
        synapses[name] = state.synapses[name]
        if kind(projection) == "graded":
            kinetics = projection.synapse.kinetics(presynaptic(network, projection, state))
            synapses[name] = {**synapses[name], "open": kinetics.rewind(synapses[name]["open"], 0.5 * dt)}
    return synapses


# --- conductances ------------------------------------------------------------------------------------------------------


def conduct(network: Any, state: Any, drives: dict, dt: Any) -> tuple[dict, dict]:
    """The drives with the mean conductances of all synapses over a step, and the synapses at its end."""
    drives, synapses = {**drives}, {}
    for name, projection in network.projections.items():
        synapses[name] = state.synapses[name]
        if kind(projection) == "junction":
            continue
        of_kind = _spiking if kind(projection) == "spiking" else _graded
        g, new = of_kind(projection, synapses[name], state.step, dt)
        synapses[name] = {**synapses[name], **new}
        drive = network.synaptic_drive(name, g, state.cells[projection.post].v)
        drives[projection.post] = drives[projection.post] + drive
    return drives, synapses


def _spiking(projection: Any, synapses: dict, step: jax.Array, dt: Any) -> tuple[jax.Array, dict]:
    arrived, ring = delivery.take(synapses["ring"], step)
    g, levels = delivery.conduct(synapses["levels"], arrived, projection.synapse.kernel(), dt)
    return g, {"levels": levels, "ring": ring}


def _graded(projection: Any, synapses: dict, step: jax.Array, dt: Any) -> tuple[jax.Array, dict]:
    """Conductance at the middle of the step, where the gates are, or a delay before it on straight lines."""
    edges, opened, new = projection.edges, synapses["open"][projection.edges.pre], {}
    if "history" in synapses:
        slots = synapses["history"].shape[0]
        history = synapses["history"].at[step % slots].set(synapses["open"])
        back = projection.delay / dt
        whole = jnp.floor(back).astype(step.dtype)
        recent, older = (history[(step - whole - k) % slots, edges.pre] for k in (0, 1))
        opened, new = recent + (back - jnp.floor(back)) * (older - recent), {"history": history}
    zeros = jnp.zeros(edges.site_count, opened.dtype)
    return zeros.at[edges.site_of].add(projection.weight * opened), new


def follow(network: Any, state: Any, dt: Any, next_dt: Any) -> tuple[Any, dict]:
    """The state with graded synapses half a step beyond its voltages and resources used by the spikes of the step.

    Also by what those spikes count (pre cell,), by projection.
    """
    synapses, counts = {**state.synapses}, {}
    for name, projection in network.projections.items():
        if kind(projection) == "graded":
            kinetics = projection.synapse.kinetics(presynaptic(network, projection, state))
            opened = kinetics.trapezoidal(synapses[name]["open"], 0.5 * (dt + next_dt))
            synapses[name] = {**synapses[name], "open": opened}
        if "resources" in synapses[name]:
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
    """Of cells that fired at these times after the start of the step, or at infinity (cell,) [ms]."""
    fires = jnp.isfinite(fired)

    def pick(size: int) -> tuple:
        if size == fired.shape[0]:
            return None, fired, slice(None)
        cell = delivery.indices(fires, size)
        return cell, fired.at[cell].get(mode="fill", fill_value=jnp.inf), cell

    return Spikes(jnp.sum(fires, dtype=jnp.int32), fired.shape[0], pick)


def given(trains: Any, first: jax.Array, begin: jax.Array, dt: Any) -> tuple[Spikes, jax.Array]:
    """Of spike trains in the step that begins here [ms], from the first spike that has not been, and the next after it."""
    times, source = trains.events
    sought = alike((times, begin + dt))  # the search of jax 0.7 does not mark them itself
    last = jnp.maximum(jnp.searchsorted(*sought).astype(first.dtype), first)

    def pick(size: int) -> tuple:
        event = first + jnp.arange(size, dtype=first.dtype)
        event = jnp.where(event < last, event, times.shape[0])
        time = jnp.maximum(times.at[event].get(mode="fill", fill_value=jnp.inf) - begin, 0.0)
        return source.at[event].get(mode="fill", fill_value=0), time, event

    return Spikes(last - first, times.shape[0], pick), last


def send(network: Any, name: str, state: Any, spikes: Spikes, counts: dict, calendar: Calendar, least: int) -> Any:
    """The state with the spikes of a population in the rings of its projections, and how many found no room.

    `counts` is by what each counts beside the weight, by projection, if there is plasticity; for `least` see `Calendar.find`.
    """
    targets = {k: p for k, p in network.projections.items() if p.pre == name and kind(p) == "spiking"}
    if not targets:
        return state
    limit = _limit(network.populations[name], spikes.most, max(p.edges.rows.shape[-1] for p in targets.values()))

    def deliver(size: int, rings: dict) -> tuple:
        (cell, offset, number), late, new = spikes.pick(size), {}, {}
        for key, projection in targets.items():
            site, weight, delay = (delivery.rows_of(x, cell) for x in projection.routes)
            if counts.get(key) is not None:
                weight = weight * counts[key].at[number].get(mode="clip")[:, None]
            kernel, route = projection.synapse.kernel(), (site, weight, delay)
            new[key], late[key] = delivery.post(rings[key], calendar, state.step, offset, least, route, kernel)
        return new, late

    rings, late = delivery.with_room_for(spikes.count, limit, deliver, {k: state.synapses[k]["ring"] for k in targets})
    lost = {key: state.lost[key] + late[key] for key in targets}
    lost |= {name: state.lost[name] + jnp.maximum(spikes.count - limit, 0)}
    synapses = {key: {**state.synapses[key], "ring": ring} for key, ring in rings.items()}
    return state.replace(synapses=state.synapses | synapses, lost=state.lost | lost)


def _limit(population: Any, most: int, widest: int) -> int:
    """How many spikes of a population find room in a step."""
    asked = getattr(population, "max_spikes", None)
    return min(most, max(delivery.ROOM // widest, 1) if asked is None else asked)
