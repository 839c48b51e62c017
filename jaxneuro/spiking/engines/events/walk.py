"""From event to event in a group of populations that drive one another.

Each neuron has a clock of its own and goes from one of its events to the next: an arrival, a spike, a sample, or a pause
where its `flow` goes no further. One step advances every neuron whose next event nothing can forestall: no spike yet to
come arrives before the earliest event of all plus the shortest delay to the neuron. Without recurrence that is every
neuron in every step.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ....batching import anyone
from ....pytree import Pytree, static
from ...network import Connection
from ...neurons.base import Neuron, State
from .arrivals import Arrivals


class Group(Pytree):
    """All that the events of a group depend on.

    Attributes:
        populations: The populations of the group.
        inner: The connections within it.
        coming: What arrives from outside, in order, by population.
        grid: Times at which the state is sampled, by population, the last infinite (sample + 1,) [ms].
        duration: Length of the run [ms].
        max_spikes: Room for the spikes of a neuron.
        keep: Whether the states at spikes are kept.
    """

    populations: dict[str, Neuron]
    inner: dict[str, Connection]
    coming: dict[str, Arrivals]
    grid: dict[str, jax.Array]
    duration: float = static()
    max_spikes: int = static()
    keep: bool = static(default=False)

    def into(self, post: str) -> dict[str, Connection]:
        """The connections within the group that end on a population."""
        return {name: connection for name, connection in self.inner.items() if connection.post == post}

    def bound(self) -> int:
        """The most steps that there can be: all events of a neuron, or, in a recurrent group, of all neurons."""
        pauses = {n: int(self.duration / p.step) for n, p in self.populations.items()}
        alone = {n: self.coming[n].t.shape[0] + self.grid[n].shape[0] + self.max_spikes + pauses[n] for n in pauses}
        if not self.inner:
            return max(alone.values())
        within = sum(c.weight.size * self.max_spikes for c in self.inner.values())
        return sum(self.populations[n].size * alone[n] for n in alone) + within


class Walker(Pytree):
    """A population on its way.

    Attributes:
        state: State of the neurons at their clocks.
        clock: Time of the last event of each (neuron,) [ms].
        events: Number of events of each so far, without pauses (neuron,).
        count: Number of its spikes so far (neuron,).
        taken: Number of arrivals from outside the group so far (neuron,).
        sampled: Number of samples so far (neuron,).
        delivered: For each connection within the group, spikes of `pre` that have arrived (pre, post).
        spikes: Spike times so far, padded with infinity, the last always (neuron, max_spikes + 1) [ms].
        order: How many events of the neuron came before each spike (neuron, max_spikes + 1).
        kept: States just before the spikes, in the same shape, if they are kept.
        samples: States at the samples (sample + 1, neuron); the last means nothing.
        full: Which neurons had no room for another spike, and stopped (neuron,).
    """

    state: State
    clock: jax.Array
    events: jax.Array
    count: jax.Array
    taken: jax.Array
    sampled: jax.Array
    delivered: dict[str, jax.Array]
    spikes: jax.Array
    order: jax.Array
    kept: State | None
    samples: State
    full: jax.Array


class Plan(Pytree):
    """The next event of each neuron of a population: its time (neuron,) [ms], infinite if there is none, and what it is."""

    t: jax.Array
    fires: jax.Array
    samples: jax.Array
    pauses: jax.Array
    takes: dict[str, jax.Array]
    weight: jax.Array


OUTSIDE = ""  # among connections: none of the group


def walk(group: Group) -> dict[str, Walker]:
    """Walk all events from 0 to the end, in as many steps as it takes."""
    carry = start(group), jnp.asarray(True)
    return jax.lax.while_loop(lambda carry: anyone(carry[1]), lambda carry: step(group, carry[0]), carry)[0]


def walk_differentiably(group: Group, max_steps: int | None) -> dict[str, Walker]:
    """The same in a fixed number of steps, which JAX can differentiate forward and in reverse; full if they were too few."""
    steps = group.bound() if max_steps is None else min(group.bound(), max_steps)
    walkers, _ = jax.lax.scan(lambda walkers, _: (step(group, walkers)[0], None), start(group), length=steps)
    unfinished = step(group, walkers)[1]
    return {name: walker.replace(full=walker.full | unfinished) for name, walker in walkers.items()}


def start(group: Group) -> dict[str, Walker]:
    """All neurons at time 0."""
    return {name: _start(group, name, population) for name, population in group.populations.items()}


def _start(group: Group, name: str, population: Neuron) -> Walker:
    state, room = population.initial(), group.max_spikes + 1
    none = jnp.zeros(population.size, jnp.int32)
    spread = lambda *shape: jax.tree.map(lambda x: jnp.zeros(shape, x.dtype), state)
    return Walker(
        state=state,
        clock=jnp.zeros_like(state.v),
        events=none,
        count=none,
        taken=none,
        sampled=none,
        delivered={
            n: jnp.zeros((group.populations[c.pre].size, population.size), jnp.int32)
            for n, c in group.into(name).items()
        },
        spikes=jnp.full((population.size, room), jnp.inf),
        order=jnp.full((population.size, room), -1, jnp.int32),
        kept=spread(population.size, room) if group.keep else None,
        samples=spread(group.grid[name].shape[0], population.size),
        full=jnp.zeros(population.size, bool),
    )


def step(group: Group, walkers: dict[str, Walker]) -> tuple[dict[str, Walker], jax.Array]:
    """One event of every neuron that nothing can forestall, and whether there was any."""
    plans = {name: plan(group, name, walkers) for name in walkers}
    earliest = jnp.stack([jnp.min(plan.t) for plan in plans.values()]).min()
    ready = {name: jnp.isfinite(plan.t) & (plan.t <= earliest + _ahead(group, name)) for name, plan in plans.items()}
    advanced = {name: _advance(group, name, walkers[name], plans[name], ready[name]) for name in walkers}
    return advanced, jnp.isfinite(earliest)


def _ahead(group: Group, name: str) -> jax.Array:
    """The shortest delay from within the group to each neuron of a population (neuron,) [ms]."""
    ahead = jnp.full(group.populations[name].size, jnp.inf)
    for connection in group.into(name).values():
        ahead = jnp.minimum(ahead, jnp.min(jnp.broadcast_to(connection.delay, connection.weight.shape), axis=0))
    return jax.lax.stop_gradient(ahead)


def plan(group: Group, name: str, walkers: dict[str, Walker]) -> Plan:
    """The next event of each neuron of a population, as far as the spikes so far tell."""
    walker, population = walkers[name], group.populations[name]
    arrival, weight, takes = next_arrival(group, name, walkers)
    sample = group.grid[name][walker.sampled]
    pause = walker.clock + population.step
    given = jnp.minimum(jnp.minimum(arrival, sample), pause)
    crossing = walker.clock + _wait(population, walker, jnp.minimum(given, group.duration))
    fires = (crossing <= given) & (arrival > walker.clock)  # what arrives together is added before anyone fires
    pauses = ~fires & (pause < jnp.minimum(arrival, sample))
    samples = ~fires & ~pauses & (sample < arrival)
    t = jnp.where(fires, crossing, jnp.where(pauses, pause, jnp.where(samples, sample, arrival)))
    t = jnp.where((t <= group.duration) & ~walker.full, t, jnp.inf)
    takes = {n: take & ~fires & ~pauses & ~samples for n, take in takes.items()}
    return Plan(t, fires, samples, pauses, takes, weight)


def _wait(population: Neuron, walker: Walker, until: jax.Array) -> jax.Array:
    still = jax.lax.stop_gradient((population, walker.state, until - walker.clock))
    return population.wait(walker.state, still[0].crossing(*still[1:]))


def next_arrival(group: Group, name: str, walkers: dict[str, Walker]) -> tuple[jax.Array, jax.Array, dict]:
    """Time, weight and way of the next arrival at each neuron: for each connection, which of `pre` (pre, post)."""
    walker, coming = walkers[name], group.coming[name]
    neuron = jnp.arange(walker.clock.shape[0])
    t, source = coming.at(walker.taken)
    weight, takes = coming.weight[source, neuron], {OUTSIDE: jnp.ones_like(t, bool)}
    for n, connection in group.into(name).items():
        times = jnp.take_along_axis(walkers[connection.pre].spikes, walker.delivered[n], axis=1) + connection.delay
        pre = jnp.argmin(times, axis=0)
        sooner = times[pre, neuron] < t
        takes = {other: take & ~sooner for other, take in takes.items()}
        takes[n] = sooner & (pre == jnp.arange(times.shape[0])[:, None])
        t = jnp.where(sooner, times[pre, neuron], t)
        weight = jnp.where(sooner, connection.weight[pre, neuron], weight)
    return t, weight, takes


def hop(
    population: Neuron, state: State, wait: jax.Array, weight: jax.Array, fires: jax.Array, takes: jax.Array
) -> tuple:
    """The state just before the event that comes after `wait` [ms], and after it: a spike, an arrival or neither."""
    before = population.flow(state, wait)
    after = choose(takes, population.receive(before, weight), before)
    return before, choose(fires, population.fire(before), after)


def choose(where: jax.Array, new: Any, old: Any) -> Any:
    """One state where a condition holds, another elsewhere."""
    return jax.tree.map(lambda x, y: jnp.where(where, x, y), new, old)


def _advance(group: Group, name: str, walker: Walker, plan: Plan, ready: jax.Array) -> Walker:
    population, neuron = group.populations[name], jnp.arange(walker.clock.shape[0])
    fires, samples = ready & plan.fires, ready & plan.samples
    takes = {n: take & ready for n, take in plan.takes.items()}
    room = walker.spikes.shape[1] - 1
    full = fires & (walker.count >= room)
    fires, ready = fires & ~full, ready & ~full
    wait = jnp.where(ready, plan.t - walker.clock, 0.0)
    before, after = hop(population, walker.state, wait, plan.weight, fires, ready & ~fires & ~samples & ~plan.pauses)
    here = (neuron, jnp.where(fires, walker.count, room))
    there = (jnp.where(samples, walker.sampled, walker.samples.v.shape[0] - 1), neuron)
    write = lambda array, where, x: jax.tree.map(lambda a, x: a.at[where].set(x), array, x)
    return Walker(
        state=choose(ready, after, walker.state),
        clock=jnp.where(ready, plan.t, walker.clock),
        events=walker.events + (ready & ~plan.pauses),
        count=walker.count + fires,
        taken=walker.taken + takes[OUTSIDE],
        sampled=walker.sampled + samples,
        delivered={n: walker.delivered[n] + takes[n] for n in walker.delivered},
        spikes=walker.spikes.at[here].set(jnp.where(fires, plan.t, jnp.inf)),
        order=walker.order.at[here].set(jnp.where(fires, walker.events, -1)),
        kept=None if walker.kept is None else write(walker.kept, here, before),
        samples=write(walker.samples, there, before) if walker.samples.v.shape[0] > 1 else walker.samples,
        full=walker.full | full,
    )
