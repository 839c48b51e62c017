"""What all figures share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes


try:
    import matplotlib.pyplot as plt
except ImportError as fault:
    raise ImportError('figures need matplotlib, which is not installed: pip install "jaxneuro[plot]"') from fault

# one meaning, one colour, in every figure; distinguishable to the colour-blind (Okabe & Ito 2008)
DATA = "#222222"
MODEL = "#D55E00"
REFERENCE = "#0072B2"
STIMULUS = "#777777"
FAINT = "#BBBBBB"
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MAX_POINTS = 20_000  # of a drawn curve: more than any figure resolves


def new_axes(
    axes: "Axes | Sequence[Axes] | None" = None,
    rows: int = 1,
    *,
    size: tuple[float, float] = (6.4, 3.6),
    heights: Sequence[float] | None = None,
) -> "list[Axes]":
    """The axes given, or those of a new figure, one above the other on a common abscissa."""
    if axes is not None:
        given = list(np.atleast_1d(np.asarray(axes, object)))
        if len(given) != rows:
            raise ValueError(f"{len(given)} axes were given and {rows} are needed: pass a sequence of {rows}, or none.")
        return given
    made = plt.subplots(rows, 1, figsize=size, sharex=True, height_ratios=heights, layout="constrained", squeeze=False)[
        1
    ]
    return list(made[:, 0])


def tidy(ax: "Axes", x: str = "", y: str = "", title: str = "") -> "Axes":
    """Labels, and no frame where there is no axis."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)
    if x:
        ax.set_xlabel(x, fontsize=9)
    if y:
        ax.set_ylabel(y, fontsize=9)
    if title:
        ax.set_title(title, fontsize=9, loc="left")
    return ax


def thinned(t: ArrayLike, *curves: ArrayLike) -> list[np.ndarray]:
    """Long curves without the samples that no figure can show, but with the extremes of each stretch they stood in."""
    t = np.asarray(t)
    block = 2 * (t.size // MAX_POINTS)
    if block < 2:
        return [t, *map(np.asarray, curves)]
    edges = np.arange(0, t.size - t.size % block, block)
    first = np.asarray(curves[0])[: edges.size * block].reshape(-1, block)
    extremes = np.sort(np.stack([first.argmin(1), first.argmax(1)], 1), axis=1) + edges[:, None]
    keep = np.unique(np.concatenate([extremes.ravel(), [0, t.size - 1]]))
    return [t[keep], *(np.asarray(c)[keep] for c in curves)]
