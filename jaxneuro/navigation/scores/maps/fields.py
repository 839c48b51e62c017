"""Fields of a rate map: connected bins above a rate, and the basins of its local maxima."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Int, Num

AROUND = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def connected(mask: Bool[ArrayLike, "y x"]) -> Int[Array, "y x"]:
    """Number of the field that each bin of a mask (y, x) belongs to, through its four sides; -1 outside. Numbers have gaps."""
    mask = jnp.asarray(mask)
    start = jnp.where(mask, jnp.arange(mask.size).reshape(mask.shape), -1)

    def spread(labels: jax.Array) -> jax.Array:
        padded = jnp.pad(labels, 1, constant_values=-1)
        return jnp.where(mask, jnp.max(_shifted(padded, AROUND[:5], mask.shape), 0), -1)

    def widen(both: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return spread(both[0]), both[0]

    return jax.lax.while_loop(lambda both: jnp.any(both[0] != both[1]), widen, (spread(start), start))[0]


def basins(rates: Num[ArrayLike, "y x"]) -> Int[Array, "y x"]:
    """The local maximum that the steepest way up leads to, for each bin of a map (y, x): the watershed of its fields."""
    rates = jnp.asarray(rates)
    height, width = rates.shape
    around = _shifted(jnp.pad(rates, 1, constant_values=-jnp.inf), AROUND, rates.shape)
    step = jnp.asarray([dy * width + dx for dy, dx in AROUND])[jnp.argmax(around, 0)]
    uphill = jnp.arange(rates.size) + step.ravel()
    for _ in range(int(np.ceil(np.log2(rates.size)))):
        uphill = uphill[uphill]
    return uphill.reshape(height, width)


def field_sizes(labels: Int[Array, "y x"]) -> Int[Array, "y x"]:
    """Bins in the field of each bin (y, x); 0 outside."""
    counts = jnp.zeros(labels.size + 1, int).at[labels.ravel()].add(labels.ravel() >= 0)
    return jnp.where(labels >= 0, counts[labels], 0)


def _shifted(padded: jax.Array, steps: list[tuple[int, int]], shape: tuple[int, ...]) -> jax.Array:
    height, width = shape
    return jnp.stack([padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in steps])
