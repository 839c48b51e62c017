"""What an inference costs on a chip: operations of a spiking network, and of the dense network of the same layers.

A spike is an addition at each of its synapses; a dense layer multiplies and adds at all of them. In a clocked machine every
neuron also decays in every step, spike or not, which often costs more than the spikes. Memory and communication, which
cost more than arithmetic in any machine (10 pJ for 64 bits from 8 kB, a nanojoule and more from DRAM), are not counted.

Source: Horowitz (2014), Computing's energy problem, ISSCC, p. 10: 45 nm at 0.9 V.
"""

import jax
import jax.numpy as jnp

from ..biophysics.network import SpikeTrains
from ..pytree import Pytree
from .inputs import Inputs
from .network import INPUT, SpikingNetwork
from .run import Response

JOULES = {  # precision: an addition, a multiplication [J]
    "float32": (0.9e-12, 3.7e-12),
    "float16": (0.4e-12, 1.1e-12),
    "int32": (0.1e-12, 3.1e-12),
    "int8": (0.03e-12, 0.2e-12),
}
VARIABLES = 2  # of a neuron that decay: potential and synaptic current


class Operations(Pytree):
    """Operations of one inference.

    Attributes:
        spikes: Number of spikes by population, those of the input included.
        synaptic: Synaptic operations: additions, one for each spike and each synapse of nonzero weight that it reaches.
        updates: Multiply–accumulates by which neurons decay: one for each step, neuron and variable; 0 if only events cost.
        dense: Multiply–accumulates of one pass through dense layers with the same connections.
    """

    spikes: dict[str, jax.Array]
    synaptic: jax.Array
    updates: jax.Array
    dense: jax.Array


class Energy(Pytree):
    """Arithmetic energy of one inference [J].

    Attributes:
        spiking: Of the spiking network.
        dense: Of the dense network.
    """

    spiking: jax.Array
    dense: jax.Array

    @property
    def ratio(self) -> jax.Array:
        """How many times more the dense network costs."""
        return self.dense / self.spiking


def operations(network: SpikingNetwork, inputs: Inputs, response: Response, *, steps: int = 0) -> Operations:
    """Count the operations of one inference; `jax.vmap` for many.

    Args:
        network: The specification.
        inputs: What it was given: `SpikeTrains`, or numbers on a grid (time, channel), each nonzero one a spike.
        response: What it did.
        steps: Steps of a clocked machine, in which all neurons decay; 0 for one that computes at events only.
    """
    given = (
        jnp.isfinite(inputs.times).sum(-1) if isinstance(inputs, SpikeTrains) else (jnp.asarray(inputs) != 0).sum(-2)
    )
    counts = {INPUT: given} | {name: jnp.isfinite(times).sum(-1) for name, times in response.spikes.items()}
    zero, synaptic, dense = jnp.zeros(()), jnp.zeros(()), jnp.zeros(())
    for connection in network.dense().connections.values():
        synapses = (jnp.asarray(connection.weight) != 0).sum(1)
        synaptic = synaptic + counts[connection.pre] @ synapses
        dense = dense + jnp.size(connection.weight)
    neurons = sum(population.size for population in network.populations.values())
    updates = zero + steps * VARIABLES * neurons
    return Operations({name: count.sum() for name, count in counts.items()}, synaptic, updates, dense)


def energy(counted: Operations, precision: str = "float32", *, passes: int = 1) -> Energy:
    """The arithmetic energy of what was counted.

    Args:
        counted: From `operations`.
        precision: `float32`, `float16`, `int32` or `int8`.
        passes: Passes of the dense network: one for a static input, one for each frame of a sequence.

    Raises:
        KeyError: for a precision without a figure.
    """
    if precision not in JOULES:
        raise KeyError(f"precision = {precision!r}: there are figures for {', '.join(JOULES)}.")
    add, multiply = JOULES[precision]
    spiking = add * counted.synaptic + (add + multiply) * counted.updates
    return Energy(spiking, (add + multiply) * passes * counted.dense)
