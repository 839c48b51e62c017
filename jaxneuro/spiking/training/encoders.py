"""Numbers to spikes. All take leading batch axes and are differentiable in what they encode where that has a meaning."""

from typing import Any

import jax
import jax.numpy as jnp

from ...biophysics.network import SpikeTrains

__all__ = ["delta", "latency", "poisson_rates", "receptive_fields"]


def __dir__() -> list[str]:
    return __all__


def latency(values: Any, *, first: float, last: float, threshold: float | None = None) -> SpikeTrains:
    """One spike for each value: 1 spikes at `first`, 0 at `last`, linearly between.

    Args:
        values: Values, in [0, 1] (..., channel).
        first: Time of the spike of a 1 [ms].
        last: Time of the spike of a 0 [ms]; may be the earlier one.
        threshold: Values that are not above it do not spike.

    Returns:
        Spike trains (..., channel, 1).

    Source: Thorpe, Delorme & Van Rullen (2001), Neural Netw. 14:715.
    """
    times = last + (first - last) * jnp.asarray(values, float)
    if threshold is not None:
        times = jnp.where(jnp.asarray(values) > threshold, times, jnp.inf)
    return SpikeTrains(times[..., None])


def poisson_rates(key: jax.Array, values: Any, *, max_rate: float, duration: float, max_spikes: int) -> SpikeTrains:
    """Poisson trains whose rate is proportional to each value.

    Args:
        key: Random key.
        values: Values, in [0, 1] (..., channel).
        max_rate: Rate of a 1 [Hz].
        duration: Spikes are drawn up to here [ms].
        max_spikes: Length of the trains; later spikes are lost.

    Returns:
        Spike trains (..., channel, max_spikes).
    """
    rates = jnp.asarray(values, float)[..., None] * max_rate * 1e-3
    intervals = jax.random.exponential(key, (*jnp.shape(values), max_spikes)) / jnp.maximum(rates, 1e-12)
    times = jnp.cumsum(intervals, axis=-1)
    return SpikeTrains(jnp.where(times <= duration, times, jnp.inf))


def delta(signal: Any, *, threshold: float) -> jax.Array:
    """Send on delta: a spike for every `threshold` by which a signal has moved since its last spike, up and down apart.

    Args:
        signal: Signals on a grid (..., time, channel).
        threshold: Change that a spike stands for, positive.

    Returns:
        Numbers of spikes on the grid, first of rises, then of falls (..., time, 2 channel).

    Raises:
        ValueError: for a threshold that is not positive.

    Source: Miskowicz (2006), Sensors 6:49; Lichtsteiner, Posch & Delbruck (2008), IEEE J. Solid-State Circuits 43:566.
    """
    if not threshold > 0:
        raise ValueError(f"threshold = {threshold}: give the positive change that one spike stands for.")
    rows = jnp.moveaxis(jnp.asarray(signal, float), -2, 0)

    def step(sent: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        count = jnp.trunc((now - sent) / threshold)
        return sent + count * threshold, jnp.concatenate([jnp.maximum(count, 0), jnp.maximum(-count, 0)], axis=-1)

    return jnp.moveaxis(jax.lax.scan(step, rows[0], rows)[1], 0, -2)


def receptive_fields(values: Any, size: int, *, low: float = 0.0, high: float = 1.0, overlap: float = 1.5) -> jax.Array:
    """A population of Gaussian receptive fields for each value; `latency` of their activity is a population code.

    Args:
        values: Values (..., feature).
        size: Fields for each feature, at least 2; their centres lie evenly from `low` to `high`.
        low, high: Range of the values.
        overlap: Distance of the centres over the width of a field.

    Returns:
        Activity, in [0, 1] (..., feature * size).

    Raises:
        ValueError: for fewer than two fields, or a range that is empty.

    Source: Bohte, Kok & La Poutré (2002), Neurocomputing 48:17, section 3.2.
    """
    if size < 2 or not high > low:
        raise ValueError(f"size = {size}, range ({low}, {high}): give at least 2 fields and low < high.")
    centres = jnp.linspace(low, high, size)
    width = (high - low) / (size - 1) / overlap
    activity = jnp.exp(-0.5 * ((jnp.asarray(values)[..., None] - centres) / width) ** 2)
    return activity.reshape(*activity.shape[:-2], -1)
