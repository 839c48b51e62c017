"""Distances of two spike trains: times in increasing order, padded with infinity (spike,) [ms]. Differentiable in the times."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from ..arithmetic import Scalar


def van_rossum(a: Float[ArrayLike, "spike_a"], b: Float[ArrayLike, "spike_b"], tau: Scalar) -> Float[Array, ""]:
    """Distance of spike trains filtered by exp(-t / tau): half of the integral of the squared difference, over tau / 2.

    A train of n well separated spikes is n / 2 from silence.

    Source: van Rossum (2001), Neural Comput. 13:751; closed form of Schrauwen & Van Campenhout (2007).
    """
    return 0.5 * (_overlap(a, a, tau) + _overlap(b, b, tau)) - _overlap(a, b, tau)


def _overlap(a: ArrayLike, b: ArrayLike, tau: Scalar) -> jax.Array:
    on_a, on_b = jnp.isfinite(a), jnp.isfinite(b)
    near = jnp.exp(-jnp.abs(jnp.where(on_a, a, 0.0)[:, None] - jnp.where(on_b, b, 0.0)) / tau)
    return jnp.sum(jnp.where(on_a[:, None] & on_b, near, 0.0))


def victor_purpura(
    a: Float[ArrayLike, "spike_a"], b: Float[ArrayLike, "spike_b"], cost: Scalar, gamma: Scalar = 0.0
) -> Float[Array, ""]:
    """Least cost of turning one train into the other: 1 for a spike added or deleted, `cost` for a shift by 1 ms.

    Args:
        a, b: Spike times.
        cost: Of a shift [1/ms]; 0 compares counts, a large one compares coincidences.
        gamma: Smoothness: the minimum of three becomes -gamma log sum exp(-x / gamma); 0 is the exact distance.

    Source: Victor & Purpura (1996), J. Neurophysiol. 76:1310; the smooth minimum of Cuturi & Blondel (2017), Proc. ICML 70:894.
    """
    on_a, on_b = jnp.isfinite(a), jnp.isfinite(b)
    start = jnp.cumsum(jnp.concatenate([jnp.zeros(1), on_b]))
    a, b = jnp.where(on_a, a, 0.0), jnp.where(on_b, b, 0.0)

    def least(*costs: jax.Array) -> jax.Array:
        smooth = -gamma * jax.nn.logsumexp(-jnp.stack(costs) / jnp.where(gamma > 0, gamma, 1.0), axis=0)
        return jnp.where(gamma > 0, smooth, jnp.min(jnp.stack(costs), axis=0))

    def row(above: jax.Array, spike: tuple) -> tuple[jax.Array, None]:
        time, on = spike

        def cell(left: jax.Array, here: tuple) -> tuple[jax.Array, jax.Array]:
            up, diagonal, other, other_on = here
            new = least(up + 1, left + 1, diagonal + cost * jnp.abs(time - other))
            new = jnp.where(other_on, new, left)  # padding changes nothing
            return new, new

        first = above[0] + 1
        _, rest = jax.lax.scan(cell, first, (above[1:], above[:-1], b, on_b))
        return jnp.where(on, jnp.concatenate([first[None], rest]), above), None

    return jax.lax.scan(row, start, (a, on_a))[0][-1]
