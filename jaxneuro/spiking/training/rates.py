"""One optimiser for some parameters, another for others."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import optax

from ...pytree import unknown

REST = "the rest"


def by_path(
    optimiser: optax.GradientTransformation | None, rates: Mapping[str, Any] | None, paths: tuple[str, ...]
) -> optax.GradientTransformation:
    """The optimiser of a training.

    Args:
        optimiser: Of all paths that no pattern names; by default `adam(1e-3)`.
        rates: By path or pattern, a learning rate of Adam or an optax transformation; the first that matches counts.
        paths: What is trained.

    Raises:
        KeyError: for a pattern that matches nothing that is trained.
        ValueError: for a rate that is not positive.
    """
    if not rates:
        return optimiser or optax.adam(1e-3)
    for pattern, rate in rates.items():
        if not any(fnmatchcase(path, pattern) for path in paths):
            raise KeyError(f"learning_rates: of what is trained, {unknown(pattern, list(paths))}")
        if not isinstance(rate, optax.GradientTransformation) and not rate > 0:
            raise ValueError(
                f"learning_rates[{pattern!r}] = {rate}: give a positive number, or an optax transformation."
            )
    labels = tuple((path, next((p for p in rates if fnmatchcase(path, p)), REST)) for path in paths)
    return _labelled(optimiser, tuple(rates.items()), labels)


@lru_cache(maxsize=64)  # an epoch is compiled for an optimiser, so that the same call must give the same one
def _labelled(optimiser: Any, rates: tuple, labels: tuple) -> optax.GradientTransformation:
    own = {p: rate if isinstance(rate, optax.GradientTransformation) else optax.adam(rate) for p, rate in rates}
    return optax.multi_transform({REST: optimiser or optax.adam(1e-3), **own}, dict(labels))
