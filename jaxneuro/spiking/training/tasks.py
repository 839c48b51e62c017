"""Tasks that are drawn from a key, as (inputs, targets); inputs are spike trains with a leading axis of samples."""

from functools import partial

import jax
import jax.numpy as jnp

from ...biophysics.network import SpikeTrains
from .encoders import latency

__all__ = ["delayed_xor", "which_part", "yin_yang", "yin_yang_points"]


def __dir__() -> list[str]:
    return __all__


SMALL, BIG = 0.1, 0.5  # radii of the dots and of the whole, as in the data set


@partial(jax.jit, static_argnums=1)
def yin_yang_points(key: jax.Array, samples: int) -> tuple[jax.Array, jax.Array]:
    """Points of the Yin-Yang figure: in its yin (0), its yang (1) or its dots (2), as many of each.

    Args:
        key: Random key.
        samples: Number of points.

    Returns:
        Coordinates in [0, 1] (sample, 2) and classes (sample,).

    Source: Kriener, Göltz & Petrovici (2021), The Yin-Yang dataset, arXiv:2102.08211.
    """

    def draw(key: jax.Array, wanted: jax.Array) -> jax.Array:
        def missed(carry: tuple) -> jax.Array:
            return which_part(carry[1]) != wanted

        def again(carry: tuple) -> tuple:
            key, use = jax.random.split(carry[0])
            return key, jax.random.uniform(use, (2,))

        return jax.lax.while_loop(missed, again, again((key, jnp.zeros(2))))[1]

    classes = jnp.arange(samples) % 3
    order_key, key = jax.random.split(key)
    classes = jax.random.permutation(order_key, classes)
    return jax.vmap(draw)(jax.random.split(key, samples), classes), classes


def which_part(point: jax.Array) -> jax.Array:
    """The part of the figure that a point (2,) is in: 0 yin, 1 yang, 2 dots, -1 outside."""
    x, y = point - BIG
    right, left = jnp.hypot(x - BIG / 2, y), jnp.hypot(x + BIG / 2, y)
    yin = (right <= SMALL) | ((left > SMALL) & (left <= BIG / 2)) | ((y > 0) & (right > BIG / 2))
    dots = (right < SMALL) | (left < SMALL)
    return jnp.where(jnp.hypot(x, y) > BIG, -1, jnp.where(dots, 2, jnp.where(yin, 0, 1)))


@partial(jax.jit, static_argnums=1)
def yin_yang(
    key: jax.Array, samples: int, *, first: float = 1.5, last: float = 20.0, bias: float = 9.0
) -> tuple[SpikeTrains, jax.Array]:
    """The Yin-Yang task in spike times: x, y, 1 - x, 1 - y, and a spike at a fixed time.

    Args:
        key: Random key.
        samples: Number of samples.
        first: Time of a coordinate of 0 [ms].
        last: Time of a coordinate of 1 [ms].
        bias: Time of the fixed spike [ms].

    Returns:
        Spike trains (sample, 5, 1) and classes (sample,).
    """
    points, classes = yin_yang_points(key, samples)
    times = latency(jnp.concatenate([points, 1 - points], axis=1), first=last, last=first).times
    fixed = jnp.full((samples, 1, 1), bias)
    return SpikeTrains(jnp.concatenate([times, fixed], axis=1)), classes


@partial(jax.jit, static_argnums=1)
def delayed_xor(
    key: jax.Array, samples: int, *, short: float = 4.0, long: float = 12.0, jitter: float = 0.3, onset: float = 40.0
) -> tuple[SpikeTrains, jax.Array]:
    """Two channels that spike once each: which leads, and whether by a short or a long lag, are two bits; the class is their XOR.

    Neither the counts, nor the order, nor the size of the lag say anything of the class: only the signed lag does, and not by one
    threshold. The onset is random; from one spike alone no more than 50 % + 25 % × (long - short) / onset can be right.

    Args:
        key: Random key.
        samples: Number of samples.
        short, long: Lags [ms].
        jitter: Standard deviation of the lags [ms].
        onset: Range of the earlier spike [ms], after 1 ms.

    Returns:
        Spike trains (sample, 2, 1) and classes (sample,).
    """
    start_key, bit_key, noise_key = jax.random.split(key, 3)
    leads, is_long = jax.random.bernoulli(bit_key, 0.5, (2, samples))
    earlier = 1.0 + onset * jax.random.uniform(start_key, (samples,))
    later = earlier + jnp.where(is_long, long, short) + jitter * jax.random.normal(noise_key, (samples,))
    times = jnp.stack([jnp.where(leads, earlier, later), jnp.where(leads, later, earlier)], axis=1)
    return SpikeTrains(times[..., None]), (leads ^ is_long).astype(jnp.int32)
