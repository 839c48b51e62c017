"""Synapses that answer a spike with a sum of exponentials, which a solver advances exactly.

A spike of weight w [µS] adds w times the kernel to the conductance g of the postsynaptic site; a synapse then says what
current flows at that conductance.
"""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...checks import INFINITY, Rule
from ...circuit import Graded as Graded
from ...circuit import Junction as Junction
from ...circuit import Spiking as Spiking
from ...circuit import Synapse as Synapse
from ...pytree import parameter
from .graded import AbbottMarder as AbbottMarder
from .graded import GapJunction as GapJunction
from .graded import WangBuzsaki as WangBuzsaki
from .short_term import TsodyksMarkram as TsodyksMarkram

__all__ = [
    "AMPA",
    "GABAA",
    "GABAB",
    "NMDA",
    "AbbottMarder",
    "DoubleExponential",
    "Exponential",
    "ExponentialCurrent",
    "GapJunction",
    "Graded",
    "Synapse",
    "TsodyksMarkram",
    "WangBuzsaki",
]


def __dir__() -> list[str]:
    return __all__


class Exponential(Spiking):
    """A conductance that jumps by the weight and decays: g(t) = w exp(-t / tau).

    Attributes:
        tau: Time constant: one number, or one for each postsynaptic cell [ms].
        e: Reversal potential [mV].
    """

    tau: Values = parameter(default=5.0, unit="ms", above=0.0)
    e: Values = parameter(default=0.0, unit="mV")
    least_weight = 0.0

    def kernel(self) -> tuple[tuple[Values, Values], ...]:
        return ((1.0, 1.0 / self.tau),)


class ExponentialCurrent(Exponential):
    """A current that jumps by the weight [nA, of either sign] and decays, whatever the voltage: i(t) = -w exp(-t / tau).

    Attributes:
        tau: Time constant: one number, or one for each postsynaptic cell [ms].
        e: Without effect.
    """

    least_weight = -INFINITY

    def current(self, g: jax.Array, v: jax.Array) -> jax.Array:
        del v
        return -g


class DoubleExponential(Spiking):
    """A conductance that rises and decays: g(t) = w (exp(-t / tau_decay) - exp(-t / tau_rise)) / p, with p so that w is its peak.

    Attributes:
        tau_rise: Time constant of the rise, less than that of the decay [ms].
        tau_decay: Time constant of the decay [ms].
        e: Reversal potential [mV].

    Source: Dayan & Abbott (2001), Theoretical Neuroscience, eq. 5.35.
    """

    tau_rise: Values = parameter(default=0.5, unit="ms", above=0.0)
    tau_decay: Values = parameter(default=5.0, unit="ms", above=0.0)
    e: Values = parameter(default=0.0, unit="mV")
    least_weight = 0.0

    def rules(self) -> list[Rule]:
        """What must hold of several parameters."""
        text = (
            f"tau_rise = {self.tau_rise} ms is not shorter than tau_decay = {self.tau_decay} ms: make the rise faster."
        )
        return [Rule(self.tau_rise < self.tau_decay, text)]

    def kernel(self) -> tuple[tuple[Values, Values], ...]:
        ratio = self.tau_rise / self.tau_decay
        power = 1.0 / (1.0 - ratio)
        peak = jnp.power(ratio, ratio * power) - jnp.power(ratio, power)
        return ((1.0 / peak, 1.0 / self.tau_decay), (-1.0 / peak, 1.0 / self.tau_rise))


class AMPA(Exponential):
    """Fast glutamate receptor, closing at 0.19 / ms.

    Attributes:
        tau: Time constant [ms].
        e: Reversal potential [mV].

    Source: Destexhe, Mainen & Sejnowski (1994), Neural Comput. 6:14, with its fit to recordings.
    """

    tau: Values = parameter(default=1.0 / 0.19, unit="ms", above=0.0)
    e: Values = parameter(default=0.0, unit="mV")


class GABAA(Exponential):
    """Fast receptor for GABA, closing at 0.18 / ms.

    Attributes:
        tau: Time constant [ms].
        e: Reversal potential [mV].

    Source: Destexhe, Mainen & Sejnowski (1998), in Koch & Segev, Methods in Neuronal Modeling, ch. 1.
    """

    tau: Values = parameter(default=1.0 / 0.18, unit="ms", above=0.0)
    e: Values = parameter(default=-80.0, unit="mV")


class NMDA(DoubleExponential):
    """Slow glutamate receptor, blocked by magnesium at negative voltages.

    i = g (v - e) / (1 + [Mg] / 3.57 mM exp(-0.062 v))

    Attributes:
        tau_rise: Time constant of the rise [ms].
        tau_decay: Time constant of the decay [ms].
        e: Reversal potential [mV].
        magnesium: Concentration outside [mM].

    Source: Jahr & Stevens (1990), J. Neurosci. 10:3178, for the block; Wang (1999), J. Neurosci. 19:9587, for the times.
    """

    tau_rise: Values = parameter(default=2.0, unit="ms", above=0.0)
    tau_decay: Values = parameter(default=100.0, unit="ms", above=0.0)
    e: Values = parameter(default=0.0, unit="mV")
    magnesium: Values = parameter(default=1.0, unit="mM", least=0.0)

    def unblocked(self, v: jax.Array) -> jax.Array:
        """Fraction of channels that are not blocked at a voltage [mV]."""
        return 1.0 / (1.0 + self.magnesium / 3.57 * jnp.exp(-0.062 * v))

    def current(self, g: jax.Array, v: jax.Array) -> jax.Array:
        return g * self.unblocked(v) * (v - self.e)


class GABAB(DoubleExponential):
    """Slow receptor for GABA, whose channels open when four G-proteins bind: only bursts of spikes open many.

    g = g_max s⁴ / (s⁴ + half⁴), where s counts spikes: each adds weight / g_max times the kernel, whose peak is 1.

    Receptors unbind at 1.2 / s and G-proteins are lost at 34 / s, which are the two exponentials. The G-proteins of all
    synapses on a site add up (Thomson & Destexhe, 1999, Neuroscience 92:1193), and receptors are far from saturated.

    Attributes:
        g_max: Conductance with all channels open [µS].
        half: Spikes of a synapse of weight g_max, at once, that open half of the channels: 0.5 mM of GABA for 0.3 ms
            bind 1.35 % of receptors, and that makes 0.063 µM of G-protein at its peak; half opens at 100^(1/4) µM.
        tau_rise: Time constant of the rise of s [ms].
        tau_decay: Time constant of the decay of s [ms].
        e: Reversal potential [mV].

    Source: Destexhe, Mainen & Sejnowski (1998), in Koch & Segev, Methods in Neuronal Modeling, ch. 1.
    """

    g_max: Values = parameter(default=0.1, unit="µS", above=0.0)
    half: Values = parameter(default=50.0, above=0.0)
    tau_rise: Values = parameter(default=1000.0 / 34.0, unit="ms", above=0.0)
    tau_decay: Values = parameter(default=1000.0 / 1.2, unit="ms", above=0.0)
    e: Values = parameter(default=-95.0, unit="mV")

    def current(self, g: jax.Array, v: jax.Array) -> jax.Array:
        s = jnp.maximum(g / self.g_max, 0.0) ** 4
        return self.g_max * s / (s + self.half**4) * (v - self.e)
