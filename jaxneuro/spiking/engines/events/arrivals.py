"""Spikes on their way to a population from outside its group."""

import jax
import jax.numpy as jnp

from ....pytree import Pytree
from ...network import SpikingNetwork


class Arrivals(Pytree):
    """What comes to the neurons of a population.

    Attributes:
        t: Times of arrival (arrival, neuron), or (arrival, 1) where they are the same for all neurons [ms].
        source: Whose spike it is, a row of `weight`, in the same shape as t.
        weight: What a spike of each source adds (source, neuron).
    """

    t: jax.Array
    source: jax.Array
    weight: jax.Array

    def at(self, taken: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Time, and row of `weight`, of an arrival at each neuron, given the number of those before it (neuron,)."""
        column = jnp.arange(taken.shape[0]) if self.t.shape[1] > 1 else jnp.zeros_like(taken)
        return self.t[taken, column], self.source[taken, column]

    def in_order(self) -> "Arrivals":
        """The arrivals at each neuron by time, and behind them one that never comes."""
        order = jnp.argsort(jax.lax.stop_gradient(self.t), axis=0)
        pick = lambda x: jnp.take_along_axis(x, order, axis=0)
        never, nobody = jnp.full_like(self.t[:1], jnp.inf), jnp.zeros_like(self.source[:1])
        return Arrivals(jnp.append(pick(self.t), never, 0), jnp.append(pick(self.source), nobody, 0), self.weight)


def arrivals(network: SpikingNetwork, post: str, fired: dict[str, jax.Array]) -> Arrivals:
    """The arrivals at a population of spikes that are known, in no order.

    Args:
        network: The network.
        post: The population.
        fired: Spike times of populations and inputs by name (neuron, spike) [ms].
    """
    connections = [c for c in network.into(post).values() if c.pre in fired]
    alike = all(jnp.ndim(c.delay) == 0 or jnp.shape(c.delay)[-1] == 1 for c in connections)
    columns, rows = 1 if alike else network.size(post), 0
    t, source, weight = (
        [jnp.zeros((0, columns))],
        [jnp.zeros((0, columns), jnp.int32)],
        [jnp.zeros((1, network.size(post)))],
    )
    for c in connections:
        times = fired[c.pre]
        delay = jnp.broadcast_to(c.delay, (times.shape[0], columns))
        t.append((times[:, :, None] + delay[:, None, :]).reshape(-1, columns))
        row = rows + jnp.arange(times.shape[0], dtype=jnp.int32)
        source.append(jnp.broadcast_to(row[:, None, None], (*times.shape, columns)).reshape(-1, columns))
        weight.insert(-1, jnp.asarray(c.weight, float))
        rows += times.shape[0]
    return Arrivals(jnp.concatenate(t), jnp.concatenate(source), jnp.concatenate(weight))
