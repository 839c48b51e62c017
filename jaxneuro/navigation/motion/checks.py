"""Times and parameters that a motion cannot have. What is traced passes."""

import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Scalar


def require_times(steps: int, dt: Scalar) -> None:
    """Refuse a time that does not pass.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps = {steps}: give an integer of 1 or more.")
    if not isinstance(dt, Tracer) and not (np.isfinite(dt) and dt > 0):
        raise ValueError(f"dt = {dt}: give a positive step in s.")


def require_parameters(given: PyTree, kind: type, positive: tuple[str, ...]) -> PyTree:
    """The parameters of a motion, by default those of its model.

    Args:
        given: The parameters, or None.
        kind: What they must be.
        positive: Which of them must be above 0; the others must not be below.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    p = kind() if given is None else given
    if not isinstance(p, kind):
        raise ValueError(f"parameters are {type(p).__name__}: give {kind.__name__}(...), those of this motion.")
    require_numbers(**vars(p))
    for name, value in vars(p).items():
        if not isinstance(value, Tracer) and (np.any(np.less(value, 0)) or (name in positive and not np.all(value))):
            raise ValueError(f"{name} = {value}: give a number {'above 0' if name in positive else 'of 0 or more'}.")
    return p


def require_numbers(**values: PyTree) -> None:
    """Refuse what is not finite.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    for name, value in values.items():
        if not isinstance(value, Tracer) and not np.isfinite(value).all():
            raise ValueError(f"{name} = {value} is not finite: give a number.")
