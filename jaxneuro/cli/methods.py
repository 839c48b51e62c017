"""Losses and optimisers by the names that `jaxneuro fit --loss --optimiser` take."""

from collections.abc import Callable
from typing import Any

from ..fitting import losses
from ..learn import REACH

FEATURES = "features"  # of spikes: the residuals of the fit itself
RESIDUALS = {"voltage_error": losses.voltage_error, "segment_error": losses.segment_error}
SCALARS = {"van_rossum": losses.van_rossum, "soft_dtw": losses.soft_dtw}
STEPS = {"lm": 25, "cmaes": 100, "de": 100, "adam": 300}
ADAM_STEP = 0.05  # of the logit of a parameter


def chosen_method(loss: str | None, optimiser: str | None) -> tuple[Callable | None, Any, int]:
    """The loss, the optimiser and how many steps it takes; None for those that `jn.fit` takes by default.

    Raises:
        ValueError: for an unknown name, or Levenberg–Marquardt for a loss that is no sum of squares.
    """
    if loss not in (None, FEATURES, *RESIDUALS, *SCALARS):
        raise ValueError(f"--loss {loss}: there are {', '.join((FEATURES, *RESIDUALS, *SCALARS))}.")
    name = optimiser or ("adam" if loss in SCALARS else "lm")
    if name not in STEPS:
        raise ValueError(f"--optimiser {name}: there are {', '.join(STEPS)}.")
    if name == "lm" and loss in SCALARS:
        raise ValueError(f"--optimiser lm needs squared residuals and {loss} is a distance: take adam, cmaes or de.")
    return {**RESIDUALS, **SCALARS}.get(loss or FEATURES), _optimiser(name), STEPS[name]


def _optimiser(name: str) -> Any:
    if name == "lm":
        return None
    if name == "adam":
        import optax

        return optax.adam(ADAM_STEP)
    from ..learn import CMAES, DifferentialEvolution

    return CMAES(limit=REACH) if name == "cmaes" else DifferentialEvolution()
