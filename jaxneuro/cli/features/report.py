"""What `jaxneuro features` prints and draws."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...fitting import IntrinsicProperties
from ...recording import Recording
from ..output import pyplot

COLUMNS = {  # shown of a step: head, width, form
    "current": ("nA", 9, ".4g"), "count": ("spikes", 8, "d"), "rate": ("Hz", 8, ".4g"), "latency": ("latency", 9, ".4g"),
    "isi_cv": ("ISI CV", 8, ".2g"), "adaptation": ("adapt.", 9, ".2g"), "ap_height": ("peak mV", 9, ".4g"),
    "ap_width": ("width ms", 10, ".3g"), "ahp_depth": ("AHP mV", 8, ".4g"), "base": ("base", 8, ".4g"),
    "steady": ("steady", 8, ".4g"), "sag": ("sag mV", 8, ".2g"), "input_resistance": ("MΩ", 8, ".4g"),
}  # fmt: skip
OF_SILENT_STEPS = ("sag", "input_resistance")  # with spikes they mean nothing, though eFEL has them
MOST_TRACES = 8


def step_table(found: IntrinsicProperties) -> str:
    """A line for each step of the protocol; other steps are only in the files."""
    rows = [row for row in found.steps if row["role"] == "protocol"] or found.steps
    wide = max(len(row["sweep"]) for row in rows)
    lines = [f"{'sweep':<{wide}}" + "".join(f"{head:>{width}}" for head, width, _ in COLUMNS.values())]
    for row in rows:
        silent = row if not row["count"] else row | dict.fromkeys(OF_SILENT_STEPS, np.nan)
        cells = (_shown(silent[name], width, form) for name, (_, width, form) in COLUMNS.items())
        lines.append(f"{row['sweep']:<{wide}}" + "".join(cells))
    if len(rows) < len(found.steps):
        lines.append(f"and {len(found.steps) - len(rows)} steps beside the protocol's, in the files")
    return "\n".join(lines)


def _shown(value: float, width: int, form: str) -> str:
    return f"{value:>{width}{form}}" if np.isfinite(value) else f"{'-':>{width}}"


def draw(found: IntrinsicProperties, sweeps: Sequence[Recording]) -> Any:
    """The f–I curve, the hyperpolarising responses with their sag, and the passive fit, side by side."""
    plt = pyplot()
    from ...plot import firing_curve, passive_fit, trace

    page, (left, middle, right) = plt.subplots(1, 3, figsize=(11.0, 3.4), layout="constrained")
    firing_curve(found, ax=left)
    down = sorted((r for r in found.steps if r["role"] == "protocol" and r["current"] < 0), key=lambda r: r["current"])
    named = {sweep.name: sweep for sweep in sweeps}
    shown = [_around(named[row["sweep"]], row["start"], row["stop"]) for row in down[:MOST_TRACES]]
    if shown:
        trace(shown, axes=middle)
        if legend := middle.get_legend():
            legend.remove()
    ratio = f"sag ratio {found.sag_ratio:.2f}" if np.isfinite(found.sag_ratio) else "no sag ratio"
    middle.set_title(f"hyperpolarising steps: {ratio}", fontsize=9, loc="left")
    passive_fit(found.passive, ax=right)
    return page


def _around(sweep: Recording, start: float, stop: float) -> Recording:
    """A step with a quarter of its time before and after, without its current."""
    t, margin = np.asarray(sweep.t), 0.25 * (stop - start)
    near = (t >= start - margin) & (t <= stop + margin)
    return Recording(t[near], {"v": np.asarray(sweep.v)[near]}, name=sweep.name)  # pyright: ignore
