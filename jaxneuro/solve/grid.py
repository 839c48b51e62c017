"""The steps of a run, with time as an integer index."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..arithmetic import Scalar, Values


class Grid(NamedTuple):
    """The steps of a run.

    Attributes:
        start: Start of each step (step,) [ms].
        dt: Length of the steps [ms]: one number of Python if they are equal, else one each (step,).
        equal: Whether all are known to be of one length. The gradient of a population is twice as fast with one number, which
            the compiler can fold into the rates; and some methods take equal steps only.
    """

    start: jax.Array
    dt: Scalar
    equal: bool

    @property
    def lengths(self) -> jax.Array:
        """Length of each step (step,) [ms]."""
        return jnp.broadcast_to(jnp.asarray(self.dt, self.start.dtype), self.start.shape)

    @property
    def points(self) -> jax.Array:
        """Boundaries of the steps (step + 1,) [ms]."""
        return jnp.append(self.start, self.start[-1] + self.lengths[-1])


def regular_grid(steps: int, dt: float, dtype: jnp.dtype) -> Grid:
    """Equal steps."""
    return Grid(jnp.arange(steps).astype(dtype) * jnp.asarray(dt, dtype), dt, equal=True)


def snapped_grid(steps: int, dt: float, jumps: list[Values], dtype: jnp.dtype) -> Grid:
    """A regular grid in which the point nearest to each jump is moved onto it, so that no step contains a jump.

    The steps beside a moved point are between half and one and a half times `dt` long; the grid depends smoothly on the
    times of the jumps, so gradients with respect to them are those of the discrete solution.

    Args:
        steps: Number of steps.
        dt: Nominal step [ms].
        jumps: Times of the jumps [ms]; those outside the run are ignored.
        dtype: Floating-point type.

    Returns:
        The grid, both arrays (steps,).
    """
    index = jnp.arange(steps + 1)
    shift = jnp.zeros(steps + 1, dtype)
    if jumps:
        at = jnp.sort(jnp.concatenate([jnp.ravel(jnp.asarray(jump, dtype)) for jump in jumps]))
        nearest = jnp.round(jax.lax.stop_gradient(jnp.clip(at / dt, -1.0, steps + 1.0))).astype(int)
        # two jumps nearest to the same point take neighbouring points; equal jumps share one
        new = jnp.concatenate([jnp.zeros(1, bool), jax.lax.stop_gradient(jnp.diff(at)) > 1e-6 * dt])
        rank = jnp.cumsum(new)
        nearest = jax.lax.cummax(nearest - rank) + rank
        inside = (nearest > 0) & (nearest < steps)
        shift = shift.at[jnp.where(inside, nearest, steps + 1)].set(at - nearest.astype(dtype) * dt, mode="drop")
    return Grid((index.astype(dtype) * jnp.asarray(dt, dtype) + shift)[:-1], dt + jnp.diff(shift), equal=False)
