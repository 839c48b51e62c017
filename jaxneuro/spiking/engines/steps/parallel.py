"""All steps of neurons without a reset at once: their flow is linear, and linear maps can be composed in any grouping."""

from typing import Any

import jax
import jax.numpy as jnp

from ...neurons.base import Neuron


def resets(population: Neuron) -> bool:
    """Whether what a population has done bends its flow: by a reset, or by a state that is not linear."""
    return population.spikes and (population.reset is not None or population.refractory is not None)


def states_over_time(population: Neuron, state: Any, x: jax.Array, dt: float) -> Any:
    """The states after each step (time, ..., neuron) of a population without reset, given what arrives in each.

    s(t) = A s(t-1) + b(t) is composed by an associative scan, of logarithmic depth in the number of steps.

    Source: Blelloch (1990), CMU-CS-90-190, section 1.4; for spiking neurons Fang et al. (2023), NeurIPS 36: Parallel spiking
    neurons with high efficiency and ability to learn long-term dependencies.
    """
    leaves, tree = jax.tree.flatten(state)
    rest = jax.tree.map(jnp.zeros_like, population.initial())

    def step(state: Any, x: jax.Array) -> Any:
        return population.receive(population.flow(state, dt), x)

    nothing = jnp.zeros(population.size, x.dtype)
    fixed, push = jax.linearize(step, rest, nothing)
    moving = [k for k, leaf in enumerate(jax.tree.leaves(step(rest, nothing))) if leaf is not jax.tree.leaves(rest)[k]]

    def column(k: int) -> list:
        unit = tree.unflatten(
            [jnp.ones_like(r) if j == k else jnp.zeros_like(r) for j, r in enumerate(jax.tree.leaves(rest))]
        )
        pushed = jax.tree.leaves(push(unit, nothing))
        return [pushed[j] for j in moving]

    carried = jnp.stack([jnp.stack(column(k)) for k in moving], 1)  # (to, from, neuron)
    given = jax.tree.leaves(push(jax.tree.map(jnp.zeros_like, rest), nothing + 1))
    b = jnp.stack([jax.tree.leaves(fixed)[k] + given[k] * x for k in moving], 1)  # (time, to, ..., neuron)
    first = jnp.stack([jnp.broadcast_to(leaves[k], x.shape[1:]) for k in moving])
    b = b.at[0].add(jnp.einsum("ijn,j...n->i...n", carried, first))

    def compose(one: tuple, two: tuple) -> tuple:
        (a1, b1), (a2, b2) = one, two
        return jnp.einsum("tijn,tjkn->tikn", a2, a1), jnp.einsum("tijn,tj...n->ti...n", a2, b1) + b2

    maps = jnp.broadcast_to(carried, (x.shape[0], *carried.shape))
    _, series = jax.lax.associative_scan(compose, (maps, b))
    after = [jnp.broadcast_to(leaf, x.shape) for leaf in leaves]
    for j, k in enumerate(moving):
        after[k] = series[:, j]
    return tree.unflatten(after)
