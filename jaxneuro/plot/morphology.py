"""The shape of a neuron."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from ..biophysics.shape import APICAL, AXON, BASAL, SOMA, UNDEFINED, Morphology
from .style import CYCLE, DATA, FAINT, STIMULUS, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


NAMES = {SOMA: "soma", AXON: "axon", BASAL: "basal dendrite", APICAL: "apical dendrite", UNDEFINED: "undefined"}
COLOURS = {SOMA: DATA, AXON: CYCLE[1], BASAL: CYCLE[0], APICAL: CYCLE[2], UNDEFINED: STIMULUS}
THINNEST = 0.3  # points on paper
POINTS_PER_INCH = 72.0


def morphology(tree: Morphology, *, view: str = "xy", ax: "Axes | None" = None) -> "Axes":
    """A neuron projected on a plane: a line as wide as the mean diameter for each frustum, a colour for each type.

    Widths are to scale with the axes as they are when drawn, not thinner than can be seen. A faint line runs along each
    joint, where there is no membrane.

    Args:
        tree: The neuron.
        view: The two axes to show, of `xyz`.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: for a view that is not two different letters of xyz.
    """
    axes = view_axes(view)
    (ax,) = new_axes(None if ax is None else [ax], size=(4.8, 4.8))
    parent, kind, joint = (np.asarray(x) for x in (tree.parent, tree.kind, tree.joint))
    flat = np.asarray(tree.position)[:, axes]
    radius, above = np.asarray(tree.radius), np.maximum(parent, 0)
    segments = np.stack([flat[above], flat], axis=1)
    fit_limits(ax, flat, radius)
    width = np.maximum(points_per_micrometre(ax) * (radius[above] + radius), THINNEST)
    ax.add_collection(LineCollection(list(segments[joint & (parent >= 0)]), colors=FAINT, linewidths=THINNEST))
    shown = [int(k) for k in np.unique(kind[~joint])]
    colours = {k: COLOURS.get(k, CYCLE[3 + k % 3]) for k in shown}
    for k in shown:
        which = ~joint & (kind == k)
        cap = "butt" if k == SOMA else "round"  # round caps would lengthen a sphere, and close gaps between neurites
        ax.add_collection(
            LineCollection(list(segments[which]), colors=colours[k], linewidths=list(width[which]), capstyle=cap)
        )
    handles = [Line2D([], [], color=colours[k], label=NAMES.get(k, f"type {k}")) for k in shown]
    ax.legend(handles=handles, fontsize=7, frameon=False)
    return tidy(ax, f"{view[0]} [µm]", f"{view[1]} [µm]")


def view_axes(view: str) -> list[int]:
    """The numbers of the two axes of a view such as `xy`."""
    if len(view) != 2 or view[0] == view[1] or not set(view) <= set("xyz"):
        raise ValueError(f"the view {view!r} must be two different letters of xyz, such as 'xy' or 'xz'.")
    return ["xyz".index(axis) for axis in view]


def fit_limits(ax: "Axes", flat: np.ndarray, radius: np.ndarray) -> None:
    """Equal scales on both axes, with room for the largest radius."""
    margin = 1.05 * float(radius.max())
    low, high = flat.min(axis=0) - margin, flat.max(axis=0) + margin
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    ax.set_aspect("equal", adjustable="box")


def points_per_micrometre(ax: Any) -> float:
    """Scale of the axes in points on paper (1/72 inch) per µm."""
    ax.figure.draw_without_rendering()
    box = ax.get_window_extent()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    pixels = min(box.width / (right - left), box.height / (top - bottom))
    return pixels * POINTS_PER_INCH / ax.figure.dpi
