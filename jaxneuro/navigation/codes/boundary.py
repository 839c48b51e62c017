"""Boundary vector cells: each is active where there is a wall at a distance and in a direction.

    rate ∝ Σ_rays exp(-(r - distance)² / 2σ_r²) / (√2π σ_r) × exp(-(angle - direction)² / 2σ_a²) / (√2π σ_a) × d(angle)
    σ_r = width (1 + distance / growth)

where r is the distance of the first wall along a ray: walls are seen, and hide what is behind them.

Source: Hartley et al. (2000), Hippocampus 10:369, eq. 1; widths of Barry et al. (2006), Rev. Neurosci. 17:71.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, static
from ..arenas.arena import Arena
from .checks import as_places, require_cells, require_positive


class BoundaryVectorCells(Pytree):
    """Boundary vector cells; `cells(position)` or, if they are egocentric, `cells(position, heading)` gives (..., cell).

    Attributes:
        distance: Preferred distances of a wall (cell,) [m].
        direction: Preferred directions of it (cell,) [rad]: from +x, or from the heading where `egocentric`.
        arena: Whose walls they see; of a door, whether it is shut.
        width: Standard deviation of the tuning to distance 0 [m].
        growth: Distance at which the standard deviation is twice that [m].
        angle_width: Standard deviation of the tuning to direction [rad].
        rays: How many directions are looked at.
        egocentric: Whether directions are those of the animal.
    """

    distance: jax.Array
    direction: jax.Array
    arena: Arena
    width: Values = 0.122
    growth: Values = 1.83
    angle_width: Values = 0.2
    rays: int = static(default=60)
    egocentric: bool = static(default=False)

    def __call__(self, position: jax.Array, heading: PyTree = 0.0) -> jax.Array:
        """Activity of every cell (..., cell), as a sum of densities [1/m]."""
        require_cells(self.distance, "distance")
        require_positive("m", width=self.width, growth=self.growth)
        require_positive("rad", angle_width=self.angle_width)
        return self._activity(as_places(position), jnp.asarray(heading))

    @jax.jit
    def _activity(self, position: jax.Array, heading: PyTree) -> jax.Array:
        look = jnp.arange(self.rays) * (2 * np.pi / self.rays)
        seen = look + (jnp.asarray(heading)[..., None] if self.egocentric else jnp.zeros((*position.shape[:-1], 1)))
        away, _ = self.arena.rays(position, seen)
        far = self.width * (1 + self.distance / self.growth)
        off = (look[:, None] - self.direction + jnp.pi) % (2 * jnp.pi) - jnp.pi
        by_angle = _gaussian(off, self.angle_width) * (2 * np.pi / self.rays)
        by_distance = _gaussian(jnp.where(jnp.isinf(away), 1e6, away)[..., None] - self.distance, far)
        return jnp.sum(by_distance * by_angle, -2)


def _gaussian(x: jax.Array, width: Values) -> jax.Array:
    return jnp.exp(-0.5 * (x / width) ** 2) / (np.sqrt(2 * np.pi) * width)


def boundary_vector_cells(
    key: jax.Array, arena: Arena, cells: int, *, furthest: float = 0.3, **options: Any
) -> BoundaryVectorCells:
    """Boundary vector cells whose distances, up to `furthest` [m], and directions are drawn uniformly.

    Raises:
        ValueError: for fewer than one cell, or a distance that is not positive.
    """
    if cells < 1:
        raise ValueError(f"cells = {cells}: give 1 or more.")
    require_positive("m", furthest=furthest)
    u = jax.random.uniform(key, (2, cells))
    return BoundaryVectorCells(furthest * u[0], 2 * jnp.pi * u[1] - jnp.pi, arena, **options)
