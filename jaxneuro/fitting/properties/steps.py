"""Features of every step of a sweep, a row each. NumPy."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...recording import Recording
from ..targets import LEAST, Segment, Stimulus, measure

SHORTEST = 10.0  # ms of a step that has features
RELATIVE_TO_BASE = ("base", "input_resistance")
STEP_UNITS = {
    "start": "ms", "stop": "ms", "current": "nA", "holding": "nA", "rate": "Hz", "latency": "ms", "ap_height": "mV",
    "ap_amplitude": "mV", "ap_width": "ms", "ahp_depth": "mV", "base": "mV", "steady": "mV", "sag": "mV",
    "input_resistance": "MΩ", "time_constant": "ms",
}  # fmt: skip


def step_rows(sweep: Recording, stimulus: Stimulus, level: float | None) -> Iterator[dict[str, Any]]:
    """A row for the step of the protocol, and one for each other step, in order."""
    main = stimulus.step
    others = [s for s in stimulus.segments if s.kind == "step" and not (main and _overlap(s, main))]
    parts = [s for s in (*others, main) if s is not None and s.kind == "step"]
    for part in sorted(parts, key=lambda s: s.start):
        start, stop = max(part.start, float(sweep.t[0])), min(part.stop, float(sweep.t[-1]))
        if stop - start < SHORTEST:
            continue
        found = measure(sweep, start, stop, part.change if abs(part.change) > LEAST else None, level=level)
        if _in_the_baseline(part, stimulus):
            found |= dict.fromkeys(RELATIVE_TO_BASE, np.nan)
        yield {
            "sweep": sweep.name, "role": "protocol" if part == main else "other", "start": start, "stop": stop,
            "current": part.change, "holding": part.level - part.change, **found,
        }  # fmt: skip


def _overlap(a: Segment, b: Segment) -> bool:
    return a.start < b.stop - 1.0 and b.start < a.stop - 1.0


def _in_the_baseline(part: Segment, stimulus: Stimulus) -> bool:
    """Whether something else was injected in the tenth of the time before a step that eFEL takes for its baseline."""
    return any(s.kind != "holding" and 0.9 * part.start < s.stop <= part.start + 1e-6 for s in stimulus.segments)
