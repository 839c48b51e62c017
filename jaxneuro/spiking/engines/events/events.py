"""The events engine: from event to event, exactly; spike times with exact derivatives."""

from typing import Any

import jax
import jax.numpy as jnp

from ....biophysics.network import SpikeTrains
from ....pytree import Pytree, static
from ...loops import loops
from ...network import INPUT, SpikingNetwork
from ...neurons.base import Neuron
from ...run import Response
from .arrivals import arrivals
from .eventprop import Course, courses, walk_reversibly
from .readout import integrate
from .walk import Group, walk_differentiably


class Events(Pytree):
    """Event by event: exact spike times, with derivatives by the implicit function theorem.

    Attributes:
        max_spikes: Room for the spikes of a neuron; one that would need more stops, and raises `Response.overflow`.
        sample: Interval at which potentials are sampled [ms].
        adjoint: "autodiff", forward and reverse through every step, or "eventprop", reverse only, with memory in the number of
            spikes and in as many steps as there are events.
        max_steps: Of "autodiff", bound on the steps of a group of populations that drive one another; by default as many as
            there can be.
    """

    max_spikes: int = static(default=16)
    sample: float = static(default=1.0)
    adjoint: str = static(default="autodiff")
    max_steps: int | None = static(default=None)

    def check(self, network: SpikingNetwork, inputs: Any, duration: float) -> None:
        del duration
        if self.adjoint not in ("autodiff", "eventprop"):
            raise ValueError(f"adjoint = {self.adjoint!r}: give 'autodiff' or 'eventprop'.")
        for name, population in network.populations.items():
            if population.reset is None:
                raise ValueError(f"population {name!r}: without a reset it would spike without end: give a reset.")
            if self.adjoint == "eventprop" and population.spikes and type(population).rewind is Neuron.rewind:
                raise ValueError(
                    f"population {name!r}: a {type(population).__name__} cannot be rewound: give adjoint='autodiff'."
                )
        if not isinstance(inputs, SpikeTrains):
            raise ValueError("Events takes spikes: give SpikeTrains, such as jn.spike_trains([1.0, 5.0], [2.0]).")

    def solve(self, network: SpikingNetwork, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        network = jax.tree.map(lambda x: jnp.asarray(x, float), network.dense())
        t = (jnp.arange(int(duration / self.sample + 1e-6)) + 1) * self.sample
        fired, voltage, final, full = {INPUT: jnp.asarray(inputs.times, float)}, {}, {}, [jnp.zeros(1, bool)]
        for names in loops(network):
            coming = {name: arrivals(network, name, fired) for name in names}
            if not network.populations[names[0]].spikes:
                name = names[0]
                voltage[name], final[name] = integrate(network.populations[name], coming[name], t, duration)
                continue
            grid = {name: t if name in record else t[:0] for name in names}
            for name, course in self._walk(network, coming, grid, duration).items():
                fired[name], voltage[name] = course.spikes, course.voltage
                final[name] = network.populations[name].flow(course.state, duration - course.clock)
                full.append(course.full)
        overflow = jnp.concatenate(full).any()
        spikes = {name: times for name, times in fired.items() if name != INPUT}
        voltage = {name: voltage[name] for name in record}
        finite = jnp.stack([~jnp.isnan(x).any() for x in (t, *spikes.values(), *voltage.values())]).all()
        return Response(spikes, {}, voltage, t, overflow, finite & ~overflow, final=final)

    def _walk(self, network: SpikingNetwork, coming: dict, grid: dict, duration: float) -> dict[str, Course]:
        group = Group(
            populations={name: network.populations[name] for name in coming},
            inner={n: c for n, c in network.connections.items() if c.pre in coming and c.post in coming},
            coming={name: arriving.in_order() for name, arriving in coming.items()},
            grid={name: jnp.append(t, jnp.inf) for name, t in grid.items()},
            duration=duration,
            max_spikes=self.max_spikes,
        )
        if self.adjoint == "eventprop":
            return walk_reversibly(group)
        return courses(walk_differentiably(group, self.max_steps))
