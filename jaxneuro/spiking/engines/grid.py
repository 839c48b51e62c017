"""Spike times to and from a grid of time."""

import jax
import jax.numpy as jnp


def binned(times: jax.Array, dt: float, steps: int) -> jax.Array:
    """Spikes on the grid dt, 2 dt, ... (time, channel), differentiable in their times.

    Each is shared by the two nearest points; one before dt comes at dt.
    """
    slot = jnp.where(jnp.isfinite(times), jnp.maximum(times / dt, 1.0), steps + 1.0)
    first = jnp.floor(slot)
    share, row = slot - first, first.astype(jnp.int32) - 1
    channel = jnp.arange(times.shape[0])[:, None]
    empty = jnp.zeros((steps, times.shape[0]), times.dtype)
    return empty.at[row, channel].add(1 - share, mode="drop").at[row + 1, channel].add(share, mode="drop")


def grid_times(train: jax.Array, t: jax.Array) -> jax.Array:
    """Times of the spikes of each neuron, in order, padded with infinity (..., neuron, spike).

    Args:
        train: Spikes, 0 or 1 (time, ..., neuron); more axes in front where `t` has them, as after `jax.vmap`.
        t: Time (time,) [ms].
    """
    axis = t.ndim - 1
    at = t.reshape(t.shape + (1,) * (train.ndim - t.ndim))
    return jnp.moveaxis(jnp.sort(jnp.where(train > 0, at, jnp.inf), axis=axis), axis, -1)
