"""Point neurons with a reset."""

from .base import PointNeuron as PointNeuron
from .integrate_and_fire import LIF as LIF
from .integrate_and_fire import AdEx as AdEx
from .quadratic import QIF as QIF
from .quadratic import Izhikevich as Izhikevich
from .quadratic import upstroke as upstroke
