"""Arenas of common shapes. Their lower left corner is the origin, but for those whose corners are given."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...arithmetic import Values
from .additions import segments_of
from .arena import Arena
from .rings import require_closed, require_simple


def square(side: Any = 1.0) -> Arena:
    """A square box; 1 m is that of Sargolini et al. (2006), 2.2 m that of Banino et al. (2018)."""
    return rectangle(side, side)


def rectangle(width: Values, height: Any) -> Arena:
    """A box of a width and a height [m]."""
    _require_positive(width=width, height=height)
    if any(isinstance(x, Tracer) for x in (width, height)):
        return _enclosed(_ring(jnp.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * jnp.stack([width, height])))
    return polygon([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)])


def circle(diameter: Any = 1.0, *, sides: int = 64) -> Arena:
    """A round arena, as a regular polygon inscribed in the circle.

    Args:
        diameter: Its diameter [m].
        sides: Of the polygon, whose area is sin(2π / sides) / (2π / sides) of the circle's: 0.998 for 64.
    """
    _require_positive(diameter=diameter)
    if sides < 3:
        raise ValueError(f"sides = {sides}: a polygon has 3 at least.")
    angle = 2 * np.pi * np.arange(sides) / sides
    corners = 0.5 + 0.5 * np.stack([np.cos(angle), np.sin(angle)], -1)
    return _enclosed(_ring(diameter * jnp.asarray(corners)))


def polygon(corners: Any) -> Arena:
    """An arena within a polygon, convex or not, with its corners (corner, 2) [m] in order round it; the last joins the first.

    Raises:
        ValueError: for fewer than three corners, corners that are not finite, sides that cross.
    """
    corners = np.asarray(corners, np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError(f"corners have shape {corners.shape}: give three or more, (corner, 2) in m.")
    if np.allclose(corners[0], corners[-1]):
        corners = corners[:-1]
    return enclosure(_ring(corners))


def enclosure(walls: Any) -> Arena:
    """An arena within walls (wall, 2, 2) [m] that form closed rings, each wall beginning where the one before it ends.

    A second ring within the first is a hole, or a block that stands in the arena.

    Raises:
        ValueError: for walls that do not close, or that cross.
    """
    walls = segments_of(walls, "walls")
    require_closed(walls)
    require_simple(walls)
    return _enclosed(jnp.asarray(walls))


def torus(width: float = 1.0, height: float | None = None) -> Arena:
    """An arena without an outline that begins anew after its width and height [m]."""
    height = width if height is None else height
    _require_positive(width=width, height=height)
    nothing = jnp.zeros((0, 2, 2))
    return Arena(nothing, jnp.zeros(0, bool), jnp.zeros((0, 2)), outline=0, period=(float(width), float(height)))


def _ring(corners: Any) -> Any:
    """Walls from each corner to the next (corner, 2, 2)."""
    n = np.arange(len(corners))
    return corners[np.stack([n, (n + 1) % n.size], 1)]


def _enclosed(walls: jax.Array) -> Arena:
    return Arena(walls, jnp.ones(walls.shape[0], bool), jnp.zeros((0, 2), walls.dtype), outline=walls.shape[0])


def _require_positive(**lengths: Any) -> None:
    for name, value in lengths.items():
        if not isinstance(value, Tracer) and not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} = {value}: give a positive length in m.")
