"""The lattice of an autocorrelogram: its central peak, its six nearest peaks, their spacing, orientation and ellipse."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from ...arithmetic import Scalar
from ...pytree import Pytree

NEIGHBOURS = 6
CANDIDATES = 24  # nearest local maxima of half an autocorrelogram, among which three are sought
APART = np.pi / 6  # two maxima in directions closer than this are of one blob, whose nearer one counts
CENTRE = 0.2  # the central peak ends where the correlation falls below this
FLATTEST = 0.6  # minor axis of an ellipse that is made round, over the major one: a square lattice has 0.58
ANGLES = 60  # over half a turn; the other half is the same


class Lattice(Pytree):
    """The six nearest peaks of an autocorrelogram, 30° or more apart; NaN where there are fewer.

    Attributes:
        spacing: Median distance of the six nearest peaks, in bins.
        orientation: Of the lattice: mean direction of the peaks, modulo 60° [rad], in [0, π/3).
        peaks: The six (..., 6, 2), (x, y) in bins from the middle, the nearest first, each followed by its opposite.
        centre: Radius of the central peak, in bins.
    """

    spacing: jax.Array
    orientation: jax.Array
    peaks: jax.Array
    centre: jax.Array


@partial(jax.jit, static_argnames="least")
def lattice(sac: Num[ArrayLike, "*unit y x"], least: float = 0.0) -> Lattice:
    """Find the lattice of autocorrelograms.

    A peak is a local maximum of 5 by 5 bins, refined by a parabola along each side. As an autocorrelogram is alike after half a
    turn, the six are three and their opposites: the nearest, and those that follow 30° or more from the ones before. One blob may
    have several maxima; of these the nearest counts.

    Args:
        sac: Autocorrelograms (..., y, x), from `autocorrelogram`.
        least: Correlation that a peak must exceed.

    Returns:
        The lattice of each, in bins of the map.

    Source: Hafting et al. (2005), Nature 436:801; the six nearest peaks of Sargolini et al. (2006), Science 312:758; of peaks in
    directions that are alike opexebo's grid_score.py too keeps the nearer one.
    """
    sac = jnp.asarray(sac)
    flat = sac.reshape(-1, *sac.shape[-2:])
    found = jax.vmap(lambda one: _lattice(one, least))(flat)
    return jax.tree.map(lambda x: x.reshape(*sac.shape[:-2], *x.shape[1:]), found)


def spacing(maps: Num[ArrayLike, "*unit y x"], bin_width: Scalar = 1.0) -> Float[Array, "*unit"]:
    """Spacing of the grid of rate maps (..., y, x), in the unit of the width of a bin."""
    from .autocorrelogram import autocorrelogram

    return bin_width * lattice(autocorrelogram(maps)).spacing


def orientation(maps: Num[ArrayLike, "*unit y x"]) -> Float[Array, "*unit"]:
    """Orientation of the grid of rate maps (..., y, x), in [0, π/3) [rad]."""
    from .autocorrelogram import autocorrelogram

    return lattice(autocorrelogram(maps)).orientation


def polar(
    sac: Float[Array, "y x"], turns: int, axes: Float[Array, "2 2"] | None = None, step: float = 0.5
) -> tuple[Float[np.ndarray, "radius"], Float[Array, "radius {turns}"]]:
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


def central_radius(sac: Float[Array, "y x"], axes: Float[Array, "2 2"] | None = None) -> Float[Array, ""]:
    """Radius of a disc as large as the central peak, which ends in each direction where it first falls below `CENTRE`.

    Its circles are not those of gridness: XLA takes four times as long for both where they share them.
    """
    radii, rings = polar(sac, ANGLES, axes, 0.25)
    first = jnp.min(jnp.where(rings >= CENTRE, radii[-1], radii[:, None]), axis=0)
    return jnp.sqrt(jnp.mean(first**2)).astype(rings.dtype)


def ellipse(peaks: Float[Array, "6 2"]) -> Float[Array, "2 2"]:
    """The ellipse through six peaks, as the matrix (2, 2) that takes the circle of its major axis to it; 1 if there is none.

    One flatter than `FLATTEST` counts as none: a square lattice is a hexagonal one drawn together to 1/√3.
    """
    x, y = peaks[:, 0], peaks[:, 1]
    a, b, c = jnp.linalg.lstsq(jnp.stack([x * x, 2 * x * y, y * y], 1), jnp.ones(NEIGHBOURS, peaks.dtype))[0]
    curvature, directions = jnp.linalg.eigh(jnp.array([[a, b], [b, c]]))
    round_ = ~(jnp.all(jnp.isfinite(curvature)) & (curvature[0] > FLATTEST**2 * curvature[1]))
    ratio = jnp.sqrt(jnp.where(round_, 1.0, curvature[0] / jnp.where(round_, 1.0, curvature)))
    return jnp.where(round_, jnp.eye(2, dtype=peaks.dtype), directions @ jnp.diag(ratio) @ directions.T)


def _lattice(sac: jax.Array, least: float) -> Lattice:
    centre = central_radius(sac)
    y, x = (jnp.asarray(np.arange(n) - (n - 1) // 2) for n in sac.shape)
    distance = jnp.hypot(*jnp.meshgrid(y, x, indexing="ij"))
    known = jnp.where(jnp.isnan(sac), -jnp.inf, sac)
    highest = _highest(_highest(known, 0), 1)
    peak = (known == highest) & (sac > least) & (distance > centre)
    half = (y[:, None] > 0) | ((y[:, None] == 0) & (x > 0))  # the other half is the same
    nearness, which = jax.lax.top_k(jnp.where(peak & half, -distance, -jnp.inf).ravel(), CANDIDATES)
    row, column = jnp.unravel_index(which, sac.shape)
    places = jnp.stack([x[column] + _vertex(sac, row, column, 0, 1), y[row] + _vertex(sac, row, column, 1, 0)], -1)
    axes = _apart(jnp.where(jnp.isfinite(nearness)[:, None], places, jnp.nan))
    places = jnp.stack([axes, -axes], 1).reshape(NEIGHBOURS, 2)
    places = jnp.where(jnp.all(jnp.isfinite(places)), places, jnp.nan)
    angle = 6 * jnp.arctan2(places[:, 1], places[:, 0])
    mean = jnp.arctan2(jnp.mean(jnp.sin(angle)), jnp.mean(jnp.cos(angle)))
    return Lattice(jnp.median(jnp.hypot(*places.T)), jnp.mod(mean / 6, jnp.pi / 3), places, centre)


def _apart(places: jax.Array) -> jax.Array:
    """The first three places (3, 2) whose axes through the middle are `APART`; NaN where there are fewer."""
    angle = jnp.arctan2(places[:, 1], places[:, 0])
    between = jnp.abs(jnp.mod(angle[:, None] - angle + jnp.pi / 2, jnp.pi) - jnp.pi / 2)
    near = between < APART
    keep = lambda n, kept: kept.at[n].set(jnp.isfinite(angle[n]) & ~jnp.any(kept & near[n]))
    kept = jax.lax.fori_loop(0, len(places), keep, jnp.zeros(len(places), bool))
    first = jnp.argsort(~kept, stable=True)[: NEIGHBOURS // 2]
    return jnp.where(kept[first][:, None], places[first], jnp.nan)


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


def _bilinear(image: jax.Array, y: ArrayLike, x: ArrayLike) -> jax.Array:
    height, width = image.shape
    row, column = (jnp.clip(jnp.floor(c).astype(int), 0, n - 2) for c, n in ((y, height), (x, width)))
    down, across = (y - row).astype(image.dtype), (x - column).astype(image.dtype)
    corner = row * width + column
    flat = image.ravel()
    above = flat[corner] * (1 - across) + flat[corner + 1] * across
    below = flat[corner + width] * (1 - across) + flat[corner + width + 1] * across
    return above * (1 - down) + below * down
