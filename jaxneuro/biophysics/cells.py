"""Ready-made cells and point neurons, and the list of them."""

from .catalogue import CATALOGUE as CATALOGUE
from .catalogue import bounds as bounds
from .catalogue import describe as describe
from .catalogue import make as make
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
