"""What a motion returns."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import norm
from ...pytree import Pytree


class Path(Pytree):
    """A path of one animal: `steps` steps between `steps` + 1 places. Batches have their axes in front.

    Attributes:
        position: Places (steps + 1, 2) [m], the first where it started.
        heading: Directions of movement (steps + 1,) [rad], not wrapped: their differences are the turns.
        velocity: Velocity along each step (steps, 2) [m/s], as walls allowed it.
        dt: Time between places [s].
        mask: At which places the animal was tracked (steps + 1,); None for all.
    """

    position: jax.Array
    heading: jax.Array
    velocity: jax.Array
    dt: jax.Array
    mask: jax.Array | None = None
    start = 0.0  # s: the time of the first place

    @property
    def t(self) -> jax.Array:
        """Times of the places (steps + 1,) [s]."""
        return jnp.arange(self.heading.shape[-1]) * self.dt

    @property
    def speed(self) -> jax.Array:
        """Speed along each step (steps,) [m/s]."""
        return norm(self.velocity)

    @property
    def turning(self) -> jax.Array:
        """Angular velocity of each step (steps,) [rad/s]."""
        return jnp.diff(self.heading) / jnp.asarray(self.dt)[..., None]

    @property
    def walked(self) -> jax.Array:
        """Whether the animal was tracked at both ends of each step (steps,)."""
        if self.mask is None:
            return jnp.ones(self.velocity.shape[:-1], bool)
        return self.mask[..., 1:] & self.mask[..., :-1]

    def every(self, n: int) -> "Path":
        """Every n-th place of the path, with the mean velocity between; steps that fill no n are left out.

        Raises:
            ValueError: if the path is shorter.
        """
        steps = self.velocity.shape[-2] // n if n > 0 else 0
        if not steps:
            raise ValueError(f"every({n}) of a path of {self.velocity.shape[-2]} steps: give 1 to that many.")
        kept = slice(0, steps * n + 1, n)
        blocks: Any = self.velocity[..., : steps * n, :].reshape(*self.velocity.shape[:-2], steps, n, 2)
        mask = None if self.mask is None else self.mask[..., kept]
        return Path(self.position[..., kept, :], self.heading[..., kept], blocks.mean(-2), self.dt * n, mask)
