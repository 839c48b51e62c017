"""Grid cells as sums of plane waves.

    rate = f(Σ_i cos(k_i · (x - phase)) / 3),   k_i of length 4π / (√3 spacing), 60 deg apart

The fields form a hexagonal lattice with neighbours one `spacing` apart, one of them in the direction `orientation`.

Source: Solstad, Moser & Einevoll (2006), Hippocampus 16:1026, eq. 1.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, static
from .checks import as_places, require_cells, require_positive

KINDS = ("shifted", "rectified")
SPACINGS = (0.3, 0.5, 0.8)  # m; modules of RatInABox 1.15.3, GridCells, with ratios of about 1.6


class GridCells(Pytree):
    """Grid cells; `cells(position)` gives their activity, at most 1 (..., cell).

    Attributes:
        spacing: Distance of neighbouring fields, one number or (cell,) [m].
        orientation: Direction from a field to one of its six neighbours, one number or (cell,) [rad].
        phase: A place with a field for each cell (cell, 2) [m].
        kind: "shifted", the mean of the waves raised and scaled to 0 to 1; or "rectified", its positive part.
    """

    spacing: Values
    orientation: Values
    phase: jax.Array
    kind: str = static(default="shifted")

    def __call__(self, position: jax.Array) -> jax.Array:
        """Activity of every cell (..., cell)."""
        require_cells(self.phase, "phase")
        require_positive("m", spacing=self.spacing)
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: the kinds are {', '.join(KINDS)}.")
        return self._activity(as_places(position))

    @jax.jit
    def _activity(self, position: jax.Array) -> jax.Array:
        waves = wave_vectors(self.spacing, self.orientation)
        mean = jnp.mean(jnp.cos(jnp.sum((position[..., None, :] - self.phase)[..., None, :] * waves, -1)), -1)
        if self.kind == "shifted":
            return (2 * mean + 1) / 3  # the mean of three such waves is never below -1/2
        return jnp.maximum(mean, 0.0)


def wave_vectors(spacing: Values, orientation: Values) -> jax.Array:
    """Wave vectors of three plane waves (..., 3, 2) [rad/m] whose sum is a lattice of a spacing [m] and an orientation [rad]."""
    angle = jnp.asarray(orientation)[..., None] + jnp.pi / 2 + jnp.arange(3) * (jnp.pi / 3)
    size = 4 * np.pi / (np.sqrt(3) * jnp.asarray(spacing))
    return size[..., None, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)


def grid_cells(
    key: jax.Array, cells: int, spacings: PyTree = SPACINGS, *, orientations: PyTree = None, **options: Any
) -> GridCells:
    """Grid cells in modules, in which all have one spacing and one orientation, and phases drawn uniformly.

    Args:
        key: Of their phases and orientations.
        cells: How many in each module.
        spacings: Of the modules, or of the one [m].
        orientations: Of the modules [rad]; drawn uniformly from 60 deg by default.
        options: Of `GridCells`.

    Raises:
        ValueError: for fewer than one cell.
    """
    if cells < 1:
        raise ValueError(f"cells = {cells}: give 1 or more in each module.")
    of_phase, of_angle = jax.random.split(key)
    spacings = tuple(np.atleast_1d(spacings).tolist())
    if orientations is None:
        orientations = jax.random.uniform(of_angle, (len(spacings),), maxval=jnp.pi / 3)
    spacing = jnp.repeat(jnp.asarray(spacings, float), cells)
    orientation = jnp.repeat(jnp.broadcast_to(jnp.asarray(orientations), (len(spacings),)), cells)
    u = jax.random.uniform(of_phase, (len(spacings) * cells, 2))  # in the unit cell, which is a rhombus
    sides = orientation[:, None] + jnp.array([0.0, jnp.pi / 3])
    phase = spacing[:, None] * jnp.stack([(u * jnp.cos(sides)).sum(-1), (u * jnp.sin(sides)).sum(-1)], -1)
    return GridCells(spacing, orientation, phase, **options)
