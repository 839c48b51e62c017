"""Weights to begin with: so large that the potential of a neuron wanders up to its threshold, whatever it is made of."""

from typing import Any

import jax.numpy as jnp

from .neurons.base import Neuron

ANSWER = 0.5  # deviation of a readout's potential: small beside 1, so that no answer is preferred at the start


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
    if neuron.spikes and not hasattr(neuron, "threshold"):
        return 1.0
    mean = lambda name, default: jnp.mean(jnp.asarray(getattr(neuron, name, default), float))
    tau = mean("tau", 1e3 / rate)
    synapse = getattr(neuron, "tau_syn", None)
    charge = 0.5 * tau if synapse is None else mean("tau_syn", 0.0) ** 2 / (2 * (tau + mean("tau_syn", 0.0)))
    return _margin(neuron, mean) / jnp.sqrt(rate * 1e-3 * charge)


def _margin(neuron: Neuron, mean: Any) -> Any:
    """How far the threshold is from where the potential settles, or, of a pacemaker, from the reset."""
    if not neuron.spikes:
        return ANSWER
    leaky = hasattr(neuron, "tau")
    margin = mean("threshold", 1.0) - (mean("rest", 0.0) + mean("bias", 0.0) if leaky else 0.0)
    reset = getattr(neuron, "reset", None)
    span = jnp.abs(mean("threshold", 1.0) - (0.0 if reset is None else mean("reset", 0.0)))
    return jnp.where(margin > 0.1 * span, margin, jnp.where(span > 0, span, 1.0))
