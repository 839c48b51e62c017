"""Ready-made channels."""

from .calcium import CalciumPool as CalciumPool
from .channel import FoxLu as FoxLu
from .connor_stevens import A as A
from .connor_stevens import CrabK as CrabK
from .connor_stevens import CrabNa as CrabNa
from .hodgkin_huxley import K as K
from .hodgkin_huxley import Leak as Leak
from .hodgkin_huxley import Na as Na
from .pospischil import CaL as CaL
from .pospischil import CaT as CaT
from .pospischil import CorticalK as CorticalK
from .pospischil import CorticalNa as CorticalNa
from .pospischil import M as M
from .schemes import KScheme as KScheme
from .schemes import NaScheme as NaScheme
from .thalamic import CaLFlux as CaLFlux
from .thalamic import H as H
from .thalamic import KCa as KCa
