"""Spikes on their way: from the cells that fired along their edges into the steps in which they arrive.

A ring of slots, one for each of the coming steps, holds for each site the sum of weights that arrive in it, and for each
exponential of the kernel the sum of what is left of them at the end of that step. With the two, the conductance is exact at
the ends of steps and in the mean over each, wherever in a step a spike arrives: a delay may be any number of ms, and results
are differentiable in it.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from ...arithmetic import Scalar, Values
from ...circuit import Routes, rows_of
from ..method import Grid

ROOM = 1 << 22  # edges that may be delivered in one step, unless a population asks for more
TIER = 16  # smallest buffer of spikes; each further one is four times as large
SLACK = 1e-3  # of a step, by which rounding may let a spike arrive too early

Kernel = tuple[tuple[Values, Values], ...]


class Calendar:
    """The step of a run that a time lies in.

    Attributes:
        dt: Nominal step [ms].
        moved: How far each point of the grid is from its nominal place (step + 1,) [ms]; None if all are there.
    """

    def __init__(self, dt: float, grid: Grid):
        self.dt = dt
        self.moved = (
            None if grid.equal else grid.points - jnp.arange(grid.start.shape[0] + 1, dtype=grid.start.dtype) * dt
        )

    def slots(self, longest: float) -> int:
        """How many steps a delay [ms] can reach into."""
        return math.ceil(longest / self.dt - 1e-6) + 2

    def point(self, step: jax.Array, ahead: jax.Array) -> jax.Array:
        """Time from a nominal point of the grid to one some steps ahead [ms]."""
        nominal = ahead * self.dt
        if self.moved is None:
            return nominal
        return nominal + self.moved.at[step + ahead.astype(step.dtype)].get(mode="fill", fill_value=0.0)

    def find(self, step: jax.Array, time: jax.Array, least: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The step in which a time falls.

        Args:
            step: Number of the present step.
            time: Times from the start of this step, any shape [ms].
            least: The first step that is still to come, 0 for the present one.

        Returns:
            How many steps ahead, what is left of that step [ms], and whether `least` is already too late.
        """
        time = time + self.point(step, jnp.zeros(()))
        first = self.point(step, jnp.asarray(float(least)))
        late, time = time < first - SLACK * self.dt, jnp.maximum(time, first)
        ahead = jnp.floor(time / self.dt)
        if self.moved is not None:  # by less than half a step
            later, sooner = time >= self.point(step, ahead + 1), time < self.point(step, ahead)
            ahead = ahead + later.astype(ahead.dtype) - sooner.astype(ahead.dtype)
        return ahead.astype(step.dtype), self.point(step, ahead + 1) - time, late


def take(
    ring: Float[Array, "slot site term"], step: Int[Array, ""]
) -> tuple[Float[Array, "term site"], Float[Array, "slot site term"]]:
    """What arrives in a step (1 + exponential, site), and the ring (slot, site, 1 + exponential) without it."""
    slot = step % ring.shape[0]
    arrived = jax.lax.dynamic_index_in_dim(ring, slot, keepdims=False)
    # read before the ring changes: else the compiler copies all of it in every step
    arrived, ring = jax.lax.optimization_barrier((arrived.T, ring))
    return arrived, jax.lax.dynamic_update_index_in_dim(ring, jnp.zeros_like(arrived.T), slot, 0)


def conduct(
    levels: Float[Array, "exponential site"], arrived: Float[Array, "term site"], kernel: Kernel, dt: Scalar
) -> tuple[Float[Array, "site"], Float[Array, "exponential site"]]:
    """Mean conductance over a step (site,) [µS] and the exponentials at its end (exponential, site), both exact.

    Args:
        levels: Exponentials at the start, not yet times their amplitudes (exponential, site) [µS].
        arrived: From `take`.
        kernel: Amplitude and rate [1/ms] of each exponential.
        dt: Step [ms].
    """
    mean, after = jnp.zeros_like(arrived[0]), []
    for i, (amplitude, rate) in enumerate(kernel):
        end = levels[i] * jnp.exp(-rate * dt) + arrived[i + 1]
        mean = mean + amplitude / (rate * dt) * (levels[i] + arrived[0] - end)
        after.append(end)
    return mean, jnp.stack(after)


