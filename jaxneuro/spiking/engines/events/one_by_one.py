"""Exact events of a whole network one after the other: for small recurrent networks without delays."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ....biophysics.network import SpikeTrains
from ....pytree import Pytree, static
from ...network import INPUT, SpikingNetwork
from ...run import Response
from .replay import replay


class Clock(Pytree):
    """All neurons at one time.

    Attributes:
        t: The time [ms].
        states: State of each population.
        taken: Number of inputs so far.
        unheard: Which neurons of `until` have not spiked yet (neuron,); without `until` one True that stays.
    """

    t: jax.Array
    states: dict[str, Any]
    taken: jax.Array
    unheard: jax.Array

    def going(self, duration: float) -> jax.Array:
        """Whether there is more to come."""
        return self.unheard.any() & (self.t < duration)


class OneByOne(Pytree):
    """Event by event like `Events`, but with one clock for all neurons; it may stop when some have spiked.

    An event costs as much as all neurons once, whatever it reaches. So it is the faster one where every spike reaches nearly all.

    Attributes:
        max_events: Room for all events together: inputs, spikes and pauses (see `Neuron.step`); one more raises
            `Response.overflow`.
        max_spikes: Room for the spikes of a neuron; one more raises `Response.overflow`.
        until: A population; when each of its neurons has spiked, the rest is left out.
        adjoint: "autodiff", forward and reverse, through all of `max_events`; or "replay", reverse alone, which keeps the states
            at the events that there were and goes back from one to the one before: room that is not needed costs nothing.
    """

    max_events: int = static(default=256)
    max_spikes: int = static(default=16)
    until: str | None = static(default=None)
    adjoint: str = static(default="autodiff")

    def check(self, network: SpikingNetwork, inputs: Any, duration: float) -> None:
        del duration
        if not isinstance(inputs, SpikeTrains):
            raise ValueError("OneByOne takes spikes: give SpikeTrains, such as jn.spike_trains([1.0, 5.0], [2.0]).")
        if self.adjoint not in ("autodiff", "replay"):
            raise ValueError(f'adjoint = {self.adjoint!r}: give "autodiff" or "replay".')
        if self.until is not None and self.until not in network.populations:
            raise KeyError(f"until = {self.until!r}: the populations are {', '.join(network.populations)}.")
        for name, connection in network.connections.items():
            if not isinstance(connection.delay, Tracer) and np.any(np.asarray(connection.delay) != 0):
                raise ValueError(f"connection {name!r} has a delay, which OneByOne does not know: use Events.")

    def solve(self, network: SpikingNetwork, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        if record:
            raise ValueError(f"record = {record}: OneByOne records no potentials: use Events.")
        network = network.dense()
        times = jnp.ravel(jnp.asarray(inputs.times, jnp.result_type(float)))
        order = jnp.argsort(times)
        channel = order // jnp.shape(inputs.times)[1]
        coming = jnp.append(times[order], jnp.inf), jax.nn.one_hot(jnp.append(channel, 0), network.inputs)
        waiting = jnp.ones(network.size(self.until) if self.until else 1, bool)
        states = {name: population.initial() for name, population in network.populations.items()}
        start = Clock(jnp.zeros_like(coming[0][0]), states, jnp.asarray(0), waiting)

        if self.adjoint == "replay":
            step = lambda given, clock: self._step(given[0], given[1], duration, clock)
            end, (t, fired) = replay(
                step, lambda clock: clock.going(duration), self.max_events, (network, coming), start
            )
        else:
            step = lambda clock, _: self._step(network, coming, duration, clock)
            end, (t, fired) = jax.lax.scan(step, start, length=self.max_events)
        spikes = {name: trains(t, train, self.max_spikes) for name, train in fired.items()}
        full = jnp.stack([(jnp.sum(train, axis=0) > self.max_spikes).any() for train in fired.values()]).any()
        overflow = full | end.going(duration)
        finite = jnp.stack([~jnp.isnan(x).any() for x in spikes.values()]).all()
        return Response(spikes, {}, {}, t[:0], overflow, finite & ~overflow, final=end.states)

    def _step(self, network: SpikingNetwork, coming: tuple, duration: float, clock: Clock) -> tuple:
        """The next event: a spike, an input, a pause, or nothing more."""
        arrival = coming[0][clock.taken]
        pause = clock.t + min(population.step for population in network.populations.values())
        given = jnp.minimum(jnp.minimum(arrival, pause), duration)
        within = jax.lax.stop_gradient(given - clock.t)
        waits = {
            name: jax.lax.stop_gradient(population).crossing(jax.lax.stop_gradient(clock.states[name]), within)
            for name, population in network.populations.items()
            if population.spikes
        }
        first = jnp.stack([wait.min() for wait in waits.values()]).min()
        going = clock.going(duration)
        spiking = going & jnp.isfinite(first)
        fired = {name: spiking & (wait == first) for name, wait in waits.items()}
        exact = self._exact(network, clock, first, fired)
        span = jnp.where(going, jnp.where(spiking, exact, given - clock.t), 0.0)
        takes = going & ~spiking & (arrival <= given)
        sent = {name: spikes.astype(span.dtype) for name, spikes in fired.items()}
        sent[INPUT] = jnp.where(takes, coming[1][clock.taken], 0.0)
        states = {name: self._after(network, name, clock.states[name], span, fired, sent) for name in clock.states}
        heard = fired[self.until] if self.until else jnp.zeros(1, bool)
        t = jnp.where(spiking, clock.t + span, jnp.where(going, given, clock.t))
        return Clock(t, states, clock.taken + takes, clock.unheard & ~heard), (t, fired)

    def _exact(self, network: SpikingNetwork, clock: Clock, first: jax.Array, fired: dict) -> jax.Array:
        """The time to the spike with its derivative: that of the first neuron that has it."""
        exact = jnp.zeros_like(first)
        for name, spikes in fired.items():
            number = jnp.argmax(spikes)
            one = jax.tree.map(lambda x, number=number: x[number], clock.states[name])
            population = jax.tree.map(
                lambda x, number=number: x[number] if jnp.ndim(x) else x, network.populations[name]
            )
            wait = population.wait(one, jnp.where(spikes.any(), first, 0.0))
            exact = jnp.where(spikes.any(), wait, exact)
        return exact

    def _after(self, network: SpikingNetwork, name: str, state: Any, span: jax.Array, fired: dict, sent: dict) -> Any:
        """The state of a population after the event."""
        population = network.populations[name]
        state = population.flow(state, span)
        if name in fired:
            state = jax.tree.map(lambda x, y: jnp.where(fired[name], y, x), state, population.fire(state))
        arriving = [sent[c.pre] @ c.weight for c in network.into(name).values()]
        return population.receive(state, sum(arriving, start=jnp.zeros(population.size)))


def trains(t: jax.Array, fired: jax.Array, size: int) -> jax.Array:
    """Spikes in the order of time (event,), and whose they are (event, neuron), as trains (neuron, size)."""
    number = jnp.where(fired, jnp.cumsum(fired, axis=0) - 1, size)
    neuron = jnp.arange(fired.shape[1])
    return jnp.full((fired.shape[1], size), jnp.inf).at[neuron, number].set(t[:, None], mode="drop")
