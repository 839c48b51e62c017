"""Voltages against time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike

from ..recording import Recording
from .style import CYCLE, DATA, FAINT, MODEL, STIMULUS, new_axes, thinned, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def trace(
    recording: Recording | Sequence[Recording],
    current: ArrayLike | None = None,
    *,
    unit: str = "nA",
    axes: "Axes | Sequence[Axes] | None" = None,
) -> list:
    """Voltage of one or several recordings, the stimulus below.

    Args:
        recording: What to show; of several, each gets a colour and its name.
        current: The stimulus at the recording's times (time,); by default the injected current that a recording holds.
        unit: Unit of the stimulus.
        axes: Two axes to draw on, voltage and stimulus; a new figure by default.

    Returns:
        The axes of the voltage and, if there is a stimulus, of the stimulus.
    """
    recordings = [recording] if isinstance(recording, Recording) else list(recording)
    currents = [r.current if current is None else current for r in recordings]
    shown = any(c is not None for c in currents)
    axes = new_axes(axes, 2 if shown else 1, heights=(3, 1) if shown else None)
    for n, (r, c) in enumerate(zip(recordings, currents, strict=True)):
        colour = DATA if len(recordings) == 1 else CYCLE[n % len(CYCLE)]
        for compartment in range(r.v.shape[1]):
            t, v = thinned(r.t, np.asarray(r.v)[:, compartment])
            axes[0].plot(t, v, color=colour, lw=0.9, label=r.name if compartment == 0 and r.name else None)
        if c is not None:
            axes[1].plot(*thinned(r.t, c), color=STIMULUS if len(recordings) == 1 else colour, lw=0.9)
    tidy(axes[0], y="V [mV]")
    if len(recordings) > 1 and any(r.name for r in recordings):
        axes[0].legend(fontsize=7, frameon=False)
    if shown:
        tidy(axes[1], y=f"I [{unit}]")
    tidy(axes[-1], x="time [ms]")
    axes[0].figure.align_ylabels(axes)
    return axes


def data_against_model(
    data: Sequence[Recording],
    model: Sequence[Recording],
    titles: Sequence[str] = (),
    judged: Sequence[tuple[float, float]] = (),
    *,
    axes: "Axes | Sequence[Axes] | None" = None,
) -> list:
    """Measured sweeps and the model's answer to the same current, one row a sweep.

    Args:
        data: Measured sweeps.
        model: The model's recordings, in the same order.
        titles: What each row is, such as `fitted` or `held out`; the names of the data by default.
        judged: The part of each row that counts, which is shaded (start, end) [ms].
        axes: As many axes as sweeps; a new figure by default.

    Returns:
        The axes.
    """
    axes = new_axes(axes, len(data), size=(8.0, 0.7 + 1.7 * len(data)))
    for n, (ax, measured, simulated) in enumerate(zip(axes, data, model, strict=True)):
        ax.plot(*thinned(measured.t, np.asarray(measured.v)[:, 0]), color=DATA, lw=0.8, label="measured")
        ax.plot(*thinned(simulated.t, np.asarray(simulated.v)[:, 0]), color=MODEL, lw=0.8, alpha=0.85, label="model")
        if judged:
            ax.axvspan(*judged[n], color=FAINT, alpha=0.25, lw=0, zorder=-1)
        tidy(ax, y="V [mV]", title=titles[n] if titles else measured.name)
    axes[0].legend(fontsize=8, frameon=False, loc="upper right", ncols=2, bbox_to_anchor=(1, 1.15))
    tidy(axes[-1], x="time [ms]")
    return axes


def loss_curves(
    history: ArrayLike, *, kept: ArrayLike | None = None, floor: float = 1e-12, ax: "Axes | None" = None
) -> "Axes":
    """Loss of every start against optimisation steps, the best in colour.

    Args:
        history: Losses (start, step); steps that were not made are NaN.
        kept: True for starts that count (start,); all by default. Others are not drawn.
        floor: Losses below are drawn here.
        ax: Where to draw; a new figure by default.

    Returns:
        The axes.
    """
    (ax,) = new_axes(None if ax is None else [ax], size=(4.8, 3.2))
    history = np.atleast_2d(np.asarray(history, float))
    kept = np.ones(len(history), bool) if kept is None else np.asarray(kept)
    history = np.maximum(history[kept], floor)
    history = history[:, : int(np.isfinite(history).any(axis=0).sum())]  # of a run that was stopped, what was made
    if not history.size:
        return tidy(ax, "step", "loss")
    steps = np.arange(1, history.shape[1] + 1)
    for row in history:
        ax.plot(steps, row, color=FAINT, lw=0.6)
    last = [row[np.isfinite(row)][-1] if np.isfinite(row).any() else np.inf for row in history]
    ax.plot(steps, history[int(np.argmin(last))], color=MODEL, lw=1.4, label=f"best of {len(history)}")
    ax.legend(fontsize=8, frameon=False)
    ax.set_yscale("log")
    if history.shape[1] > 100:
        ax.set_xscale("log")
    return tidy(ax, "step", "loss")
