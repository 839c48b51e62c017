"""Ready-made cells and point neurons, and the list of them."""

from collections.abc import Callable
from typing import Any

from .membrane import from_branches as from_branches
from .membrane import from_morphology as from_morphology
from .point import LIF as LIF
from .point import QIF as QIF
from .point import AdEx as AdEx
from .point import Izhikevich as Izhikevich
from .published import adapting as adapting
from .published import connor_stevens as connor_stevens
from .published import fast_spiking as fast_spiking
from .published import hodgkin_huxley as hodgkin_huxley
from .published import intrinsically_bursting as intrinsically_bursting
from .published import low_threshold_spiking as low_threshold_spiking
from .published import regular_spiking as regular_spiking
from .published import slow_potassium as slow_potassium
from .published import slow_sodium as slow_sodium
from .published.hay import layer5_pyramidal as layer5_pyramidal
from .shape import divide as divide

CATALOGUE: dict[str, Callable[[], Any]] = {
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


def make(name: str) -> Any:
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
