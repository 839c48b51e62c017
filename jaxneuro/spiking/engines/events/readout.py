"""Populations that never spike. Their equations are linear: arrivals add up in any order, without a loop over them."""

from typing import Any

import jax
import jax.numpy as jnp

from ...neurons.base import Neuron
from .arrivals import Arrivals


def integrate(population: Neuron, arrivals: Arrivals, t: jax.Array, duration: float) -> tuple[jax.Array, Any]:
    """The potential of a population that never spikes, at regular times (sample, neuron), and its state at the end.

    What arrives in an interval is carried to its end, each arrival by itself, and added; then from interval to interval.

    Args:
        population: The population.
        arrivals: What comes, in any order.
        t: Times at equal distances, that from 0 included (sample,) [ms].
        duration: Length of the run [ms].
    """
    rest, neuron = population.initial(), jnp.arange(population.size)
    zero = jax.tree.map(jnp.zeros_like, rest)
    ends = jnp.append(t, duration)
    slot = jnp.searchsorted(ends, jax.lax.stop_gradient(arrivals.t))
    some = slot < ends.shape[0]
    left = jnp.where(some, ends[jnp.where(some, slot, 0)] - jnp.where(some, arrivals.t, 0.0), 0.0)

    def carried(weight: jax.Array, left: jax.Array) -> Any:
        after = population.flow(population.receive(zero, weight), left)
        return jax.tree.map(lambda x, y: x - y, after, population.flow(zero, left))

    left = jnp.broadcast_to(left, (left.shape[0], population.size))
    parts = jax.vmap(carried)(arrivals.weight[arrivals.source, neuron], left)
    where = slot[:, 0] if slot.shape[1] == 1 else (slot, neuron)  # rows, if all neurons receive at the same times
    rows, tree = jax.tree.flatten(parts)
    sums = (
        jnp.zeros((ends.shape[0], population.size, len(rows)), left.dtype)
        .at[where]
        .add(jnp.stack(rows, -1), mode="drop")
    )
    sums = jax.tree.unflatten(tree, jnp.unstack(sums, axis=-1))

    def step(state: Any, passed: tuple) -> tuple:
        state = jax.tree.map(jnp.add, population.flow(state, passed[0]), passed[1])
        return state, state.v

    final, v = jax.lax.scan(step, rest, (jnp.diff(ends, prepend=0.0), sums))
    return v[:-1], final
