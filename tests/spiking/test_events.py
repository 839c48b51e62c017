"""Exact spike times: against closed forms, and at every kind of coincidence."""

import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro import spiking


def one(neuron: spiking.Neuron, weights, delay=0.0) -> spiking.Network:
    """One neuron and one input channel for each weight."""
    weight = jnp.asarray(weights, float).reshape(-1, 1)
    return spiking.Network(weight.shape[0], {"n": neuron}, {"w": spiking.Connection("input", "n", weight, delay)}, "n")


def spikes(network: spiking.Network, *trains, duration: float = 100.0, max_spikes: int = 16) -> np.ndarray:
    response = spiking.run(
        network, jn.spike_trains(*trains), duration=duration, engine=spiking.Events(max_spikes=max_spikes)
    )
    times = np.asarray(response.spikes["n"][0])
    return times[np.isfinite(times)]


def test_simultaneous_inputs_are_added():
    assert spikes(one(spiking.LIF(1), [0.6, 0.6]), [5.0], [5.0]).tolist() == [5.0]
    assert spikes(one(spiking.LIF(1), [2.0, -2.0]), [5.0], [5.0]).size == 0
