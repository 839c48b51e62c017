"""Synapses that know no spikes: graded release, which follows the presynaptic voltage, and gap junctions."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...circuit import Graded, Junction
from ...pytree import parameter
from ..membrane import Kinetics, alpha_beta


class AbbottMarder(Graded):
    """Graded inhibition of the stomatogastric kind.

    ds/dt = (s̄ - s) / τ with s̄ = 1 / (1 + exp((v_half - v) / width)) and τ = (1 - s̄) / rate

    Attributes:
        v_half: Presynaptic voltage at which half is open [mV].
        width: How gradual it is [mV].
        rate: Rate of closing [1/ms].
        e: Reversal potential [mV].

    Source: Abbott & Marder (1998), in Koch & Segev, Methods in Neuronal Modeling, ch. 10; constants of the glutamatergic
    synapse of Prinz, Bucher & Marder (2004), Nat. Neurosci. 7:1345.
    """

    v_half: Values = parameter(default=-35.0, unit="mV")
    width: Values = parameter(default=5.0, unit="mV", above=0.0)
    rate: Values = parameter(default=0.025, unit="1/ms", above=0.0)
    e: Values = parameter(default=-70.0, unit="mV")

    def kinetics(self, v: jax.Array) -> Kinetics:
        odds = jnp.exp((v - self.v_half) / self.width)  # of being open
        return Kinetics(self.rate * odds, self.rate * (1.0 + odds))


class WangBuzsaki(Graded):
    """Fast inhibition between interneurons: ds/dt = opening F(v) (1 - s) - closing s, F = 1 / (1 + exp(-(v - v_half) / width)).

    Attributes:
        opening: Rate of opening at full release [1/ms].
        closing: Rate of closing [1/ms].
        v_half: Presynaptic voltage of half release [mV].
        width: How gradual it is [mV].
        e: Reversal potential [mV].

    Source: Wang & Buzsáki (1996), J. Neurosci. 16:6402, eqs. 2.1-2.3.
    """

    opening: Values = parameter(default=12.0, unit="1/ms", least=0.0)
    closing: Values = parameter(default=0.1, unit="1/ms", above=0.0)
    v_half: Values = parameter(default=0.0, unit="mV")
    width: Values = parameter(default=2.0, unit="mV", above=0.0)
    e: Values = parameter(default=-75.0, unit="mV")

    def kinetics(self, v: jax.Array) -> Kinetics:
        return alpha_beta(self.opening * jax.nn.sigmoid((v - self.v_half) / self.width), jnp.full_like(v, self.closing))


class GapJunction(Junction):
    """An electrical synapse: the current w (v_pre - v_post) flows into the postsynaptic site, and out of the presynaptic one.

    Each junction is one edge, whichever way round. It has no delay.
    """
