"""Spike times, inputs and refractory periods on a grid of time."""

from typing import Any

import jax
import jax.numpy as jnp

from .inputs import Inputs
from .neurons.base import State

ROUNDED = 4.0  # roundings of a period over its step, within which it is a whole number of steps


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


def as_rows(inputs: Inputs) -> jax.Array:
    """Inputs on a grid, of any real type, in the numbers that the states are in.

    Raises:
        ValueError: for what is not a real number.
    """
    given = jnp.asarray(inputs)
    if not (
        jnp.issubdtype(given.dtype, jnp.floating) or jnp.issubdtype(given.dtype, jnp.integer) or given.dtype == bool
    ):
        raise ValueError(f"the inputs are {given.dtype}: give real numbers, or booleans.")
    return given.astype(jnp.result_type(float))


def advance(neuron: Any, state: Any, dt: float) -> Any:
    """The state of a neuron a step later, in which a refractory period of n dt lasts n steps, however dt is rounded.

    What is left of a period is taken for a whole number of steps if it is one to within its rounding; else it ends within a step.
    """
    if not neuron.spikes or not isinstance(state, State) or neuron.refractory is None:
        return neuron.flow(state, dt)
    left = state.hold / dt
    whole = jnp.round(left)
    near = jnp.abs(left - whole) <= ROUNDED * jnp.finfo(left.dtype).eps * jnp.maximum(whole, 1.0)
    change = jnp.where(near, whole * jnp.asarray(dt, left.dtype), state.hold) - state.hold
    return neuron.flow(state.replace(hold=state.hold + jax.lax.stop_gradient(change)), dt)
