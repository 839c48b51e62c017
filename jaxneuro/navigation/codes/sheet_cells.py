"""What the cells of an attractor are. Each kind advances a state by a step, given its current, and leaves a synaptic trace.

Currents and traces are in units of the drive of an animal at rest, times in ms.
"""

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree
from ...spiking import LIF


class RateCells(Pytree):
    """Cells with a rate: tau ds/dt = -s + max(0, current).

    Attributes:
        tau: Time constant [ms].

    Source: Burak & Fiete (2009), PLoS Comput. Biol. 5:e1000291, eq. 1.
    """

    tau: Values = 10.0

    def start(self, key: jax.Array, size: int) -> tuple:
        """A state without pattern, of one array: the traces."""
        return (0.1 * jax.random.uniform(key, (size,)),)

    def noise(self, key: jax.Array, steps: int, size: int) -> PyTree:
        """None: what it does is certain."""
        del key, steps, size

    def trace(self, state: tuple) -> jax.Array:
        """What each cell sends (cell,)."""
        return state[0]

    def advance(self, state: tuple, current: jax.Array, noise: PyTree, dt: float) -> tuple:
        """The state a step later."""
        del noise
        keep = jnp.exp(-dt / self.tau)
        return (keep * state[0] + (1 - keep) * jnp.maximum(current, 0.0),)


class SpikingCells(Pytree):
    """Leaky integrate-and-fire cells with noise, whose spikes leave traces that decay with `tau`.

    A constant current of 1 makes a cell without noise fire at about `rate`: far above threshold such a cell fires in proportion
    to what drives it above half of its threshold.

    Attributes:
        tau: Time constant of the traces [ms].
        membrane: Membrane time constant [ms].
        rate: Firing rate per current [1/ms].
        noise_size: Standard deviation that the potential gains in 1 ms, in units of the threshold [1/√ms].
    """

    tau: Values = 20.0
    membrane: Values = 20.0
    rate: Values = 0.4
    noise_size: Values = 0.1

    def start(self, key: jax.Array, size: int) -> tuple:
        """A state without pattern: membranes, and traces."""
        a, b = jax.random.split(key)
        membrane = LIF(size).initial()
        return membrane.replace(v=jax.random.uniform(a, (size,))), 0.1 * jax.random.uniform(b, (size,))

    def noise(self, key: jax.Array, steps: int, size: int) -> jax.Array:
        """What potentials gain in each step (steps, cell)."""
        return self.noise_size * jax.random.normal(key, (steps, size))

    def trace(self, state: tuple) -> jax.Array:
        """What each cell sends (cell,)."""
        return state[1]

    def advance(self, state: tuple, current: jax.Array, noise: jax.Array, dt: float) -> tuple:
        """The state a step later; a cell spikes once in it at most."""
        membrane, trace = state
        neuron = LIF(current.size, tau=self.membrane, bias=0.5 + self.membrane * self.rate * current)
        membrane = neuron.flow(membrane, dt)
        membrane = membrane.replace(v=membrane.v + jnp.sqrt(dt) * noise)
        spiked = neuron.excess(membrane) >= 0
        membrane = jax.tree.map(lambda reset, on: jnp.where(spiked, reset, on), neuron.fire(membrane), membrane)
        return membrane, jnp.exp(-dt / self.tau) * trace + spiked / (self.rate * self.tau)
