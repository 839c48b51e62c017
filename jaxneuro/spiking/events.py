"""The events engine: from event to event, exactly; spike times with exact derivatives."""

from typing import Any

import jax.numpy as jnp

from ..biophysics.spike_trains import SpikeTrains
from ..pytree import Pytree, static
from .arrivals import arrivals
from .groups import groups
from .network import INPUT, Network
from .run import Response
from .walk import walk


class Events(Pytree):
    """Event by event: exact spike times, with derivatives by the implicit function theorem, forward and reverse.

    Attributes:
        max_spikes: Room for the spikes of a neuron; one more raises `Response.overflow`.
        sample: Interval at which voltages are sampled [ms].
        max_steps: Bound on the steps of a group of populations that drive one another; by default as many as there can be.
    """

    max_spikes: int = static(default=16)
    sample: float = static(default=1.0)
    max_steps: int | None = static(default=None)

    def check(self, network: Network, inputs: Any, duration: float) -> None:
        del network, duration
        if not isinstance(inputs, SpikeTrains):
            raise ValueError("Events takes spikes: give SpikeTrains, such as jn.spike_trains([1.0, 5.0], [2.0]).")

    def solve(self, network: Network, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        t = (jnp.arange(int(duration / self.sample + 1e-6)) + 1) * self.sample
        fired = {INPUT: jnp.asarray(inputs.times)}
        voltage, final, overflow = {}, {}, jnp.zeros((), bool)
        for group in groups(network):
            coming = {name: arrivals(network, name, fired) for name in group}
            grid = {name: t if name in record else t[:0] for name in group}
            result = walk(network, coming, grid, duration, self.max_spikes, self.max_steps)
            fired |= {name: result[name].spikes[:, :-1] for name in group}
            voltage |= {name: result[name].voltage[:-1] for name in group if name in record}
            for name, one in result.items():
                overflow = overflow | one.overflow
                final[name] = network.populations[name].flow(one.state, duration - one.clock)
        spikes = {name: fired[name] for name, population in network.populations.items() if population.spikes}
        finite = jnp.stack([~jnp.isnan(x).any() for x in (*spikes.values(), *voltage.values(), jnp.zeros(()))]).all()
        voltage = {name: voltage[name] for name in record}
        return Response(spikes, {}, voltage, t, overflow, finite & ~overflow, final=final)
