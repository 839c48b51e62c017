"""The Connor–Stevens neuron: an A-current lets it fire as slowly as one likes.

Source: Connor, Walter & McKown (1977), Biophys. J. 18:81 (crab walking-leg axon, 18 °C); constants as in Dayan & Abbott
(2001), Theoretical Neuroscience, appendix 6.1.
"""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter
from ..membrane import Cell, Channel, Environment, Kinetics, alpha_beta, linoid, steady_tau
from .hodgkin_huxley import Leak


class CrabNa(Channel):
    """Crab axon sodium channel, m³h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=120.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=55.0, unit="mV")
    q10 = 3.0
    celsius = 18.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        m = alpha_beta(3.8 * linoid((v + 29.7) / 10.0), 15.2 * jnp.exp(-0.0556 * (v + 54.7)))
        h = alpha_beta(0.266 * jnp.exp(-0.05 * (v + 48.0)), 3.8 * jax.nn.sigmoid(0.1 * (v + 18.0)))
        return {"m": m, "h": h}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class CrabK(Channel):
    """Crab axon delayed-rectifier potassium channel, n⁴.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=20.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-72.0, unit="mV")
    q10 = 3.0
    celsius = 18.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {"n": alpha_beta(0.2 * linoid((v + 45.7) / 10.0), 0.25 * jnp.exp(-0.0125 * (v + 55.7)))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["n"] ** 4 * (v - self.e)


class A(Channel):
    """Transient potassium current, a³b: delays spikes after hyperpolarisation.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=47.7, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-75.0, unit="mV")
    q10 = 3.0
    celsius = 18.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        open_cubed = 0.0761 * jnp.exp(0.0314 * (v + 94.22)) / (1 + jnp.exp(0.0346 * (v + 1.17)))
        a = steady_tau(jnp.cbrt(open_cubed), 0.3632 + 1.158 * jax.nn.sigmoid(-0.0497 * (v + 55.96)))
        b = steady_tau(jax.nn.sigmoid(-0.0688 * (v + 53.3)) ** 4, 1.24 + 2.678 * jax.nn.sigmoid(-0.0624 * (v + 50.0)))
        return {"a": a, "b": b}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["a"] ** 3 * gates["b"] * (v - self.e)


def connor_stevens() -> Cell:
    """Connor–Stevens neuron: type I excitability by an A-current; fires from about 8 µA/cm² on.

    Source: Connor, Walter & McKown (1977), Biophys. J. 18:81; Dayan & Abbott (2001), appendix 6.1.
    """
    channels = {"na": CrabNa(), "k": CrabK(), "a": A(), "leak": Leak(0.3, -17.0)}
    return Cell(channels, celsius=18.0, v_init=-68.0)
