"""The engine of conductance-based cells: the same specification, with biophysics in the place of its neurons."""

from typing import Any

import jax
import jax.numpy as jnp

from ....biophysics.network import SpikeTrains
from ....crossings import crossing_times
from ....pytree import Pytree, static
from ....simulate import simulate
from ...network import SpikingNetwork
from ...run import Response
from .counterpart import Counterpart, Readout, circuit


class Conductance(Pytree):
    """Spiking neurons are cells of conductances, leaky integrators passive membranes.

    Spike times are the crossings of the threshold, exact to the order of the solver (second) and differentiable by the implicit
    function theorem, in weights, delays, time constants and every parameter of the cells, forward and in reverse.

    Attributes:
        counterparts: The `Counterpart` of each spiking population by name, or one for all.
        dt: Step [ms].
        max_spikes: Room for so many spikes of each neuron.
    """

    counterparts: Any
    dt: float = static(default=0.025)
    max_spikes: int = static(default=16)

    def of(self, network: SpikingNetwork) -> dict[str, Any]:
        """What stands for each population, by name."""
        alike = isinstance(self.counterparts, Counterpart)
        given = dict.fromkeys(network.populations, self.counterparts) if alike else self.counterparts
        return {name: given.get(name) if p.spikes else Readout() for name, p in network.populations.items()}

    def check(self, network: SpikingNetwork, inputs: Any, duration: float) -> None:
        """Refuse what cannot be run.

        Raises:
            ValueError: with the value, the rule and the fix.
        """
        del duration
        if not isinstance(inputs, SpikeTrains):
            raise ValueError("conductance-based cells take spikes at given times: give inputs as SpikeTrains.")
        if self.max_spikes < 1:
            raise ValueError(f"max_spikes = {self.max_spikes}: give room for at least 1 spike of each neuron.")
        for name, counterpart in self.of(network).items():
            neuron = network.populations[name]
            if not isinstance(counterpart, (Counterpart, Readout)):
                raise ValueError(f"population {name!r} has no cell: give counterparts={{{name!r}: Counterpart(cell)}}.")
            if counterpart.tau_syn is None and neuron.tau_syn is None:
                raise ValueError(
                    f"population {name!r}: a {type(neuron).__name__} has no tau_syn, and synapses of a cell need one: give "
                    "Counterpart(..., tau_syn=5.0) [ms]."
                )  # fmt: skip
        for name, connection in network.connections.items():
            if connection.max_delay is None:
                raise ValueError(f"connection {name!r}: its delay is traced: give max_delay, a number of ms.")

    def solve(self, network: SpikingNetwork, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        cells, stimuli = circuit(network.dense(), inputs, self.of(network), self.dt)
        spiking = [name for name, population in network.populations.items() if population.spikes]
        wanted = {name: f"{name}.v" for name in (*spiking, *record)}
        run = simulate(cells, stimuli, duration=duration, dt=self.dt, record=tuple(wanted.values()))
        voltage = {name: run[what][:, :, 0] for name, what in wanted.items()}
        spikes, overflow = {}, jnp.asarray(False)
        for name in spiking:
            level = cells.cells[name].threshold
            find = lambda v, level=level: crossing_times(run.t, v, level, self.max_spikes)
            spikes[name], count = jax.vmap(find, in_axes=1)(voltage[name])
            overflow = overflow | jnp.any(count > self.max_spikes)
        return Response(spikes, {}, {name: voltage[name] for name in record}, run.t, overflow, run.ok & ~overflow)
