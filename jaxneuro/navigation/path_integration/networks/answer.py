"""What a network is told, in numbers of the order of 1, what it says, and its weights at first."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from ....pytree import Pytree

uniform = nnx.initializers.variance_scaling(1 / 3, "fan_in", "uniform")  # ± 1/√fan_in, as torch initialises
STEP = 0.02  # m: what counts as 1 in a movement that is scaled; a step of `FAST` motion is that long


class Answer(Pytree):
    """What a network says along a path.

    Attributes:
        code: Activity of the units that are scored (time, batch, unit).
        place: Logits of the place cells (time, batch, cell).
        heading: Logits of the head-direction cells (time, batch, cell).
    """

    code: jax.Array
    place: jax.Array
    heading: jax.Array


def within(units: int) -> Any:
    """Uniform between ± 1/√units."""
    return lambda key, shape, dtype=jnp.float32, **_: jax.random.uniform(key, shape, dtype, -1.0, 1.0) / jnp.sqrt(units)


def contrast(code: jax.Array) -> jax.Array:
    """A place code, which sums to 1, by how much each cell exceeds the mean, in means."""
    return code * code.shape[-1] - 1
