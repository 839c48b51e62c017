"""How the readout's error reaches neurons: weights from its units to the neurons of each population (neuron, unit)."""

from typing import Any

import jax
import jax.numpy as jnp

from ..network import INPUT, SpikingNetwork


def symmetric_feedback(network: SpikingNetwork) -> dict[str, jax.Array]:
    """The weights from each population to the readout."""
    into: dict[str, Any] = {}
    for connection in network.into(network.readout).values():
        if connection.pre != INPUT:
            into[connection.pre] = into.get(connection.pre, 0.0) + connection.weight
    return into


def random_feedback(key: jax.Array, network: SpikingNetwork) -> dict[str, jax.Array]:
    """Normal feedback to every spiking population, of variance 1 / number of neurons.

    Source: Lillicrap et al. (2016), Nat. Commun. 7:13276.
    """
    names = [name for name, population in network.populations.items() if population.spikes]
    units = network.size(network.readout)
    shapes = {name: (network.size(name), units) for name in names}
    keys = dict(zip(names, jax.random.split(key, len(names)), strict=True))
    return {name: jax.random.normal(keys[name], shape) / shape[0] ** 0.5 for name, shape in shapes.items()}


def one_feedback(network: SpikingNetwork) -> dict[str, jax.Array]:
    """The same feedback to every neuron: one third factor for the whole network."""
    units = network.size(network.readout)
    return {name: jnp.ones((p.size, units)) for name, p in network.populations.items() if p.spikes}
