"""Channels of layer 5 pyramidal cells that let cations in: sodium, calcium, and the mixed current of hyperpolarisation.

Source: Hay, Hill, Schürmann, Markram & Segev (2011), PLoS Comput. Biol. 7:e1002107; constants from ModelDB 139653, where
rates that were measured at 21 °C are multiplied by 2.3^((34 - 21) / 10), and the others hold at any temperature.
"""

import math

import jax
import jax.numpy as jnp

from ....arithmetic import Values, shared_exp
from ....pytree import parameter
from ...membrane import Channel, Environment, Kinetics, alpha_beta, linoid, nernst, steady_tau
from ..pospischil import high_threshold_gates


class TransientNa(Channel):
    """Sodium channel of action potentials, m³h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Colbert & Pan (2002), Nat. Neurosci. 5:533, as NaTa_t of Hay et al. (2011); 21 °C.
    """

    g_max: Values = parameter(default=2040.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    q10 = 2.3
    celsius = 21.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        falling = shared_exp(-(v + 66.0) / 6.0)
        of_h = 0.09 * linoid((v + 66.0) / 6.0, falling)
        return {"m": _activation(v, math.exp(28.0 / 6.0) * falling), "h": alpha_beta(falling * of_h, of_h)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class PersistentNa(Channel):
    """Sodium channel that hardly inactivates, m³h; its m is six times slower than that of `TransientNa`.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Magistretti & Alonso (1999), J. Gen. Physiol. 114:491, as Nap_Et2 of Hay et al. (2011); 21 °C.
    """

    g_max: Values = parameter(default=1.72, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    q10 = 2.3
    celsius = 21.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        rate = _activation(v, jnp.exp(-(v + 38.0) / 6.0)).rate / 6.0
        closing = 2.88e-6 * 4.63 * linoid(-(v + 17.0) / 4.63)
        slow = closing + 6.94e-6 * 2.63 * linoid((v + 64.4) / 2.63)
        steady_m, steady_h = jax.nn.sigmoid((v + 52.6) / 4.6), jax.nn.sigmoid(-(v + 48.8) / 10.0)
        return {"m": Kinetics(steady_m * rate, rate), "h": Kinetics(steady_h * slow, slow)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class CaHVA(Channel):
    """High-threshold calcium channel, q²r, with the Nernst potential of calcium; needs a pool `ca`.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        outside: External concentration [mM].

    Source: Reuveni, Friedman, Amitai & Gutnick (1993), J. Neurosci. 13:4609, as Ca_HVA of Hay et al. (2011).
    """

    g_max: Values = parameter(default=0.992, unit="mS/cm²", least=0.0, linear=True)
    outside: Values = parameter(default=2.0, unit="mM", above=0.0)
    ion = "ca"

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return high_threshold_gates(v)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        e = nernst(env["ca"], self.outside, 2, env.celsius)
        return self.g_max * gates["q"] ** 2 * gates["r"] * (v - e)


class CaLVA(Channel):
    """Low-threshold calcium channel, m²h, with the Nernst potential of calcium; needs a pool `ca`.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        outside: External concentration [mM].

    Source: Avery & Johnston (1996), J. Neurosci. 16:5567, and Randall & Tsien (1997), Neuropharmacology 36:879, as Ca_LVAst
    of Hay et al. (2011), 10 mV lower for the junction potential; 21 °C.
    """

    g_max: Values = parameter(default=3.43, unit="mS/cm²", least=0.0, linear=True)
    outside: Values = parameter(default=2.0, unit="mM", above=0.0)
    q10 = 2.3
    celsius = 21.0
    ion = "ca"

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        m = steady_tau(jax.nn.sigmoid((v + 40.0) / 6.0), 5.0 + 20.0 * jax.nn.sigmoid(-(v + 35.0) / 5.0))
        h = steady_tau(jax.nn.sigmoid(-(v + 90.0) / 6.4), 20.0 + 50.0 * jax.nn.sigmoid(-(v + 50.0) / 7.0))
        return {"m": m, "h": h}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        e = nernst(env["ca"], self.outside, 2, env.celsius)
        return self.g_max * gates["m"] ** 2 * gates["h"] * (v - e)


class PyramidalH(Channel):
    """Mixed cation current that hyperpolarisation turns on, m.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Kole, Hallermann & Stuart (2006), J. Neurosci. 26:1677, as Ih of Hay et al. (2011).
    """

    g_max: Values = parameter(default=0.2, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-45.0, unit="mV")

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {"m": alpha_beta(6.43e-3 * 11.9 * linoid(-(v + 154.9) / 11.9), 0.193 * jnp.exp(v / 33.1))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] * (v - self.e)


def _activation(v: jax.Array, falling: jax.Array) -> Kinetics:
    """m of `TransientNa`, with falling = exp(-(v + 38) / 6); linoid(-x) = exp(-x) linoid(x) spares an exponential."""
    rising = 6.0 * linoid((v + 38.0) / 6.0, falling)
    return alpha_beta(0.182 * rising, 0.124 * falling * rising)
