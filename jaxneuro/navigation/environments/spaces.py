"""Spaces of actions and observations, with gymnax's names: `n` or `low, high, shape`, `sample`, `contains`."""

import jax
import jax.numpy as jnp

from ...pytree import Pytree, static


class Discrete(Pytree):
    """The numbers 0 .. n - 1."""

    n: int = static()
    dtype = jnp.int32
    shape = ()

    def sample(self, key: jax.Array) -> jax.Array:
        """One of them, each with the same probability."""
        return jax.random.randint(key, (), 0, self.n)

    def contains(self, x: jax.Array) -> jax.Array:
        """Whether x is one of them."""
        return (x >= 0) & (x < self.n)


class Box(Pytree):
    """Arrays of one shape with low <= x <= high."""

    low: float = static()
    high: float = static()
    shape: tuple[int, ...] = static()
    dtype = jnp.float32

    def sample(self, key: jax.Array) -> jax.Array:
        """An array, uniform."""
        return jax.random.uniform(key, self.shape, minval=self.low, maxval=self.high)

    def contains(self, x: jax.Array) -> jax.Array:
        """Whether all of x lies within."""
        return jnp.all((x >= self.low) & (x <= self.high))
