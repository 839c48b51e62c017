"""Head-direction cells: each prefers one direction."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, static
from .checks import require_cells, require_positive

KINDS = ("peak", "density", "softmax")


class HeadDirectionCells(Pytree):
    """Head-direction cells of von Mises tuning, exp(kappa cos(heading - preferred)) but for a factor.

    `cells(position, heading)` gives their activity (..., cell), as of every code of heading, such as egocentric boundary vector
    cells: a `PoseCode` calls all of them alike. The position does not matter here; `cells(heading=...)` will do.

    Attributes:
        preferred: Preferred directions (cell,) [rad].
        kappa: Concentration; 20 in Banino et al. (2018), Nature 557:429, where there are 12 cells.
        kind: "peak", with a maximum of 1; "density", with an integral of 1; "softmax", with a sum over cells of 1.
    """

    preferred: jax.Array
    kappa: Values = 20.0
    kind: str = static(default="peak")

    def __call__(self, position: PyTree = None, heading: PyTree = None) -> jax.Array:
        """Activity of every cell (..., cell).

        Raises:
            ValueError: without a heading, or for parameters that cannot be.
        """
        if heading is None:
            raise ValueError("there is no heading: give cells(heading=...) or cells(position, heading), in rad.")
        require_cells(self.preferred, "preferred")
        require_positive("", kappa=self.kappa)
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: the kinds are {', '.join(KINDS)}.")
        return self._activity(heading)

    @jax.jit
    def _activity(self, heading: jax.Array) -> jax.Array:
        drive = self.kappa * (jnp.cos(jnp.asarray(heading)[..., None] - self.preferred) - 1)
        if self.kind == "softmax":
            return jax.nn.softmax(drive, -1)
        if self.kind == "density":
            return jnp.exp(drive) / (2 * np.pi * jax.scipy.special.i0e(self.kappa))
        return jnp.exp(drive)


def head_direction_cells(cells: int = 12, **options: Any) -> HeadDirectionCells:
    """Head-direction cells whose preferred directions divide the circle evenly.

    Raises:
        ValueError: for fewer than one cell.
    """
    if cells < 1:
        raise ValueError(f"cells = {cells}: give 1 or more.")
    return HeadDirectionCells(jnp.arange(cells) * (2 * np.pi / cells) - np.pi, **options)
