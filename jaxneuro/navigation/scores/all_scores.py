"""Every score of a rate map at once."""

from functools import partial

import jax
from jax.typing import ArrayLike
from jaxtyping import Num

from ...arithmetic import Scalar
from ...pytree import Pytree
from .autocorrelogram import autocorrelogram
from .border import border_score, solstad_border_score
from .gridness import BANINO, Convention, gridness_of
from .information import sparsity, spatial_information
from .lattice import lattice
from .maps import as_maps


class MapScores(Pytree):
    """Scores of rate maps, one of each a map (...).

    Attributes:
        gridness: In the convention that was asked for.
        spacing: Of the grid, in the unit of the width of a bin.
        orientation: Of the grid [rad].
        border: After Banino et al.
        solstad: Border score after Solstad et al.
        information: [bits a spike].
        sparsity: Part of the arena in which the cell fires.
    """

    gridness: jax.Array
    spacing: jax.Array
    orientation: jax.Array
    border: jax.Array
    solstad: jax.Array
    information: jax.Array
    sparsity: jax.Array


@partial(jax.jit, static_argnames=("convention", "signs", "overlap", "outline"))
def score_maps(
    maps: Num[ArrayLike, "*unit y x"],
    convention: Convention = BANINO,
    *,
    bin_width: Scalar = 1.0,
    occupancy: Num[ArrayLike, "y x"] | None = None,
    signs: str = "rectified",
    overlap: int = 20,
    outline: str = "rectangle",
) -> MapScores:
    """All scores of rate maps (..., y, x), in one compilation; see the function of each."""
    maps = as_maps(maps)
    sac = autocorrelogram(maps, overlap)
    found = lattice(sac)
    return MapScores(
        gridness=gridness_of(sac, found, convention),
        spacing=bin_width * found.spacing,
        orientation=found.orientation,
        border=border_score(maps, signs=signs, outline=outline),
        solstad=solstad_border_score(maps, signs=signs, outline=outline),
        information=spatial_information(maps, occupancy, signs),
        sparsity=sparsity(maps, occupancy, signs),
    )
