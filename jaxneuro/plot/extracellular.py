"""The potential outside a neuron, where it was recorded."""

from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike

from ..biophysics.shape import Morphology
from ..recording import Recording
from .morphology import morphology
from .style import MODEL, STIMULUS, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def extracellular(
    recording: Recording,
    tree: Morphology,
    positions: ArrayLike,
    *,
    width: float = 40.0,
    view: str = "xy",
    ax: "Axes | None" = None,
) -> "Axes":
    """A neuron and the potential at each electrode beside it, a trace that begins at the electrode.

    All traces have one scale, given by a bar as long as the largest of them is high.

    Args:
        recording: With `extracellular` (time, electrode) [mV].
        tree: The neuron.
        positions: Of the electrodes (electrode, 3) [µm].
        width: How wide, and at most how high, a trace is drawn [µm].
        view: The two axes to show, of `xyz`.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: for another number of positions than of traces, or a view that is not two different letters of xyz.
    """
    potential = np.asarray(recording["extracellular"])
    if np.shape(positions) != (potential.shape[1], 3):
        raise ValueError(
            f"positions have shape {np.shape(positions)}: must be ({potential.shape[1]}, 3), those of the recording."
        )
    ax = morphology(tree, view=view, ax=ax)
    at = np.asarray(positions)[:, ["xyz".index(axis) for axis in view]]
    largest = max(float(np.ptp(potential, axis=0).max()), 1e-12)
    for (x, y), trace in zip(at, potential.T, strict=True):
        t, v = thinned(recording.t, trace)
        ax.plot(x + width * t / t[-1], y + width * (v - v[0]) / largest, color=MODEL, lw=0.8)
    ax.plot(*at.T, ".", color=STIMULUS, ms=4)
    x, y = at[:, 0].max() + 1.2 * width, at[:, 1].min()
    ax.plot([x, x], [y, y + width], color=STIMULUS, lw=1.2)
    ax.text(x, y, f" {1e3 * largest:.3g} µV, {float(recording.t[-1]):g} ms", fontsize=7, va="bottom")
    ax.autoscale()
    return ax
