"""Speed cells: their rate is linear in running speed."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree
from .checks import require_cells


class SpeedCells(Pytree):
    """Speed cells; `cells(speed)` gives rates, never negative (..., cell) [Hz].

    Attributes:
        slope: Increase with speed (cell,) [Hz s/m]; negative for cells that are slowed.
        baseline: Rate at rest (cell,) [Hz].

    Source: Kropff, Carmichael, Moser & Moser (2015), Nature 523:419.
    """

    slope: jax.Array
    baseline: Values = 0.0

    def __call__(self, speed: jax.Array) -> jax.Array:
        """Rate of every cell (..., cell) [Hz]."""
        require_cells(self.slope, "slope")
        return jnp.maximum(self.baseline + self.slope * jnp.asarray(speed)[..., None], 0.0)
