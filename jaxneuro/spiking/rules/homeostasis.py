"""Homeostasis: neurons that keep their rate by what they receive or by when they spike."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar, Values
from ...pytree import Pytree


class RateKeeper(Pytree):
    """Base class of rules that compare a neuron's rate, averaged with an exponential, with what it should be.

    Attributes:
        target: Rate to be kept [Hz].
        tau: Time over which the rate is averaged [ms].
        rate: Speed of what keeps it.
    """

    target: Values = 5.0
    tau: Values = 1000.0
    rate: Values = 1e-5

    def start(self, pre: int, post: int) -> jax.Array:
        """The activity: as it should be."""
        del pre
        return jnp.zeros(post) + self.target

    def averaged(self, activity: jax.Array, spikes: jax.Array, dt: Scalar) -> jax.Array:
        """The averaged rate a time dt later [Hz]."""
        return activity * jnp.exp(-dt / self.tau) + spikes * 1e3 / self.tau


class SynapticScaling(RateKeeper):
    """All weights into a neuron are multiplied, up where it is less active than it should be: dw/dt = rate w (target - activity).

    Activity is the neuron's rate, averaged with an exponential. Weights keep their signs and their ratios.

    Attributes:
        target: Rate to be kept [Hz].
        tau: Time over which the rate is averaged [ms].
        rate: Speed of scaling [1 / (Hz ms)].

    Source: Turrigiano et al. (1998), Nature 391:892; van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812.
    """

    def update(
        self, activity: jax.Array, pre: jax.Array, post: jax.Array, weight: jax.Array, dt: Scalar, reward: Any = None
    ) -> tuple[jax.Array, jax.Array]:
        """The activity and the weights (pre, post) a time dt [ms] later, with the spikes at its end (post,)."""
        del pre, reward
        activity = self.averaged(activity, post, dt)
        return activity, weight * jnp.exp(self.rate * (self.target - activity) * dt)


class IntrinsicThreshold(RateKeeper):
    """The threshold rises where a neuron is more active than it should be: dthreshold/dt = rate (activity - target).

    Attributes:
        target: Rate to be kept [Hz].
        tau: Time over which the rate is averaged [ms].
        rate: Speed [units of the threshold / (Hz ms)].

    Source: Lazar, Pipa & Triesch (2009), Front. Comput. Neurosci. 3:23 (intrinsic plasticity), with an averaged rate.
    """

    def update(
        self, activity: jax.Array, pre: Any, post: jax.Array, threshold: jax.Array, dt: Scalar, reward: Any = None
    ) -> tuple[jax.Array, jax.Array]:
        """The activity and the thresholds (post,) a time dt [ms] later, with the spikes at its end (post,)."""
        del pre, reward
        activity = self.averaged(activity, post, dt)
        return activity, threshold + self.rate * (activity - self.target) * dt
