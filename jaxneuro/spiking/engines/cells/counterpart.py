"""Conductance-based cells in the place of spiking neurons: how a specification becomes a network of biophysics.

A neuron of the specification has its currents in units of its potential; its counterpart has them in nA:

    i [nA] = offset + gain (bias + Σ of synaptic currents)

With reversal potentials synapses are conductances instead, which carry the same current at the potential v_init of the cell:

    g [µS] = gain |weight| / |e - v_init|,   e = e_excitatory where the weight is positive, e_inhibitory where it is negative
"""

from typing import Any

import jax
import jax.numpy as jnp

from ....biophysics.membrane import Cell
from ....biophysics.network import Exponential, ExponentialCurrent, Population, Projection, SpikeTrains, connect
from ....biophysics.network import Network as Circuit
from ....biophysics.published import Leak
from ....biophysics.stimuli import Stimulus, constant, inject, per_cell
from ....pytree import Editable, Pytree, parameter
from ....units import NANOAMPERE_PER_SQUARE_MICROMETRE
from ...network import INPUT, Connection, SpikingNetwork


class Counterpart(Editable):
    """A conductance-based cell that stands for each neuron of a population. Every number is a parameter.

    The specification gives weights, delays, bias and the time constant of synapses; membrane, threshold, reset and refractory
    period are the cell's own. `match` finds the numbers that make it answer as the specified neuron does.

    Attributes:
        cell: A `Cell`.
        gain: Current for each unit of the neuron's synaptic current: one number or (neuron,) [nA].
        offset: Constant current, one number or (neuron,) [nA].
        tau_syn: Time constant of synapses [ms]; the neuron's own by default.
        reversal: Reversal potentials of excitatory and inhibitory synapses [mV]; None for synapses that are currents.
        threshold: It spikes when its voltage rises through this [mV].
    """

    cell: Cell
    gain: Any = parameter(default=1.0, unit="nA")
    offset: Any = parameter(default=0.0, unit="nA")
    tau_syn: Any = parameter(default=None, unit="ms", above=0.0)
    reversal: tuple[Any, Any] | None = parameter(default=None, unit="mV")
    threshold: Any = parameter(default=0.0, unit="mV")

    @property
    def compartments(self) -> int:
        """Number of compartments of the cell."""
        return self.cell.compartments

    def population(self, neuron: Any) -> Population:
        """The cells."""
        return Population(self.cell, neuron.size, threshold=self.threshold)

    def stimulus(self, neuron: Any) -> Stimulus:
        """The constant current into each cell."""
        bias = self.offset + self.gain * neuron.bias
        return per_cell(jax.vmap(lambda i: inject(constant(i)))(jnp.broadcast_to(bias, (neuron.size,))))

    def synapses(self, neuron: Any, weight: Any) -> dict[str, tuple[Exponential, jax.Array]]:
        """Synapses onto it by kind, each with its weights (pre, post) [nA or µS]."""
        tau, weight = neuron.tau_syn if self.tau_syn is None else self.tau_syn, self.gain * weight
        if self.reversal is None:
            return {"current": (ExponentialCurrent(tau), weight)}
        signs = {"excitatory": (1.0, self.reversal[0]), "inhibitory": (-1.0, self.reversal[1])}
        return {
            kind: (Exponential(tau, e), jnp.maximum(sign * weight, 0.0) / jnp.abs(e - self.cell.v_init))
            for kind, (sign, e) in signs.items()
        }


class Readout(Pytree):
    """The counterpart of a leaky integrator: a membrane of leak alone, in the units of the specification."""

    tau_syn = None  # the neuron's own

    def population(self, neuron: Any) -> Population:
        """One passive membrane for each unit: of 1 µF/cm², 1 nA being 1 µA/cm²."""
        own = {"leak.g_max": jnp.broadcast_to(1.0 / neuron.tau, (neuron.size,)),
               "leak.e": jnp.broadcast_to(neuron.bias, (neuron.size,))}  # fmt: skip
        membrane = Cell({"leak": Leak()}, area=(NANOAMPERE_PER_SQUARE_MICROMETRE,), v_init=0.0)
        return Population(membrane, neuron.size, varying=own, threshold=jnp.inf)

    def stimulus(self, neuron: Any) -> None:
        """None: its bias is the reversal potential of the leak."""

    def synapses(self, neuron: Any, weight: Any) -> dict[str, tuple[Exponential, jax.Array]]:
        """Its synapses, which are currents."""
        return {"current": (ExponentialCurrent(neuron.tau_syn), weight / neuron.tau)}


def circuit(
    network: SpikingNetwork, inputs: SpikeTrains, counterparts: dict[str, Any], dt: float
) -> tuple[Circuit, dict]:
    """The network of biophysics that a specification stands for, and the stimulus of its populations.

    A cell's spike is only found at the end of its step, so a delay from one cell to another that is shorter than a step becomes
    one, which leaves derivatives as they are.
    """
    populations: dict[str, Any] = {name: c.population(network.populations[name]) for name, c in counterparts.items()}
    stimuli = {name: c.stimulus(network.populations[name]) for name, c in counterparts.items()}
    projections = {}
    for name, connection in network.connections.items():
        post = network.populations[connection.post]
        for kind, (synapse, weight) in counterparts[connection.post].synapses(post, connection.weight).items():
            projections[f"{name} {kind}"] = _projection(connection, synapse, weight, dt)
    return (
        Circuit({INPUT: inputs, **populations}, projections),
        {name: stimulus for name, stimulus in stimuli.items() if stimulus is not None},
    )


def _projection(connection: Connection, synapse: Exponential, weight: jax.Array, dt: float) -> Projection:
    delay, longest = jnp.broadcast_to(connection.delay, weight.shape), connection.max_delay or 0.0
    if connection.pre != INPUT:
        delay, longest = delay + jax.lax.stop_gradient(jnp.maximum(dt - delay, 0.0)), max(longest, dt)
    edges = connect.all_to_all(*weight.shape)
    return Projection(connection.pre, connection.post, synapse, edges, weight.ravel(), delay.ravel(), max_delay=longest)
