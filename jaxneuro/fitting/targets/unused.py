"""What a target leaves out of its sweeps, said as warnings."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...crossings import all_spikes
from ...recording import Recording
from .protocol import Stimulus

NAMED = "if that is wrong, name it, step=(on, off)"


def warn_of_unused(unused: Any, total: Any, sweeps: Sequence[Recording], given: Sequence[Stimulus], how: str) -> None:
    """Warn of sweeps whose spikes all lie outside the stimulus.

    Args:
        unused, total: Spikes of each trace.
        sweeps: The sweeps, each of one or more traces in a row.
        given: The stimulus of each.
        how: `found` or `told`.
    """
    count = len(unused) // len(sweeps)
    for n in np.flatnonzero((unused == np.asarray(total)) & (unused > 0)).tolist():
        sweep, stimulus = sweeps[n // count], given[n // count]
        fix = NAMED if how == "found" else "times are in ms, from the start of the sweep"
        warnings.warn(
            f"{sweep.name or 'a sweep'}: none of its {unused[n]} spikes is used, its stimulus was {how} "
            f"from {stimulus.on:g} to {stimulus.off:g} ms: {fix}.",
            stacklevel=4,
        )


def warn_of_level(sweeps: Sequence[Recording], total: Any, level: float | None) -> None:
    """Warn of a level that no spike reaches."""
    if level is None or np.any(np.asarray(total) > 0):
        return
    traces = [(s, x) for s in sweeps for x in np.asarray(s.v, float).reshape(len(s.t), -1).T]
    peaks = np.concatenate([x[all_spikes(s.t, x).peaks] for s, x in traces])
    if peaks.size:
        warnings.warn(
            f"no spike reaches level = {level:g} mV; without it {peaks.size} are found, with peaks up to {peaks.max():.3g} "
            "mV: leave it out, or lower it (level=, --level).",
            stacklevel=4,
        )


def warn_of_empty_window(window: tuple[float, float], given: Sequence[Stimulus]) -> None:
    """Warn of a window without any stimulus, if there is one outside it."""
    outside = [s for s in given if s.step and (s.off <= window[0] or s.on >= window[1])]
    if outside and len(outside) == sum(s.step is not None for s in given):
        warnings.warn(
            f"window = ({window[0]:g}, {window[1]:g}) ms holds nothing of the stimulus, which is on from {outside[0].on:g} to "
            f"{outside[0].off:g} ms: nothing is fitted but rest; times are in ms.",
            stacklevel=4,
        )
