"""Rate maps sorted by gridness, and their gridness beside that of nulls."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jax.typing import ArrayLike

from .style import DATA, FAINT, MODEL, REFERENCE, STIMULUS, plt, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


NULLS = {"fields shuffled": REFERENCE, "untrained": STIMULUS, "low-pass noise": FAINT}


def rate_maps(
    maps: ArrayLike,
    gridness: Any = None,
    *,
    columns: int = 8,
    rows: int = 4,
    figure: "Figure | None" = None,
) -> list:
    """Rate maps as images, those of highest gridness first.

    Args:
        maps: Maps (unit, y, x).
        gridness: Of each (unit,), by which they are sorted and which is written above; as they come by default.
        columns: Maps beside one another.
        rows: Maps below one another; the last ones are left out.
        figure: Figure or subfigure to draw in; a new one by default.

    Returns:
        The axes.

    Raises:
        ValueError: for shapes that do not fit.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3 or (gridness is not None and np.shape(gridness) != maps.shape[:1]):
        raise ValueError(
            f"maps of shape {maps.shape}, gridness of {np.shape(gridness)}: give (unit, y, x) and one number for each unit."
        )
    order = np.arange(len(maps)) if gridness is None else np.argsort(-np.nan_to_num(np.asarray(gridness), nan=-np.inf))
    figure = figure or plt.figure(figsize=(0.9 * columns, 1.05 * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for ax in axes:
        ax.set_axis_off()
    for ax, unit in zip(axes, order, strict=False):
        ax.imshow(maps[unit], origin="lower", cmap="viridis")
        if gridness is not None:
            ax.set_title(f"{gridness[unit]:.2f}", fontsize=7, pad=2)
    return axes


def gridness_beside_nulls(
    gridness: Any,
    nulls: dict[str, Any],
    *,
    fixed: float = 0.37,
    ax: "Axes | None" = None,
    figure: "Figure | None" = None,
) -> Any:
    """Distribution of gridness and of its nulls, each with its 95th percentile.

    Args:
        gridness: Of the units (unit,).
        nulls: Gridness of each null, of any shape, by name.
        fixed: A fixed threshold, drawn beside; 0.37 is that of Banino et al. (2018).
        ax: Where to draw.
        figure: Figure or subfigure to draw in if `ax` is not given; a new one by default.

    Returns:
        The axes.
    """
    ax = ax or (figure or plt.figure(figsize=(4.2, 3.2), layout="constrained")).subplots()
    finite = lambda x: np.sort(np.asarray(x).ravel()[np.isfinite(np.asarray(x).ravel())])
    curves = {"trained": (finite(gridness), MODEL, 2.0)}
    curves |= {name: (finite(null), NULLS.get(name, DATA), 1.2) for name, null in nulls.items()}
    for name, (values, colour, width) in curves.items():
        if values.size:
            ax.plot(values, 1 - np.arange(values.size) / values.size, color=colour, lw=width, label=name)
    ax.axvline(fixed, color=DATA, lw=0.8, ls=":")
    ax.legend(fontsize=7, frameon=False)
    return tidy(ax, "gridness", "part of maps above")


def trained_grid_cells(evaluation: Any, untrained: Any, isotropic: ArrayLike | None = None) -> Any:
    """Figure of a trained network: its maps sorted by gridness, shuffled ones, untrained ones, and the distributions.

    Args:
        evaluation: From `path_integration.evaluate`, of one network.
        untrained: The same of the network before training.
        isotropic: Gridness of noise with the spectrum of the maps, from `isotropic_null`; left out by default.

    Returns:
        The figure.
    """
    figure = plt.figure(figsize=(12.5, 4.6), layout="constrained")
    parts: Any = figure.subfigures(1, 3, width_ratios=(8, 3, 4.5))
    left, middle, right = parts
    trained, before = np.asarray(evaluation.scores.gridness), np.asarray(untrained.scores.gridness)
    rate_maps(evaluation.maps, trained, columns=8, rows=4, figure=left)
    left.suptitle("trained, sorted by gridness", fontsize=9)
    rate_maps(untrained.maps, before, columns=3, rows=4, figure=middle)
    middle.suptitle("untrained", fontsize=9)
    nulls = {"fields shuffled": evaluation.shuffled, "untrained": before, "low-pass noise": evaluation.noise}
    nulls |= {} if isotropic is None else {"isotropic noise": isotropic}
    gridness_beside_nulls(trained, nulls, figure=right)
    return figure
