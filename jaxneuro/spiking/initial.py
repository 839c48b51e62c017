"""Networks of layers, with weights to begin with: potentials wander up to the threshold, whatever the neurons are made of."""

import itertools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from .network import INPUT, Connection, SpikingNetwork
from .neurons.base import Neuron

ANSWER = 0.5  # deviation of a readout's potential: small beside 1, so that no answer is preferred at the start


def feedforward(
    key: jax.Array,
    inputs: int,
    layers: Mapping[str, Neuron],
    *,
    mean: float = 0.0,
    spread: float | None = None,
    rate: float = 10.0,
    recurrent: tuple[str, ...] = (),
    delay: Any = 0.0,
) -> SpikingNetwork:
    """Layers one after the other, the last being the readout, with normal weights.

    Args:
        key: Random key.
        inputs: Number of input channels.
        layers: Populations by name, from the first to the last.
        mean: Mean of the weights, times the number of presynaptic neurons.
        spread: Standard deviation of the weights, times the root of the number of presynaptic neurons. By default what makes
            potentials wander up to the threshold (see `fluctuating`), so that many layers spike and learn: weights of the order
            of 1, which Adam learns at rates of about 1e-2.
        rate: What each input channel and neuron is expected to spike at, for the default spread [Hz].
        recurrent: Names of the layers that also connect to themselves, with mean 0.
        delay: Delay of all connections [ms].

    Returns:
        The network; the connection into a layer has the layer's name, one within a layer `<name>_recurrent`.
    """
    names, connections = [INPUT, *layers], {}
    sizes = {INPUT: inputs, **{name: layer.size for name, layer in layers.items()}}
    pairs = [*itertools.pairwise(names), *((name, name) for name in recurrent)]
    for pair_key, (pre, post) in zip(jax.random.split(key, len(pairs)), pairs, strict=True):
        centre = 0.0 if pre == post else mean / sizes[pre]
        into = sum(other == post for _, other in pairs)
        wide = fluctuating(layers[post], rate) / into**0.5 if spread is None else spread
        noise = jax.random.normal(pair_key, (sizes[pre], sizes[post])) * wide / sizes[pre] ** 0.5
        connections[f"{post}_recurrent" if pre == post else post] = Connection(pre, post, centre + noise, delay)
    return SpikingNetwork(inputs, dict(layers), connections, names[-1])


def fluctuating(neuron: Neuron, rate: float) -> Any:
    """Standard deviation of weights of mean 0, times the root of the number of presynaptic neurons.

    With it the potential has a standard deviation as large as threshold - rest - bias: sigma² = n sigma_w² rate ∫ response². The
    integral is tau_syn² / (2 (tau + tau_syn)) for synaptic currents and tau / 2 for instantaneous synapses; without leak tau is
    one interval between spikes. A readout has 0.5 in place of a threshold. For a neuron whose threshold is not in its potential,
    such as QIF, it is 1.

    Args:
        neuron: The postsynaptic population.
        rate: Of each presynaptic neuron [Hz].

    Raises:
        ValueError: for a rate that is not positive.

    Source: Rossbroich, Gygax & Zenke (2022), Neuromorph. Comput. Eng. 2:044016, eqs. 9 to 13 with ξ = 1.
    """
    if not rate > 0:
        raise ValueError(f"rate = {rate} Hz: give the positive rate of a presynaptic neuron.")
    if neuron.spikes and neuron.threshold is None:
        return 1.0
    tau, synapse = _mean(1e3 / rate if neuron.tau is None else neuron.tau), neuron.tau_syn
    charge = 0.5 * tau if synapse is None else _mean(synapse) ** 2 / (2 * (tau + _mean(synapse)))
    return _margin(neuron) / jnp.sqrt(rate * 1e-3 * charge)


def _margin(neuron: Neuron) -> Any:
    """How far the threshold is from where the potential settles, or, of a pacemaker, from the reset."""
    if not neuron.spikes:
        return ANSWER
    margin = _mean(neuron.threshold) - (0.0 if neuron.tau is None else _mean(neuron.rest) + _mean(neuron.bias))
    span = jnp.abs(_mean(neuron.threshold) - (0.0 if neuron.reset is None else _mean(neuron.reset)))
    return jnp.where(margin > 0.1 * span, margin, jnp.where(span > 0, span, 1.0))


def _mean(values: Any) -> jax.Array:
    return jnp.mean(jnp.asarray(values, float))
