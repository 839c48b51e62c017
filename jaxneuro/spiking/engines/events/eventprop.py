"""The adjoint of the events: back from event to event, with memory in the number of spikes.

Forward, nothing is kept but the spikes: when, in which order among the events of the neuron, and the state there. Backward,
every neuron goes back through its events; a spike waits until all its arrivals within the group have been undone. The
states between are reconstructed from the nearest spike after them by flowing back in time, which multiplies rounding
errors by what the adjoint has decayed by: they do not show in the gradient.

Source: Wunderlich & Pehle (2021), Sci. Rep. 11:12829: at a spike the adjoint jumps by the condition that ends the interval
(here the transpose of `hop`), between spikes it flows.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ....batching import anyone
from ....pytree import Pytree
from ...neurons.base import Neuron, State
from .walk import OUTSIDE, Group, Walker, choose, hop, walk


class Event(Pytree):
    """The last event of each neuron: its time (neuron,) [ms] and what it is; of an arrival, whose spike, and its weight."""

    t: jax.Array
    fires: jax.Array
    samples: jax.Array
    takes: dict[str, jax.Array]
    source: jax.Array
    weight: jax.Array


class Return(Pytree):
    """A population on its way back.

    Attributes:
        walker: Where it is.
        event: Its last event there, of each neuron.
        state: Derivative of the loss by the state after that event.
        clock: Derivative by the time of that event, as far as later ones depend on it (neuron,).
        spikes: Derivatives by the spike times (neuron, max_spikes + 1).
        population: Derivatives by the parameters of the population.
        coming: Derivatives by the times and weights of arrivals from outside.
        inner: Derivatives by the weights and delays of the connections within the group, (pre, post) each.
    """

    walker: Walker
    event: Event
    state: State
    clock: jax.Array
    spikes: jax.Array
    population: Neuron
    coming: tuple[jax.Array, jax.Array]
    inner: dict[str, tuple[jax.Array, jax.Array]]


class Course(Pytree):
    """What a run shows of a population.

    Attributes:
        spikes: Spike times, padded with infinity (neuron, max_spikes) [ms].
        voltage: Samples of the potential (sample, neuron).
        state: The state after the last event of each neuron.
        clock: The time of that event (neuron,) [ms].
        full: Which neurons had no room for another spike (neuron,).
    """

    spikes: jax.Array
    voltage: jax.Array
    state: Any
    clock: jax.Array
    full: jax.Array


def courses(walkers: dict[str, Walker]) -> dict[str, Course]:
    """What a run shows, by population."""
    return {n: Course(w.spikes[:, :-1], w.samples.v[:-1], w.state, w.clock, w.full) for n, w in walkers.items()}


@jax.custom_vjp
def walk_reversibly(group: Group) -> dict[str, Course]:
    """What a run shows, with derivatives in reverse only."""
    return courses(walk(group))


def _forward(group: Group) -> tuple:
    walkers = walk(group.replace(keep=True))
    return courses(walkers), (group, walkers)


def _backward(kept: tuple, derivatives: dict[str, Course]) -> tuple[Group]:
    group, walkers = kept
    back = {name: _turn(group, name, walkers, derivatives[name]) for name in walkers}

    def step(carry: tuple) -> tuple:
        back, _ = carry
        ready = {name: _ready(group, name, back) for name in back}
        times, undone = {}, {}
        for name in back:
            undone[name], times[name] = _undo(group, name, back, ready[name], derivatives[name].voltage)
        undone = {
            name: one.replace(spikes=one.spikes + _due(group, name, undone, back, times))
            for name, one in undone.items()
        }
        return undone, jnp.stack([r.any() for r in ready.values()]).any()

    back, _ = jax.lax.while_loop(lambda carry: anyone(carry[1]), step, (back, jnp.asarray(True)))
    return (_gradient(group, back),)


walk_reversibly.defvjp(_forward, _backward)


def _turn(group: Group, name: str, walkers: dict[str, Walker], end: Course) -> Return:
    walker, coming = walkers[name], group.coming[name]
    zeros = lambda tree: jax.tree.map(jnp.zeros_like, tree)
    return Return(
        walker=walker,
        event=_last(group, name, walkers),
        state=end.state,
        clock=end.clock,
        spikes=jnp.pad(end.spikes, ((0, 0), (0, 1))),
        population=zeros(group.populations[name]),
        coming=(zeros(coming.t), zeros(coming.weight)),
        inner={n: (zeros(c.weight), zeros(c.weight)) for n, c in group.into(name).items()},
    )


def _last(group: Group, name: str, walkers: dict[str, Walker]) -> Event:
    """The last event of each neuron; before the first, the start."""
    walker, neuron = walkers[name], jnp.arange(walkers[name].clock.shape[0])
    t, source = group.coming[name].at(jnp.maximum(walker.taken - 1, 0))
    t = jnp.where(walker.taken > 0, t, -jnp.inf)
    weight, takes = group.coming[name].weight[source, neuron], {OUTSIDE: jnp.ones_like(walker.full)}
    for n, connection in group.into(name).items():
        last = walker.delivered[n] - 1
        times = jnp.take_along_axis(walkers[connection.pre].spikes, jnp.maximum(last, 0), axis=1) + connection.delay
        times = jnp.where(last >= 0, times, -jnp.inf)
        pre = jnp.argmax(times, axis=0)
        later = times[pre, neuron] >= t
        takes = {other: take & ~later for other, take in takes.items()}
        takes[n] = later & (pre == jnp.arange(times.shape[0])[:, None])
        t = jnp.where(later, times[pre, neuron], t)
        weight = jnp.where(later, connection.weight[pre, neuron], weight)
    fires = (walker.count > 0) & (walker.order[neuron, walker.count - 1] == walker.events - 1)
    sample = jnp.where(walker.sampled > 0, group.grid[name][walker.sampled - 1], -jnp.inf)
    samples, some = ~fires & (sample >= t) & (walker.sampled > 0), walker.events > 0
    t = jnp.where(fires, walker.spikes[neuron, walker.count - 1], jnp.where(samples, sample, t))
    takes = {n: take & ~fires & ~samples & some for n, take in takes.items()}
    return Event(jnp.where(some, t, 0.0), fires & some, samples & some, takes, source, weight)


def _paused(event: Event, earliest: jax.Array) -> Event:
    """An event, or, where it is earlier than given times, a pause there."""
    pauses = event.t < earliest
    takes = {n: take & ~pauses for n, take in event.takes.items()}
    t = jnp.where(pauses, earliest, event.t)
    return event.replace(t=t, fires=event.fires & ~pauses, samples=event.samples & ~pauses, takes=takes)


def _ready(group: Group, name: str, back: dict[str, Return]) -> jax.Array:
    """Which neurons can undo their last event: all but spikes that still count somewhere in the group."""
    walker = back[name].walker
    counts = jnp.zeros_like(walker.full)
    for n, connection in group.inner.items():
        if connection.pre == name:
            counts |= jnp.max(back[connection.post].walker.delivered[n], axis=1) >= walker.count
    some = (walker.events > 0) | (back[name].event.t > 0)
    return some & ~(back[name].event.fires & counts)


def _undo(group: Group, name: str, back: dict[str, Return], ready: jax.Array, voltage: jax.Array) -> tuple:
    """A population with one event of each ready neuron undone, and the derivatives by the times of arrivals (neuron,)."""
    one, population = back[name], group.populations[name]
    walker, event, neuron = one.walker, one.event, jnp.arange(ready.shape[0])
    fires, samples = event.fires & ready, event.samples & ready
    takes = {n: take & ready for n, take in event.takes.items()}
    received = jnp.stack([jnp.atleast_2d(take).any(axis=0) for take in takes.values()]).any(axis=0)
    earlier = walker.replace(
        events=walker.events - (fires | samples | received),
        count=walker.count - fires,
        taken=walker.taken - takes[OUTSIDE],
        sampled=walker.sampled - samples,
        delivered={n: delivered - takes[n] for n, delivered in walker.delivered.items()},
    )
    previous = _paused(
        _last(group, name, {**{n: r.walker for n, r in back.items()}, name: earlier}), event.t - population.step
    )
    state = _before(population, walker, received, event)
    wait = jnp.where(ready, event.t - previous.t, 0.0)
    state = _earlier(population, earlier, previous, state, wait)

    def forth(population: Neuron, state: State, wait: jax.Array, weight: jax.Array) -> tuple:
        wait = jnp.where(fires, population.wait(state, jnp.where(fires, wait, jnp.inf)), wait)
        return hop(population, state, wait, weight, fires, received)[1], wait

    _, pull = jax.vjp(forth, population, state, wait, event.weight)
    mask = lambda where, x: jnp.where(where, x, 0.0)
    by_state = jax.tree.map(lambda x: mask(ready, x), one.state)
    if voltage.shape[0]:
        by_state = by_state.replace(v=by_state.v + mask(samples, voltage[earlier.sampled, neuron]))
    by_spike = mask(fires, one.clock + one.spikes[neuron, earlier.count])
    by_population, by_state, by_wait, by_weight = pull((by_state, by_spike))
    by_time = mask(received, one.clock + by_wait)
    column = neuron if one.coming[0].shape[1] > 1 else jnp.zeros_like(neuron)
    coming = (
        one.coming[0].at[earlier.taken, column].add(mask(takes[OUTSIDE], by_time)),
        one.coming[1].at[event.source, neuron].add(mask(takes[OUTSIDE], by_weight)),
    )
    inner = {n: (w + takes[n] * by_weight, d + takes[n] * by_time) for n, (w, d) in one.inner.items()}
    return Return(
        walker=earlier.replace(state=choose(ready, state, walker.state)),
        event=choose(ready, previous, event),
        state=choose(ready, by_state, one.state),
        clock=jnp.where(ready, by_spike - by_wait, one.clock),
        spikes=one.spikes,
        population=jax.tree.map(jnp.add, one.population, by_population),
        coming=coming,
        inner=inner,
    ), by_time


def _before(population: Neuron, walker: Walker, received: jax.Array, event: Event) -> State:
    """The state just before the last event: kept at a spike or a sample, else without what was received."""
    neuron = jnp.arange(walker.clock.shape[0])
    at = lambda kept, where: jax.tree.map(lambda x: x[where], kept)
    state = choose(received, population.receive(walker.state, -event.weight), walker.state)
    state = choose(event.fires, at(walker.kept, (neuron, walker.count - 1)), state)
    return choose(event.samples, at(walker.samples, (walker.sampled - 1, neuron)), state)


def _earlier(population: Neuron, walker: Walker, previous: Event, state: State, wait: jax.Array) -> State:
    """The state just after the event before: kept there, or reconstructed by going back from the state after the wait."""
    neuron = jnp.arange(walker.clock.shape[0])
    at = lambda kept, where: jax.tree.map(lambda x: x[where], kept)
    fired = population.fire(at(walker.kept, (neuron, walker.count - 1)))
    since = jnp.where(walker.count > 0, previous.t - walker.spikes[neuron, walker.count - 1], jnp.inf)
    back = population.rewind(state, wait, fired, since)
    back = jax.tree.map(lambda x: jnp.where(jnp.isfinite(x), x, 0.0), back)
    back = choose(previous.fires, fired, back)
    back = choose(previous.samples, at(walker.samples, (walker.sampled - 1, neuron)), back)
    return choose((walker.events > 0) | (previous.t > 0), back, population.initial())


def _due(group: Group, name: str, undone: dict, back: dict, times: dict) -> jax.Array:
    """What the arrivals just undone contribute to the derivatives by the spikes of a population."""
    due = jnp.zeros_like(back[name].spikes)
    for n, connection in group.inner.items():
        if connection.pre == name:
            left = undone[connection.post].walker.delivered[n]
            taken = back[connection.post].walker.delivered[n] - left
            here = (jnp.arange(left.shape[0])[:, None], left)
            due = due.at[here].add(taken * times[connection.post])
    return due


def _gradient(group: Group, back: dict[str, Return]) -> Group:
    populations, coming, inner = {}, {}, {}
    for name, one in back.items():
        (by_initial,) = jax.vjp(lambda p: p.initial(), group.populations[name])[1](one.state)
        populations[name] = jax.tree.map(jnp.add, one.population, by_initial)
        coming[name] = group.coming[name].replace(t=one.coming[0], source=None, weight=one.coming[1])
        for n, (by_weight, by_delay) in one.inner.items():
            spread = jax.vjp(partial(jnp.broadcast_to, shape=by_weight.shape), group.inner[n].delay)[1]
            inner[n] = group.inner[n].replace(weight=by_weight, delay=spread(by_delay)[0])
    return group.replace(populations=populations, coming=coming, inner=inner, grid=None)
