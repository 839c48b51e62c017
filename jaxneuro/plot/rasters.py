"""When cells of a network spiked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..recording import Recording
from .style import CYCLE, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(
    recording: Recording,
    populations: Sequence[str] | None = None,
    *,
    width: float = 5.0,
    axes: "Axes | Sequence[Axes] | None" = None,
) -> list:
    """A dot for each spike, a colour for each population, and the mean rate of the cells of each below.

    Args:
        recording: With `POPULATION.spikes` recorded, one population or several.
        populations: Which of them, from bottom to top; all that were recorded by default.
        width: Time over which a rate is counted [ms].
        axes: Two axes, cells and rates; a new figure by default.

    Returns:
        The axes of the cells and of the rates.

    Raises:
        KeyError: for a population whose spikes were not recorded.
    """
    recorded = [name.removesuffix(".spikes") for name in recording.values if name.endswith(".spikes")]
    populations = recorded if populations is None else list(populations)
    axes = new_axes(axes, 2, heights=(3, 1))
    edges = np.arange(0.0, float(recording.t[-1]) + width, width)
    first = 0
    for n, name in enumerate(populations):
        rows = np.asarray(recording[f"{name}.spikes"])
        row, cell = np.nonzero(np.isfinite(rows))
        axes[0].plot(rows[row, cell], first + cell, ".", ms=1.5, color=CYCLE[n % len(CYCLE)], label=name)
        counts, _ = np.histogram(rows[row, cell], edges)
        axes[1].stairs(1e3 * counts / width / rows.shape[1], edges, color=CYCLE[n % len(CYCLE)])
        first += rows.shape[1]
    axes[0].legend(fontsize=7, frameon=False, loc="upper right", markerscale=4, ncols=len(populations),
                   bbox_to_anchor=(1, 1.12))  # fmt: skip
    tidy(axes[0], y="cell")
    tidy(axes[1], "time [ms]", "rate [Hz]")
    axes[1].set_ylim(bottom=0)
    return axes
