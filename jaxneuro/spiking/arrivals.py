"""Spikes on their way to a population, in the order of their arrival."""

import jax
import jax.numpy as jnp

from ..pytree import Pytree
from .network import Network


class Arrivals(Pytree):
    """What comes to each neuron of a population from outside its group.

    Attributes:
        t: Times of arrival, increasing, the last infinite (arrival, neuron) [ms].
        weight: What arrives (arrival, neuron).
    """

    t: jax.Array
    weight: jax.Array

    def at(self, taken: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Time and weight of the next arrival at each neuron, after as many as were taken (neuron,)."""
        take = lambda x: jnp.take_along_axis(x, taken[None], axis=0)[0]
        return take(self.t), take(self.weight)


def arrivals(network: Network, post: str, fired: dict[str, jax.Array]) -> Arrivals:
    """The arrivals at a population of the spikes that have been computed, by the name of who fired them (neuron, spike) [ms]."""
    size = network.size(post)
    t, weight = [jnp.full((1, size), jnp.inf)], [jnp.zeros((1, size))]
    for connection in network.into(post).values():
        if connection.pre in fired:
            times = fired[connection.pre]
            shape = (*times.shape, size)
            delay = jnp.broadcast_to(connection.delay, (times.shape[0], size))
            t.append((times[:, :, None] + delay[:, None, :]).reshape(-1, size))
            weight.append(jnp.broadcast_to(jnp.asarray(connection.weight)[:, None, :], shape).reshape(-1, size))
    times, weights = jnp.concatenate(t), jnp.concatenate(weight)
    order = jnp.argsort(jax.lax.stop_gradient(times), axis=0)
    return Arrivals(jnp.take_along_axis(times, order, axis=0), jnp.take_along_axis(weights, order, axis=0))
