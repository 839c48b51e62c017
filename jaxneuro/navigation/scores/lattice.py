"""The lattice of an autocorrelogram: its central peak, its six nearest peaks, their spacing, orientation and ellipse."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import Pytree

NEIGHBOURS = 6
CENTRE = 0.2  # the central peak ends where the correlation falls below this
ANGLES = 60  # over half a turn; the other half is the same


class Lattice(Pytree):
    """The nearest peaks of an autocorrelogram; NaN where there are fewer than six.

    Attributes:
        spacing: Median distance of the six nearest peaks, in bins.
        orientation: Of the lattice: mean direction of the peaks, modulo 60° [rad], in [0, π/3).
        peaks: The six (..., 6, 2), (x, y) in bins from the middle, the nearest first.
        centre: Radius of the central peak, in bins.
    """

    spacing: jax.Array
    orientation: jax.Array
    peaks: jax.Array
    centre: jax.Array


@partial(jax.jit, static_argnames="least")
def lattice(sac: Any, least: float = 0.0) -> Lattice:
    """Find the lattice of autocorrelograms.

    A peak is a local maximum of 5 by 5 bins, refined by a parabola along each side.

    Args:
        sac: Autocorrelograms (..., y, x), from `autocorrelogram`.
        least: Correlation that a peak must exceed.

    Returns:
        The lattice of each, in bins of the map.

    Source: Hafting et al. (2005), Nature 436:801; the six nearest peaks of Sargolini et al. (2006), Science 312:758.
    """
    sac = jnp.asarray(sac)
    flat = sac.reshape(-1, *sac.shape[-2:])
    found = jax.vmap(lambda one: _lattice(one, least))(flat)
    return jax.tree.map(lambda x: x.reshape(*sac.shape[:-2], *x.shape[1:]), found)


def spacing(maps: Any, bin_width: float = 1.0) -> jax.Array:
    """Spacing of the grid of rate maps (..., y, x), in the unit of the width of a bin."""
    from .autocorrelogram import autocorrelogram

    return bin_width * lattice(autocorrelogram(maps)).spacing


def orientation(maps: Any) -> jax.Array:
    """Orientation of the grid of rate maps (..., y, x), in [0, π/3) [rad]."""
    from .autocorrelogram import autocorrelogram

    return lattice(autocorrelogram(maps)).orientation


def polar(sac: jax.Array, turns: Any, axes: Any = None, step: float = 0.5) -> tuple[np.ndarray, jax.Array]:
    """One autocorrelogram on circles about its middle, or on ellipses.

    Args:
        sac: Autocorrelogram (y, x).
        turns: Number of angles over half a turn.
        axes: Matrix (2, 2) that takes a circle to the ellipse; a circle by default.
        step: Distance of the circles, in bins.

    Returns:
        Radii (radius,) in bins, and the correlations there (radius, angle); NaN where a neighbouring one is.
    """
    middle = np.array([(n - 1) // 2 for n in sac.shape])
    radii = np.arange(step, middle.min() + step / 2, step)
    angle = np.arange(turns) * np.pi / turns
    circle = np.stack([np.cos(angle), np.sin(angle)])
    x, y = radii[:, None] * (circle if axes is None else axes @ circle)[:, None]
    return radii, _bilinear(sac, middle[0] + y, middle[1] + x)


def central_radius(sac: jax.Array, axes: Any = None) -> jax.Array:
    """Radius of a disc as large as the central peak, which ends in each direction where it first falls below `CENTRE`.

    Its circles are not those of gridness: XLA takes four times as long for both where they share them.
    """
    radii, rings = polar(sac, ANGLES, axes, 0.25)
    first = jnp.min(jnp.where(rings >= CENTRE, radii[-1], radii[:, None]), axis=0)
    return jnp.sqrt(jnp.mean(first**2)).astype(rings.dtype)


def ellipse(peaks: jax.Array) -> jax.Array:
    """The ellipse through six peaks, as the matrix (2, 2) that takes the circle of its major axis to it; 1 if there is none."""
    x, y = peaks[:, 0], peaks[:, 1]
    a, b, c = jnp.linalg.lstsq(jnp.stack([x * x, 2 * x * y, y * y], 1), jnp.ones(NEIGHBOURS, peaks.dtype))[0]
    curvature, directions = jnp.linalg.eigh(jnp.array([[a, b], [b, c]]))
    round_ = ~(jnp.all(jnp.isfinite(curvature)) & (curvature[0] > 0))
    ratio = jnp.sqrt(jnp.where(round_, 1.0, curvature[0] / jnp.where(round_, 1.0, curvature)))
    return jnp.where(round_, jnp.eye(2, dtype=peaks.dtype), directions @ jnp.diag(ratio) @ directions.T)


def _lattice(sac: jax.Array, least: float) -> Lattice:
    centre = central_radius(sac)
    y, x = (jnp.asarray(np.arange(n) - (n - 1) // 2) for n in sac.shape)
    distance = jnp.hypot(*jnp.meshgrid(y, x, indexing="ij"))
    known = jnp.where(jnp.isnan(sac), -jnp.inf, sac)
    highest = _highest(_highest(known, 0), 1)
    peak = (known == highest) & (sac > least) & (distance > centre)
    nearness, which = jax.lax.top_k(jnp.where(peak, -distance, -jnp.inf).ravel(), NEIGHBOURS)
    row, column = jnp.unravel_index(which, sac.shape)
    there = jnp.isfinite(nearness)
    places = jnp.stack([x[column] + _vertex(sac, row, column, 0, 1), y[row] + _vertex(sac, row, column, 1, 0)], -1)
    places = jnp.where(jnp.all(there), places, jnp.nan)
    angle = 6 * jnp.arctan2(places[:, 1], places[:, 0])
    mean = jnp.arctan2(jnp.mean(jnp.sin(angle)), jnp.mean(jnp.cos(angle)))
    return Lattice(jnp.median(jnp.hypot(*places.T)), jnp.mod(mean / 6, jnp.pi / 3), places, centre)


def _highest(image: jax.Array, axis: int) -> jax.Array:
    """The maximum over 5 bins along an axis; `reduce_window` is ten times slower on a CPU."""
    n = image.shape[axis]
    padded = jnp.pad(image, [(2, 2) if a == axis else (0, 0) for a in range(2)], constant_values=-jnp.inf)
    return jnp.max(jnp.stack([jax.lax.slice_in_dim(padded, d, d + n, axis=axis) for d in range(5)]), 0)


def _vertex(sac: jax.Array, row: jax.Array, column: jax.Array, down: int, across: int) -> jax.Array:
    """How far from a bin the vertex of the parabola through it and its two neighbours is, at most half a bin."""
    height, width = sac.shape
    before = sac[jnp.maximum(row - down, 0), jnp.maximum(column - across, 0)]
    after = sac[jnp.minimum(row + down, height - 1), jnp.minimum(column + across, width - 1)]
    bend = before - 2 * sac[row, column] + after
    shift = 0.5 * (before - after) / jnp.where(bend < 0, bend, -jnp.inf)
    return jnp.where(jnp.isfinite(shift), jnp.clip(shift, -0.5, 0.5), 0.0)


def _bilinear(image: jax.Array, y: Any, x: Any) -> jax.Array:
    height, width = image.shape
    row, column = (jnp.clip(jnp.floor(c).astype(int), 0, n - 2) for c, n in ((y, height), (x, width)))
    down, across = (y - row).astype(image.dtype), (x - column).astype(image.dtype)
    corner = row * width + column
    flat = image.ravel()
    above = flat[corner] * (1 - across) + flat[corner + 1] * across
    below = flat[corner + width] * (1 - across) + flat[corner + width + 1] * across
    return above * (1 - down) + below * down
