"""Gridness: by how much an autocorrelogram is more alike to itself turned by 60° than by 30° and 90°, in any convention."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from .autocorrelogram import autocorrelogram
from .lattice import ANGLES, Lattice, central_radius, ellipse, lattice, polar

CONTRASTS = ("min-max", "mean")
TOUCHING = 1.0  # of the ring of six peaks: its outer radius is their distance and so many radii of the central peak


@dataclass(frozen=True)
class Convention:
    """How gridness is computed. Radii are in units of the side of the map, half the side of the autocorrelogram.

    Attributes:
        contrast: "min-max": least of the correlations at 60° and 120°, less the largest at 30°, 90° and 150°;
            "mean": mean of the first, less the mean of the second.
        inner: Inner radius of the ring; None for that of the central peak, which is measured.
        outer: Outer radii; the score is that of the ring where it is largest. None for one ring that holds the six peaks.
        width: The largest of the mean over so many rings that follow one another, instead of the largest of all.
        ellipse: Whether the ellipse through the six nearest peaks is made round first.
    """

    contrast: str = "min-max"
    inner: float | None = 0.2
    outer: tuple[float, ...] | None = tuple(n / 10 for n in range(4, 11))
    width: int = 1
    ellipse: bool = False

    def __post_init__(self):
        if self.contrast not in CONTRASTS:
            raise ValueError(f"contrast = {self.contrast!r}: choose one of {', '.join(CONTRASTS)}.")
        if self.outer is not None and not 1 <= self.width <= len(self.outer):
            raise ValueError(f"width = {self.width} of {len(self.outer)} rings: give 1 to {len(self.outer)}.")
        if self.outer is not None and self.inner is not None and min(self.outer) <= self.inner:
            raise ValueError(
                f"outer radius {min(self.outer)} is not above inner radius {self.inner}: give larger ones."
            )


EVERY_BIN = tuple(float(x) for x in np.linspace(0.2, 1.0, 27))

# Banino et al. (2018), Nature 557:429, supplementary information 3d: outer radii of 8 to 20 bins of 20, in steps of 2, the
# central peak left out; its radius is not given there, so that of the released code.
BANINO = Convention()
# The code released with it, github.com/google-deepmind/grid-cells, scores.py and train.py: means, ten rings.
DEEPMIND = Convention("mean", 0.2, tuple(float(x) for x in np.linspace(0.4, 1.0, 10)))
# Sargolini et al. (2006), Science 312:758: one ring that holds the six nearest peaks and not the central one.
SARGOLINI = Convention(inner=None, outer=None)
# Langston et al. (2010), Science 328:1576: expanding rings.
LANGSTON = Convention(inner=None, outer=EVERY_BIN)
# opexebo (Kavli Institute), grid_score.py: the same, averaged over three rings.
OPEXEBO = Convention(inner=None, outer=EVERY_BIN, width=3)
# Brandon et al. (2011), Science 332:595, "gridness 3": the ellipse is made round before.
BRANDON = Convention(inner=None, outer=EVERY_BIN, ellipse=True)

CONVENTIONS = {"banino": BANINO, "deepmind": DEEPMIND, "sargolini": SARGOLINI, "langston": LANGSTON, "opexebo": OPEXEBO,
               "brandon": BRANDON}  # fmt: skip


def gridness(
    maps: Num[ArrayLike, "*unit y x"], convention: Convention = BANINO, overlap: int = 20
) -> Float[Array, "*unit"]:
    """Gridness of rate maps.

    The autocorrelogram is read on circles about its middle, where turning it is shifting along the circle. As it is the same
    after half a turn, the correlations at 120° and 150° are those at 60° and 30°.

    Args:
        maps: Rate maps (..., y, x) with bins as wide as high; NaN where not visited.
        convention: One of `CONVENTIONS`, or another.
        overlap: Common bins that a shift needs, see `autocorrelogram`.

    Returns:
        Gridness (...), from -2 to 2; NaN for constant maps, and where the convention needs six peaks and there are fewer.
    """
    sac = autocorrelogram(maps, overlap)
    return gridness_of(sac, lattice(sac), convention)


@partial(jax.jit, static_argnames="convention")
def gridness_of(
    sac: Float[Array, "*unit y x"], found: Lattice, convention: Convention = BANINO
) -> Float[Array, "*unit"]:
    """Gridness of autocorrelograms (..., y, x) whose lattice is known."""
    if not isinstance(convention, Convention):
        raise ValueError(f"convention = {convention!r}: give one of CONVENTIONS, as BANINO, or a Convention(...).")
    batch = sac.shape[:-2]
    flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[len(batch) :]), (sac, found))
    return jax.vmap(lambda s, f: _gridness(s, f, convention))(*flat).reshape(batch)


def _gridness(sac: jax.Array, found: Lattice, convention: Convention) -> jax.Array:
    side = (min(sac.shape) + 1) / 2
    axes = ellipse(found.peaks) if convention.ellipse else None
    radii, rings = polar(sac, ANGLES, axes)
    centre = central_radius(sac, axes) if convention.ellipse else found.centre
    inner = centre if convention.inner is None else convention.inner * side
    touching = (found.spacing + TOUCHING * found.centre)[None]
    outer = touching if convention.outer is None else side * np.asarray(convention.outer)
    r30, r60, r90 = _turned(radii, rings, inner, outer)
    others = (2 * r30 + r90) / 3 if convention.contrast == "mean" else jnp.maximum(r30, r90)
    return _largest(r60 - others, convention.width)


def _turned(radii: np.ndarray, rings: jax.Array, inner: ArrayLike, outer: ArrayLike) -> jax.Array:
    """Pearson's correlations of rings with themselves turned by 30°, 60° and 90° (3, ring), by FFT round the circles."""
    known = jnp.isfinite(rings)
    a = jnp.where(known, rings, 0.0)
    one, first, second = jnp.fft.rfft(jnp.stack([known.astype(a.dtype), a, a * a]))
    pairs = jnp.stack([one * one.conj(), first * one.conj(), one * first.conj(), second * one.conj(), one * second.conj(),
                       first * first.conj()])  # fmt: skip
    sums = jnp.fft.irfft(pairs, n=ANGLES)[..., np.arange(1, 4) * ANGLES // 6]
    discs = [jnp.einsum("...r,qrk->qk...", (radii <= jnp.asarray(outside)[..., None]) * radii, sums, precision="highest")
             for outside in (outer, inner)]  # fmt: skip
    n, sa, sb, saa, sbb, sab = discs[0] - discs[1][..., None]
    variances = (n * saa - sa**2) * (n * sbb - sb**2)
    fair = (n > 0) & (variances > (1e3 * jnp.finfo(a.dtype).eps * n * (saa + sbb)) ** 2)
    return jnp.where(fair, (n * sab - sa * sb) / jnp.sqrt(jnp.where(fair, variances, 1.0)), jnp.nan)


def _largest(scores: jax.Array, width: int) -> jax.Array:
    means = jnp.stack([scores[n : len(scores) - width + 1 + n] for n in range(width)]).mean(0)
    return jnp.nanmax(means)
