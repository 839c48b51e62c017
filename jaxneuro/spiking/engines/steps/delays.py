"""Delays on a grid: a spike that arrives between two grid points is shared by them, so that it is differentiable in its delay.

Linear interpolation in the delay, as in dilated convolutions with learnable spacings: Hammouamri, Khalfaoui-Hassani & Masquelier
(2024), ICLR: Learning delays in spiking neural networks using dilated convolutions with learnable spacings.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.core import Tracer

from ...network import Connection

ARRIVALS = "arrivals"  # what a backward pass may keep


def check_delay(name: str, connection: Connection) -> None:
    """Refuse a delay that a grid has no room for.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    longest = connection.max_delay
    if longest is None:
        raise ValueError(
            f"connection {name!r}: its delay is traced: give max_delay, for which a fixed step makes room."
        )
    if isinstance(connection.delay, Tracer):
        return
    delay = float(np.max(np.asarray(connection.delay)))  # concrete within a trace too
    if delay > longest * (1 + 1e-6):
        raise ValueError(
            f"connection {name!r}: delay = {delay} ms is longer than max_delay = {longest} ms: give a longer max_delay."
        )


def depth(connection: Connection, dt: float) -> int:
    """How many earlier grid points the longest delay reaches; 0 without delays."""
    return math.floor(connection.max_delay / dt + 1e-6) + 1 if connection.max_delay else 0


def _by_post(connection: Connection) -> bool:
    shape = jnp.shape(connection.delay)
    return len(shape) == 2 and shape[0] == 1 < shape[1]


def sent(connection: Connection, spikes: jax.Array) -> jax.Array:
    """What travels (time, ..., pre); delays of each postsynaptic neuron apply to the weighted sums (time, ..., post)."""
    return connection.through(spikes) if _by_post(connection) else spikes


def width(connection: Connection) -> int:
    """The second axis of what travels."""
    return connection.sizes[1 if _by_post(connection) else 0]


def delivery(connection: Connection, dt: float) -> Callable[[jax.Array, int], jax.Array]:
    """What a connection does with the spikes on their way.

    Returns:
        A function of what was sent until now (depth + rows, ..., pre) and the number of rows; it gives what arrives at the last
        grid points (rows, ..., post).
    """
    deep = depth(connection, dt)
    if not deep:
        return lambda sent, rows: connection.through(sent)
    at = jnp.asarray(connection.delay) / dt
    longest = connection.max_delay / dt if connection.max_delay else 0.0
    at = jnp.where(at > longest, longest, jnp.where(at < 0, 0.0, at))  # unlike clip, the slope at the ends is 1
    if at.size == 1:
        return lambda sent, rows: connection.through(_shifted(sent, at.reshape(()), rows))
    if _by_post(connection):
        return lambda sent, rows: jax.vmap(_shifted, (-1, 0, None), -1)(sent, at[0], rows)
    if at.shape[1] == 1:
        return lambda sent, rows: connection.through(jax.vmap(_shifted, (-1, 0, None), -1)(sent, at[:, 0], rows))
    first = jnp.clip(jnp.floor(at), 0, deep - 1)
    return lambda sent, rows: _by_synapse(sent, jnp.asarray(connection.weight), first, at - first, rows)


def _shifted(sent: jax.Array, at: jax.Array, rows: int) -> jax.Array:
    """The last rows of what was sent, `at` grid points earlier."""
    deep = sent.shape[0] - rows
    first = jnp.clip(jnp.floor(at), 0, deep - 1)
    near = jax.lax.dynamic_slice_in_dim(sent, deep - 1 - first.astype(jnp.int32), rows + 1)
    near = checkpoint_name(near, ARRIVALS)
    return near[1:] + (at - first) * (near[:-1] - near[1:])


def _by_synapse(sent: jax.Array, weight: jax.Array, first: jax.Array, share: jax.Array, rows: int) -> jax.Array:
    """One product of matrices for each delay on the grid."""
    deep = sent.shape[0] - rows

    def add(total: jax.Array, k: jax.Array) -> tuple[jax.Array, None]:
        taps = jnp.where(k == first, 1 - share, jnp.where(k == first + 1, share, 0.0))
        return total + jax.lax.dynamic_slice_in_dim(sent, deep - k, rows) @ (weight * taps), None

    return jax.lax.scan(jax.checkpoint(add, prevent_cse=False), jnp.zeros((rows, *sent.shape[1:-1], weight.shape[1]), sent.dtype),
                        jnp.arange(deep + 1))[0]  # fmt: skip
