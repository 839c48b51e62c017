"""What a cell does with steps of current."""

from typing import Any

import numpy as np

from ..fitting import IntrinsicProperties, PassiveProperties
from .style import DATA, FAINT, MODEL, REFERENCE, new_axes, thinned, tidy


def firing_curve(found: IntrinsicProperties, *, ax: Any = None) -> Any:
    """The f–I curve, with the threshold between the largest silent current and rheobase shaded.

    Args:
        found: Properties of a cell.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(ax)
    ax.plot(1e3 * found.currents, found.rates, "o-", color=DATA, ms=3.5, lw=0.9)
    if np.isfinite(found.rheobase):
        low = found.silent if np.isfinite(found.silent) else found.rheobase
        ax.axvspan(1e3 * low, 1e3 * found.rheobase, color=REFERENCE, alpha=0.25, lw=0.5)
    text = f"rheobase {1e3 * found.rheobase:.3g} pA" if np.isfinite(found.rheobase) else "no rheobase"
    return tidy(ax, "current [pA]", "rate [Hz]", f"f-I curve: {text}")


def passive_fit(found: PassiveProperties, *, ax: Any = None) -> Any:
    """The mean response to small steps over its current, and the curve that was fitted.

    Args:
        found: Properties of a membrane; without a response only the verdict is shown.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(ax)
    if found.t.size:
        t, response, fitted = thinned(found.t, found.response, found.fitted)
        ax.plot(t, response, color=FAINT, lw=0.8)
        ax.plot(t, fitted, color=MODEL, lw=1.2)
    known = np.isfinite(found.time_constant)
    text = f"{found.input_resistance:.3g} MΩ, {found.time_constant:.3g} ms, {found.capacitance:.3g} pF"
    return tidy(ax, "time [ms]", "V / I [MΩ]", f"passive: {text if known else found.verdict.split(':')[0]}")