def post(
    ring: Float[Array, "slot site term"],
    calendar: Calendar,
    step: Int[Array, ""],
    offset: Float[Array, "spike"],
    least: int,
    route: Routes,
    kernel: Kernel,
) -> tuple[Float[Array, "slot site term"], Int[Array, ""]]:
    """Put spikes into the slots in which they arrive.

    Args:
        ring: The ring (slot, site, 1 + exponential) [µS].
        calendar: Of the run.
        step: Number of the present step.
        offset: Time from its start to each spike; infinite if there is none (spike,) [ms].
        least: See `Calendar.find`.
        route: Where each goes (spike, edge).
        kernel: Amplitude and rate [1/ms] of each exponential, each one number or one for each site.

    Returns:
        The ring, and how many spikes arrive too early for a step still to come, or too late for the ring.
    """
    slots, sites, _ = ring.shape
    site, weight, delay = route
    there = (site < sites) & jnp.isfinite(offset)[:, None]
    ahead, left, late = calendar.find(step, jnp.where(jnp.isfinite(offset), offset, 0.0)[:, None] + delay, least)
    late = there & (late | (ahead >= slots + least))
    parts = [weight, *(weight * jnp.exp(-rows_of(rate, site) * left) for _, rate in kernel)]
    parts = jnp.stack([jnp.broadcast_to(part, site.shape) for part in parts], axis=-1)
    index = jnp.where(there & ~late, (step + ahead) % slots * sites + site, slots * sites)
    flat = ring.reshape(slots * sites, -1).at[index].add(parts, mode="drop")
    return flat.reshape(ring.shape), jnp.sum(late, dtype=jnp.int32)


def tiers(most: int) -> list[int]:
    """Sizes of the buffers for at most so many spikes in a step."""
    sizes = [TIER * 4**i for i in range(16)]
    return [size for size in sizes if size < most] + [most]


def with_room_for(count: Int[Array, ""], most: int, deliver: Callable[[int, PyTree], PyTree], ring: PyTree) -> PyTree:
    """`deliver(size, ring)` with the smallest buffer that holds `count` spikes, chosen while running."""
    sizes = tiers(most)
    if len(sizes) == 1:
        return deliver(sizes[0], ring)
    tier = sum((_largest(count) > size).astype(jnp.int32) for size in sizes[:-1])
    return jax.lax.switch(tier, [lambda r, size=size: deliver(size, r) for size in sizes], ring)


@jax.custom_batching.custom_vmap
def _largest(count: jax.Array) -> jax.Array:
    """The count; of a batch the largest, so that a batch still runs only one branch."""
    return count


@_largest.def_vmap
def _largest_of_batch(size: int, batched: list, count: jax.Array) -> tuple[jax.Array, bool]:
    del size, batched
    return _largest(jnp.max(count)), False


def indices(fired: Bool[Array, "cell"], size: int) -> Int[Array, "{size}"]:
    """The first cells that fired, padded with the number of cells (size,).

    In two stages, block and place in the block: five times faster than a running sum over all cells.
    """
    cells = fired.shape[0]
    block = max(math.isqrt(cells), 1)
    blocks = jnp.pad(fired, (0, -cells % block)).reshape(-1, block).astype(jnp.int32)
    upto = jnp.cumsum(jnp.sum(blocks, axis=1))
    rank = jnp.arange(size, dtype=jnp.int32)[:, None]
    which = jnp.sum(upto <= rank, axis=1, dtype=jnp.int32)
    inside = blocks.at[which].get(mode="fill", fill_value=0)
    before = jnp.where(which > 0, upto.at[which - 1].get(mode="clip"), 0)
    place = jnp.sum(jnp.cumsum(inside, axis=1) <= rank - before[:, None], axis=1, dtype=jnp.int32)
    return jnp.where(which < blocks.shape[0], which * block + place, cells)
