"""What a network should be like apart from its answers: responses of a batch (leading axis) and the network to one number."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree, static
from ..network import Connection, SpikingNetwork
from ..run import Response
from .decoders import spike_counts

__all__ = ["RateRange", "Silence"]


def __dir__() -> list[str]:
    return __all__


class RateRange(Pytree):
    """Squared distance of each neuron's mean number of spikes from a range; needs trains, that is `FixedStep`.

    Attributes:
        population: Name of the population.
        low, high: The range [spikes a sample].
        strength: Weight of the mean over neurons.

    Source: Zenke & Vogels (2021), Neural Comput. 33:899, eqs. 13 and 14.
    """

    population: str = static()
    low: Values = 0.0
    high: Any = jnp.inf
    strength: Any = 1e-3

    def __call__(self, responses: Response, network: SpikingNetwork) -> jax.Array:
        del network
        if self.population not in responses.trains:
            raise ValueError(
                f"RateRange({self.population!r}) has no derivative by exact spike times: use Silence, or FixedStep."
            )
        count = jnp.mean(jax.vmap(lambda r: spike_counts(r, self.population))(responses), axis=0)
        outside = jnp.maximum(self.low - count, 0) + jnp.maximum(count - self.high, 0)
        return self.strength * jnp.mean(outside**2)


class Silence(Pytree):
    """Raises all weights into neurons that are silent in too many samples: a derivative where exact spike times have none.

    The value is -strength × the sum over such neurons of their mean incoming weight, so each of their weights grows alike.

    Attributes:
        population: Name of the population.
        spiking: Share of the samples of a batch in which a neuron should spike.
        strength: Weight of the term.

    Source: the rule for missing spikes of Göltz et al. (2021), Nat. Mach. Intell. 3:823, methods.
    """

    population: str = static()
    spiking: Values = 0.7
    strength: Values = 0.1

    def __call__(self, responses: Response, network: SpikingNetwork) -> jax.Array:
        alive = jnp.mean(jax.vmap(lambda r: spike_counts(r, self.population))(responses) > 0, axis=0)
        lacking = jax.lax.stop_gradient(jnp.maximum(self.spiking - alive, 0) > 0)
        into = sum(_mean_into(c) for c in network.into(self.population).values())
        return -self.strength * jnp.sum(jnp.where(lacking, into, 0.0))


def _mean_into(connection: Connection) -> jax.Array:
    """The mean weight into each postsynaptic neuron (post,)."""
    pre, _ = connection.sizes
    return connection.through(jnp.full((pre,), 1.0 / pre))
