"""What a model gets wrong, in words."""

from typing import Any

import numpy as np

COUNT, FEWEST = 0.1, 1.5  # of the measured spikes, and spikes, by which a count may be off
HEIGHT, REST = 8.0, 3.0  # mV by which a spike's peak and the resting potential may be off


def misses(scores: dict[str, Any]) -> list[list[str]]:
    """What a model misses in each sweep: how many spikes, how high, and the potential before the stimulus.

    Args:
        scores: Of `scores.score`.

    Returns:
        Sentences, none for a sweep that is met (sweep, miss).
    """
    rows = zip(
        *(np.asarray(scores[name]) for name in ("spikes", "model_spikes", "height_error", "rest_error")), strict=True
    )
    return [_of_sweep(*map(float, row)) for row in rows]


def _of_sweep(spikes: float, model: float, height: float, rest: float) -> list[str]:
    said = []
    if abs(model - spikes) > max(COUNT * spikes, FEWEST if spikes > 4 else 0.5):
        said.append(f"{model:.0f} spikes where {spikes:.0f} were measured")
    if abs(height) > HEIGHT:
        said.append(f"its spikes are {abs(height):.0f} mV too {'high' if height > 0 else 'low'}")
    if abs(rest) > REST:
        said.append(f"it rests {abs(rest):.1f} mV too {'high' if rest > 0 else 'low'}")
    return said
