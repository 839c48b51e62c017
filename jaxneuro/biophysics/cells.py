"""Ready-made cells and point neurons, and the list of them."""

from collections.abc import Callable
from typing import Any

from .compartments import divide as divide
from .connor_stevens import connor_stevens as connor_stevens
from .cortical import adapting as adapting
from .cortical import slow_potassium as slow_potassium
from .cortical import slow_sodium as slow_sodium
from .from_morphology import from_branches as from_branches
from .from_morphology import from_morphology as from_morphology
from .hodgkin_huxley import hodgkin_huxley as hodgkin_huxley
from .integrate_and_fire import LIF as LIF
from .integrate_and_fire import AdEx as AdEx
from .layer5 import layer5_pyramidal as layer5_pyramidal
from .pospischil import fast_spiking as fast_spiking
from .pospischil import intrinsically_bursting as intrinsically_bursting
from .pospischil import low_threshold_spiking as low_threshold_spiking
from .pospischil import regular_spiking as regular_spiking
from .quadratic import QIF as QIF
from .quadratic import Izhikevich as Izhikevich

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
