"""Real-time recurrent learning: the gradient carried forward with the state."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from ...pytree import Pytree
from ..engines.steps import Carry, FixedStep
from ..inputs import Inputs
from ..network import SpikingNetwork
from .learning import Loss, samples, steps_per_sample


class RTRL(Pytree):
    """The gradient of backpropagation through time, without going back: memory is states × parameters, whatever the duration.

    P(t) = ds(t)/dθ follows the state s(t) = f(s(t-1), θ):  P(t) = ∂f/∂s P(t-1) + ∂f/∂θ.

    Attributes:
        engine: The steps, and the surrogate that is the spikes' derivative.

    Source: Williams & Zipser (1989), Neural Comput. 1:270.
    """

    engine: FixedStep = FixedStep()

    def value_and_gradient(
        self, network: SpikingNetwork, inputs: Inputs, targets: Any, loss: Loss, duration: float
    ) -> tuple[jax.Array, SpikingNetwork]:
        parameters, as_network = ravel_pytree(network)
        state, as_carry = ravel_pytree(self.engine.start(network))

        def begin(parameters: jax.Array) -> jax.Array:
            return ravel_pytree(self.engine.start(as_network(parameters)))[0]

        def advance(parameters: jax.Array, state: jax.Array, row: jax.Array) -> jax.Array:
            carry: Carry = as_carry(state)
            return ravel_pytree(self.engine.step(as_network(parameters), carry, row)[0])[0]

        def step(carry: tuple, row: jax.Array) -> tuple:
            state, influence = carry
            state, push = jax.linearize(lambda s: advance(parameters, s, row), carry[0])
            here = jax.jacrev(lambda p: advance(p, carry[0], row))(parameters)
            return (state, jax.vmap(push, -1, -1)(influence) + here), None

        def error(state: jax.Array, target: Any) -> jax.Array:
            return loss(as_carry(state)[0][network.readout].v, target)

        def sample(carry: tuple, given: tuple) -> tuple:
            rows, target = given
            (state, influence), _ = jax.lax.scan(step, carry[:2], rows)
            value, slope = jax.value_and_grad(error)(state, target)
            return (state, influence, carry[2] + value, carry[3] + slope @ influence), None

        every = steps_per_sample(self.engine, duration, targets)
        rows = self.engine.rows(inputs, duration).reshape(samples(targets), every, -1)
        first = (state, jax.jacrev(begin)(parameters), jnp.zeros(()), jnp.zeros_like(parameters))
        (_, _, value, total), _ = jax.lax.scan(sample, first, (rows, targets))
        return value / samples(targets), as_network(total / samples(targets))
