"""The list of ready-made cells and point neurons, by name."""

from collections.abc import Callable

from ..model import Model
from .point import LIF, QIF, AdEx, Izhikevich
from .published import (
    adapting,
    connor_stevens,
    cortical,
    fast_spiking,
    hodgkin_huxley,
    intrinsically_bursting,
    low_threshold_spiking,
    regular_spiking,
    slow_potassium,
    slow_sodium,
)

CATALOGUE: dict[str, Callable[[], Model]] = {
    "hodgkin_huxley": hodgkin_huxley,
    "regular_spiking": regular_spiking,
    "fast_spiking": fast_spiking,
    "intrinsically_bursting": intrinsically_bursting,
    "low_threshold_spiking": low_threshold_spiking,
    "connor_stevens": connor_stevens,
    "adapting": adapting,
    "slow_potassium": slow_potassium,
    "slow_sodium": slow_sodium,
    "lif": LIF,
    "qif": QIF,
    "adex": AdEx,
    "izhikevich": Izhikevich,
}

LIMITS = {
    "adapting": cortical.BOUNDS,
    "slow_potassium": cortical.SLOW_K_BOUNDS,
    "slow_sodium": cortical.SLOW_NA_BOUNDS,
}  # of those made to be fitted


def bounds(name: str) -> dict[str, tuple[float, float]]:
    """Bounds (low, high) of the free parameters of a model that is made to be fitted, by path: the `free` of `jaxneuro.fit`.

    Raises:
        KeyError: for a model without; the message lists those that have some.
    """
    if name not in LIMITS:
        raise KeyError(
            f"no bounds for {name!r}. There are for: {', '.join(LIMITS)}. Give your own: {{path: (low, high)}}."
        )
    return dict(LIMITS[name])


def make(name: str) -> Model:
    """A model of the catalogue, by name.

    Raises:
        KeyError: for an unknown name; the message lists those that exist.
    """
    if name not in CATALOGUE:
        raise KeyError(f"no model {name!r}. There are: {', '.join(CATALOGUE)}.")
    return CATALOGUE[name]()


def describe(name: str) -> tuple[str, str]:
    """What a model is, and where it comes from: the first line of its docstring, and its source."""
    if name not in CATALOGUE:
        raise KeyError(f"no model {name!r}. There are: {', '.join(CATALOGUE)}.")
    text = CATALOGUE[name].__doc__ or ""
    _, _, source = text.partition("Source:")
    return text.strip().splitlines()[0], " ".join(source.split())
