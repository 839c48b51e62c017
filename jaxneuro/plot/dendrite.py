"""What happens in a dendrite: a quantity of compartments on the shape of the neuron, and along a way through it."""

from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike
from matplotlib.collections import LineCollection

from ..biophysics.shape import Division, Morphology
from .morphology import THINNEST, fit_limits, points_per_micrometre, view_axes
from .style import new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


SEQUENTIAL = "viridis"


def on_morphology(
    tree: Morphology,
    division: Division,
    values: ArrayLike,
    *,
    label: str = "V [mV]",
    limits: tuple[float, float] | None = None,
    colours: str = SEQUENTIAL,
    widening: float = 1.0,
    view: str = "xy",
    ax: "Axes | None" = None,
) -> "Axes":
    """A quantity of compartments in colour on a neuron projected on a plane, with a scale.

    Args:
        tree: The neuron.
        division: How it is divided into compartments, from `divide`.
        values: The quantity (compartment,).
        label: What it is, with its unit: of a parameter `jaxneuro.label_of(cell, path)`.
        limits: Ends of the scale; those of the values by default.
        colours: Name of a colour map of matplotlib.
        widening: Diameters are drawn so many times as wide as they are.
        view: The two axes to show, of `xyz`.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: for values that are not one a compartment, or a view that is not two different letters of xyz.
    """
    values = np.asarray(values)
    if values.shape != (len(division.tree.kind),):
        raise ValueError(f"values has shape {values.shape}: must be ({len(division.tree.kind)},), one a compartment.")
    axes = view_axes(view)
    (ax,) = new_axes(None if ax is None else [ax], size=(4.8, 4.8))
    flat, radius = np.asarray(tree.position)[:, axes], np.asarray(tree.radius)
    fit_limits(ax, flat, radius)
    end, start = flat[division.point], flat[np.maximum(np.asarray(tree.parent)[division.point], 0)]
    near, far = (start + fraction[:, None] * (end - start) for fraction in (division.near, division.far))
    width = np.maximum(2.0 * widening * points_per_micrometre(ax) * radius[division.point], 2.0 * THINNEST)
    lines = LineCollection(list(np.stack([near, far], axis=1)), linewidths=list(width), cmap=colours, capstyle="round")
    lines.set_array(values[division.half // 2])
    lines.set_clim(*(limits or (values.min(), values.max())))
    ax.add_collection(lines)
    ax.figure.colorbar(lines, ax=ax, label=label, shrink=0.6)
    return tidy(ax, f"{view[0]} [µm]", f"{view[1]} [µm]")


def kymograph(
    t: ArrayLike,
    distance: ArrayLike,
    v: ArrayLike,
    *,
    label: str = "V [mV]",
    limits: tuple[float, float] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """A quantity against time and place, in colour: how it travels along a dendrite.

    Args:
        t: Times (time,) [ms].
        distance: Of the compartments from the soma, such as `cable.path_distance[cable.way(tip)]` (compartment,) [µm].
        v: The quantity (time, compartment).
        label: What it is, with its unit.
        limits: Ends of the scale; those of the values by default.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: for shapes that do not fit.
    """
    t, distance, v = np.asarray(t), np.asarray(distance), np.asarray(v)
    if v.shape != (t.size, distance.size):
        raise ValueError(f"v has shape {v.shape}: must be (time, compartment), here ({t.size}, {distance.size}).")
    (ax,) = new_axes(None if ax is None else [ax])
    low, high = limits or (v.min(), v.max())
    image = ax.pcolormesh(t, distance, v.T, cmap=SEQUENTIAL, vmin=low, vmax=high, shading="nearest", rasterized=True)
    ax.figure.colorbar(image, ax=ax, label=label)
    return tidy(ax, "time [ms]", "distance from the soma [µm]")
