"""One optimiser for some parameters, another for others."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import optax

from ..arithmetic import Values
from ..pytree import matching, unknown

REST = "the rest"


def by_path(
    optimiser: optax.GradientTransformation | None, rates: Mapping[str, Any] | None, paths: tuple[str, ...]
) -> optax.GradientTransformation:
    """The optimiser of a training.

    Args:
        optimiser: Of all paths that no pattern names; by default `adam(1e-3)`.
        rates: By path or pattern, a learning rate of Adam, a schedule of it, or an optax transformation; the first that matches
            counts.
        paths: What is trained.

    Raises:
        KeyError: for a pattern that matches nothing that is trained.
        ValueError: for a rate that is not positive, and for a pattern to which those before it leave nothing.
    """
    if not rates:
        return optimiser or optax.adam(1e-3)
    found = {pattern: matching(paths, pattern) for pattern in rates}
    if lost := [pattern for pattern, them in found.items() if not them]:
        raise KeyError(f"learning_rates: of what is trained, {unknown(lost[0], list(paths))}")
    labels = tuple((path, next((p for p, them in found.items() if path in them), REST)) for path in paths)
    if idle := [pattern for pattern in rates if pattern not in dict(labels).values()]:
        raise ValueError(
            f"learning_rates[{idle[0]!r}] is of no account, as patterns before it match all that it does: put it first."
        )
    return _labelled(optimiser, tuple((pattern, _rate(pattern, rate)) for pattern, rate in rates.items()), labels)


def _rate(pattern: str, rate: Values) -> Any:
    if isinstance(rate, optax.GradientTransformation) or callable(rate):
        return rate
    if np.ndim(rate) or isinstance(rate, str | None) or not 0 < float(rate) < np.inf:
        raise ValueError(
            f"learning_rates[{pattern!r}] = {rate}: give a positive number, a schedule, or an optax transformation."
        )
    return float(rate)


@lru_cache(maxsize=64)  # an epoch is compiled for an optimiser, so that the same call must give the same one
def _labelled(optimiser: Any, rates: tuple, labels: tuple) -> optax.GradientTransformation:
    own = {p: rate if isinstance(rate, optax.GradientTransformation) else optax.adam(rate) for p, rate in rates}
    return optax.multi_transform({REST: optimiser or optax.adam(1e-3), **own}, dict(labels))
