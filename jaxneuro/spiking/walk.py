"""From event to event in a group of populations that drive one another.

Each neuron has a clock of its own and goes from one of its events to the next: an arrival, a spike, a sample, or a pause
where its `flow` goes no further. One step advances every neuron whose next event nothing can forestall: no spike yet to
come arrives before the earliest event of all plus the shortest delay to the neuron. Without recurrence that is every
neuron in every step.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ..pytree import Pytree
from .arrivals import Arrivals
from .network import Connection, Network


class Walker(Pytree):
    """A population on its way.

    Attributes:
        state: State of the neurons at their clocks.
        clock: Time of the last event of each (neuron,) [ms].
        spikes: Spike times so far, padded with infinity (neuron, max_spikes + 1) [ms].
        count: Number of spikes so far (neuron,).
        taken: Number of arrivals from outside the group so far (neuron,).
        delivered: For each connection within the group, spikes of `pre` that have arrived (pre, post).
        voltage: Samples so far, and a row for what is none (sample, neuron).
        sampled: Number of samples so far (neuron,).
        overflow: Whether a spike found no room.
    """

    state: Any
    clock: jax.Array
    spikes: jax.Array
    count: jax.Array
    taken: jax.Array
    delivered: dict[str, jax.Array]
    voltage: jax.Array
    sampled: jax.Array
    overflow: jax.Array


def walk(
    network: Network,
    coming: dict[str, Arrivals],
    grid: dict[str, jax.Array],
    duration: float,
    max_spikes: int,
    max_steps: int | None,
) -> dict[str, Walker]:
    """Walk a group of populations from 0 to `duration`.

    Args:
        network: The network.
        coming: Arrivals from outside the group, by population of the group.
        grid: Times at which the voltage of each population is wanted (sample,) [ms].
        duration: Length of the run [ms].
        max_spikes: Room for the spikes of a neuron.
        max_steps: Bound on the number of steps, or none.
    """
    inner = {n: c for n, c in network.connections.items() if c.pre in coming and c.post in coming}
    walkers = {name: _start(network, name, inner, grid[name], max_spikes) for name in coming}
    steps = _bound(network, inner, coming, grid, duration, max_spikes)

    def step(walkers: dict, _: None) -> tuple:
        return _step(network, inner, coming, grid, duration, walkers), None

    walkers, _ = jax.lax.scan(step, walkers, length=steps if max_steps is None else min(steps, max_steps))
    left = _step(network, inner, coming, grid, duration, walkers)
    return {
        name: w.replace(overflow=w.overflow | (jax.lax.stop_gradient(left[name].clock) != w.clock).any())
        for name, w in walkers.items()
    }


def _start(network: Network, name: str, inner: dict[str, Connection], grid: jax.Array, max_spikes: int) -> Walker:
    population = network.populations[name]
    zero = jnp.zeros(population.size)
    whole = jnp.zeros(population.size, jnp.int32)
    return Walker(
        population.initial(),
        zero,
        jnp.full((population.size, max_spikes + 1 if population.spikes else 1), jnp.inf),
        whole,
        whole,
        {n: jnp.zeros((network.size(c.pre), population.size), jnp.int32) for n, c in inner.items() if c.post == name},
        jnp.zeros((grid.shape[0] + 1, population.size)),
        whole,
        jnp.zeros((), bool),
    )


def _bound(network: Network, inner: dict, coming: dict, grid: dict, duration: float, max_spikes: int) -> int:
    """As many steps as there can be: all events of a neuron, or, in a recurrent group, of all neurons."""
    alone = {
        name: coming[name].t.shape[0]
        + grid[name].shape[0]
        + (max_spikes + 1) * network.populations[name].spikes
        + int(duration / network.populations[name].step)
        for name in coming
    }
    if not inner:
        return max(alone.values())
    within = sum(network.size(c.pre) * max_spikes * network.size(c.post) for c in inner.values())
    return sum(network.size(name) * n for name, n in alone.items()) + within


def _step(network: Network, inner: dict, coming: dict, grid: dict, duration: float, walkers: dict) -> dict:
    plans = {name: _plan(network, name, inner, coming[name], grid[name], duration, walkers) for name in walkers}
    earliest = jnp.stack([plan["t"].min() for plan in plans.values()]).min()
    return {name: _advance(network, name, inner, earliest, plans[name], walkers[name]) for name in walkers}


def _plan(
    network: Network, name: str, inner: dict, coming: Arrivals, grid: jax.Array, duration: float, walkers: dict
) -> dict:
    """The next event of each neuron of a population."""
    walker, population = walkers[name], network.populations[name]
    arrival, weight = coming.at(walker.taken)
    source = jnp.full(population.size, -1)  # -1 is outside
    first = 0
    for n, connection in inner.items():
        if connection.post != name:
            continue
        delivered = walker.delivered[n]
        under_way = jnp.take_along_axis(walkers[connection.pre].spikes, delivered, axis=1) + connection.delay
        pre = jnp.argmin(under_way, axis=0)
        time = jnp.take_along_axis(under_way, pre[None], axis=0)[0]
        earlier = time < arrival
        arrival = jnp.where(earlier, time, arrival)
        weight = jnp.where(earlier, jnp.take_along_axis(jnp.asarray(connection.weight), pre[None], axis=0)[0], weight)
        source = jnp.where(earlier, first + pre, source)
        first += delivered.shape[0]
    padded = jnp.append(grid, jnp.inf)
    sample = padded[walker.sampled]
    pause = walker.clock + population.step
    given = jnp.minimum(jnp.minimum(arrival, sample), pause)
    fires = jnp.zeros(population.size, bool)
    t = given
    if population.spikes:
        within = jax.lax.stop_gradient(jnp.minimum(given, duration) - walker.clock)
        crossing = jax.lax.stop_gradient(population).crossing(jax.lax.stop_gradient(walker.state), within)
        crossing = walker.clock + population.wait(walker.state, crossing)
        fires = (crossing <= given) & ~(arrival <= walker.clock)
        t = jnp.where(fires, crossing, given)
    t = jnp.where(t <= duration, t, jnp.inf)
    pauses = ~fires & (pause < jnp.minimum(arrival, sample))
    samples = ~fires & ~pauses & (sample < arrival)
    return {"t": t, "fires": fires, "weight": weight, "source": source, "samples": samples, "pauses": pauses}


def _advance(network: Network, name: str, inner: dict, earliest: jax.Array, plan: dict, walker: Walker) -> Walker:
    population = network.populations[name]
    ahead = _lookahead(inner, name, population.size)
    safe = jnp.isfinite(plan["t"]) & (plan["t"] <= jax.lax.stop_gradient(earliest + ahead))
    fires, samples = safe & plan["fires"], safe & plan["samples"]
    takes = safe & ~fires & ~samples & ~plan["pauses"]
    span = jnp.where(safe, plan["t"] - walker.clock, 0.0)
    state = population.flow(walker.state, span)
    neuron = jnp.arange(population.size)
    voltage = walker.voltage.at[jnp.where(samples, walker.sampled, walker.voltage.shape[0] - 1), neuron].set(state.v)
    select = lambda where, new, old: jax.tree.map(lambda x, y: jnp.where(where, x, y), new, old)
    state = select(takes, population.receive(state, jnp.where(takes, plan["weight"], 0.0)), state)
    spikes, count, overflow = walker.spikes, walker.count, walker.overflow
    if population.spikes:
        state = select(fires, population.fire(state), state)
        room = spikes.shape[1] - 1
        spikes = spikes.at[neuron, jnp.where(fires & (count < room), count, room)].set(
            jnp.where(fires & (count < room), plan["t"], jnp.inf)
        )
        overflow = overflow | (fires & (count >= room)).any()
        count = count + fires
    delivered, first = {}, 0
    for n, connection in inner.items():
        if connection.post == name:
            size = walker.delivered[n].shape[0]
            hit = takes & (plan["source"] >= first) & (plan["source"] < first + size)
            delivered[n] = walker.delivered[n] + (hit & (plan["source"] - first == jnp.arange(size)[:, None]))
            first += size
    return Walker(
        select(safe, state, walker.state),
        jnp.where(safe, plan["t"], walker.clock),
        spikes,
        count,
        walker.taken + (takes & (plan["source"] < 0)),
        delivered,
        voltage,
        walker.sampled + samples,
        overflow,
    )


def _lookahead(inner: dict, name: str, size: int) -> jax.Array:
    """The shortest delay from within the group to each neuron of a population (neuron,) [ms]."""
    ahead = jnp.full(size, jnp.inf)
    for connection in inner.values():
        if connection.post == name:
            ahead = jnp.minimum(
                ahead, jnp.min(jnp.broadcast_to(connection.delay, jnp.shape(connection.weight)), axis=0)
            )
    return ahead
