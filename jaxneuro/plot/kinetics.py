"""Gates against voltage, rates against depolarisation, firing against current."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from .style import CYCLE, DATA, MODEL, REFERENCE, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gates(cell: Any, channel: str, v: ArrayLike | None = None, *, axes: "Axes | Sequence[Axes] | None" = None) -> list:
    """Steady states and time constants of a channel's gates.

    Args:
        cell: The cell.
        channel: The channel's name in the cell.
        v: Voltages [mV]; -100 to 50 by default.
        axes: Two axes, steady state and time constant; a new figure by default.

    Returns:
        The axes of the steady states and of the time constants.

    Raises:
        KeyError: for a channel without gates; the message lists those that have some.
    """
    v = jnp.linspace(-100.0, 50.0, 301) if v is None else jnp.asarray(v)
    kinetics = jax.vmap(lambda u: cell.gate_kinetics(cell.initial(u)))(v)
    if channel not in kinetics:
        raise KeyError(f"no gates in channel {channel!r}. There are gates in: {', '.join(kinetics)}.")
    axes = new_axes(axes, 2, size=(4.8, 4.4))
    for n, (name, gate) in enumerate(kinetics[channel].items()):
        colour = CYCLE[n % len(CYCLE)]
        axes[0].plot(v, jnp.broadcast_to(gate.steady[:, 0], v.shape), color=colour, label=name)
        axes[1].plot(v, jnp.broadcast_to(1.0 / gate.rate[:, 0], v.shape), color=colour)
    axes[0].legend(fontsize=8, frameon=False)
    tidy(axes[0], y="steady state")
    tidy(axes[1], "V [mV]", "time constant [ms]")
    axes[1].set_ylim(bottom=0)
    return axes


def rate(
    measured: tuple[Any, Any], curves: Mapping[str, Callable], title: str = "", *, ax: "Axes | None" = None
) -> "Axes":
    """A rate constant against depolarisation: measured points and curves through them.

    Args:
        measured: Depolarisations [mV] and rates [1/ms], each (sample,).
        curves: Functions of depolarisation by name; at most the first two get the colours of model and reference.
        title: Name of the rate.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(None if ax is None else [ax], size=(4.0, 3.0))
    u = np.linspace(0.0, 1.03 * float(np.max(measured[0])), 200)
    colours = (MODEL, REFERENCE, *CYCLE[2:])
    for (name, curve), colour, style in zip(curves.items(), colours, ("-", "--", ":", "-."), strict=False):
        ax.plot(u, np.asarray(curve(u)), style, color=colour, lw=1.4, label=name)
    ax.plot(*measured, "o", color=DATA, ms=4, mfc="white", label="measured", zorder=3)
    ax.set_ylim(min(0.0, 1.3 * float(np.min(measured[1]))), 1.25 * float(np.max(measured[1])))
    return tidy(ax, "depolarisation [mV]", "rate [1/ms]", title)


def firing_rate(
    current: ArrayLike, rates: Mapping[str, Any], unit: str = "µA/cm²", *, ax: "Axes | None" = None
) -> "Axes":
    """Firing rate against current.

    Args:
        current: Currents (current,).
        rates: Rates (current,) [Hz], by name.
        unit: Unit of the current.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(None if ax is None else [ax], size=(4.0, 3.0))
    styles = ("o-", "s--", "^:", "v-.", "d-", "x--")
    for (name, values), colour, style in zip(rates.items(), (MODEL, REFERENCE, *CYCLE[2:]), styles, strict=False):
        ax.plot(np.asarray(current), np.asarray(values), style, color=colour, ms=3, lw=1.2, label=name)
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=8, frameon=False)
    return tidy(ax, f"current [{unit}]", "firing rate [Hz]")
