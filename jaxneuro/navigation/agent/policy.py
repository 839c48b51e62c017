"""The network of the agent: two layers, a recurrent layer (GRU), and the heads of actor and critic."""

import jax
import jax.numpy as jnp
from flax import nnx


class Policy(nnx.Module):
    """Actor and critic.

    What is sensed passes two feed-forward layers. Their output drives the recurrent layer, and reaches the heads also
    directly: the direction from a place code to a goal code needs no memory.
    """

    def __init__(self, senses: int, actions: int, units: int, *, rngs: nnx.Rngs):
        """Draw the weights: normal, the variance of what comes in kept.

        Args:
            senses: Length of what is sensed.
            actions: Number of actions.
            units: In each layer.
            rngs: Random keys.

        Raises:
            ValueError: for no senses, actions or units.
        """
        for name, size in (("senses", senses), ("actions", actions), ("units", units)):
            if size < 1:
                raise ValueError(f"{name} = {size}: a policy needs at least one.")

        def linear(inputs: int, outputs: int, gain: float) -> nnx.Linear:
            # not orthogonal: the decompositions of many seeds at once hang on two cores (XLA's CPU threads, jaxlib 0.10.1)
            start = nnx.initializers.variance_scaling(gain**2, "fan_in", "normal")
            return nnx.Linear(inputs, outputs, kernel_init=start, rngs=rngs)

        self.sense = linear(senses, units, 2**0.5)
        self.combine = linear(units, units, 2**0.5)
        self.into = linear(units, 3 * units, 1.0)
        self.recur = linear(units, 3 * units, 1.0)
        self.actor = linear(2 * units, actions, 0.01)
        self.critic = linear(2 * units, 1, 1.0)

    def __call__(self, memory: jax.Array, senses: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """One step.

        Args:
            memory: Of the recurrent layer (..., unit).
            senses: (..., sense).

        Returns:
            Memory after the step, log-probabilities of the actions up to a constant (..., action), value (...).
        """
        direct = self.forward(senses)
        memory = self.remember(memory, self.into(direct))
        return memory, *self.heads(memory, direct)

    def unroll(self, memory: jax.Array, senses: jax.Array, begins: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Many steps; only the recurrence itself goes step by step.

        Args:
            memory: Before the first (..., unit).
            senses: (time, ..., sense).
            begins: Whether an episode begins with a step: the memory is empty then (time, ...).

        Returns:
            Memories, log-probabilities, values, each (time, ...).
        """
        direct = self.forward(senses)

        def step(memory: jax.Array, now: tuple) -> tuple:
            drive, begin = now
            memory = self.remember(jnp.where(begin[..., None], 0.0, memory), drive)
            return memory, memory

        memories = jax.lax.scan(step, memory, (self.into(direct), begins))[1]
        return memories, *self.heads(memories, direct)

    def forward(self, senses: jax.Array) -> jax.Array:
        """The feed-forward layers."""
        return nnx.relu(self.combine(nnx.relu(self.sense(senses))))

    def remember(self, memory: jax.Array, drive: jax.Array) -> jax.Array:
        """A gated recurrent unit: Cho et al. (2014), arXiv:1406.1078, with the reset gate after the product."""
        reset, keep, new = jnp.split(drive, 3, axis=-1)
        past_reset, past_keep, past_new = jnp.split(self.recur(memory), 3, axis=-1)
        keep = nnx.sigmoid(keep + past_keep)
        return keep * memory + (1 - keep) * jnp.tanh(new + nnx.sigmoid(reset + past_reset) * past_new)

    def heads(self, memory: jax.Array, direct: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Log-probabilities up to a constant, and value."""
        both = jnp.concatenate([memory, direct], axis=-1)
        return self.actor(both), self.critic(both)[..., 0]
