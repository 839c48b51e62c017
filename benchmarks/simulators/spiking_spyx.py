"""Spyx's part of the speed of spiking networks: layers composed by its `Sequential`, time by its `run`."""

import jax
import jax.numpy as jnp
import spyx.axn
import spyx.nn
from flax import nnx

from benchmarks.simulators import spiking_problem as problem
from benchmarks.simulators.spiking_jax import measured


def layers(size: int, steps: int) -> dict:
    """Forward, and the gradient by all weights of the squared error of rates."""
    rngs, parts = nnx.Rngs(0), []
    for weight in problem.weights(size):
        dense = nnx.Linear(size, size, use_bias=False, rngs=rngs)
        dense.kernel = nnx.Param(jnp.asarray(weight))
        activation = spyx.axn.superspike(problem.SHARPNESS)
        parts += [dense, spyx.nn.LIF((size,), beta=problem.DECAY, activation=activation, rngs=rngs)]
    graph, weights, rest = nnx.split(spyx.nn.Sequential(*parts), nnx.PathContains("kernel"), ...)
    spikes, wanted = map(jnp.asarray, problem.inputs(size, steps))

    def run(weights, spikes: jax.Array) -> jax.Array:
        return spyx.nn.run(nnx.merge(graph, weights, rest), spikes)[0]

    def loss(weights, spikes: jax.Array, wanted: jax.Array) -> jax.Array:
        return jnp.mean((run(weights, spikes).mean(0) - wanted) ** 2)

    return {"gradient": measured(jax.grad(loss), weights, spikes, wanted), "forward": measured(run, weights, spikes)}
