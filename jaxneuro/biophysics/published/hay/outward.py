"""Potassium channels of layer 5 pyramidal cells.

Source: Hay, Hill, Schürmann, Markram & Segev (2011), PLoS Comput. Biol. 7:e1002107; constants from ModelDB 139653, where
rates that were measured at 21 °C are multiplied by 2.3^((34 - 21) / 10), and the others hold at any temperature.
"""

import jax
import jax.numpy as jnp

from ....arithmetic import Values, shared_exp
from ....pytree import parameter
from ...membrane import Channel, Environment, Kinetics, alpha_beta, steady_tau


class Kv3(Channel):
    """Fast potassium channel of high threshold (Kv3.1), m, which ends action potentials.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Rettig et al. (1992), EMBO J. 11:2473, as SKv3_1 of Hay et al. (2011).
    """

    g_max: Values = parameter(default=693.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-85.0, unit="mV")

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {"m": steady_tau(jax.nn.sigmoid((v - 18.7) / 9.7), 4.0 * jax.nn.sigmoid((v + 46.56) / 44.14))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] * (v - self.e)


class TransientK(Channel):
    """Potassium channel that inactivates fast, m⁴h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Korngreen & Sakmann (2000), J. Physiol. 525:621, as K_Tst of Hay et al. (2011), 10 mV lower for the junction
    potential; 21 °C.
    """

    g_max: Values = parameter(default=81.2, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-85.0, unit="mV")
    q10 = 2.3
    celsius = 21.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        m = steady_tau(jax.nn.sigmoid((v + 10.0) / 19.0), 0.34 + 0.92 * _bell((v + 81.0) / 59.0))
        h = steady_tau(jax.nn.sigmoid(-(v + 76.0) / 10.0), 8.0 + 49.0 * _bell((v + 83.0) / 23.0))
        return {"m": m, "h": h}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 4 * gates["h"] * (v - self.e)


class PersistentK(Channel):
    """Potassium channel that inactivates slowly, m²h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Korngreen & Sakmann (2000), J. Physiol. 525:621, as K_Pst of Hay et al. (2011), 10 mV lower for the junction
    potential; 21 °C.
    """

    g_max: Values = parameter(default=2.23, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-85.0, unit="mV")
    q10 = 2.3
    celsius = 21.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v + 10.0
        rising = shared_exp(0.026 * u)
        tau = 1.25 + jnp.where(u < -50.0, 175.03 * rising, 13.0 / rising)
        slow = 360.0 + (1010.0 + 24.0 * (u + 55.0)) * _bell((u + 75.0) / 48.0)
        m, h = steady_tau(jax.nn.sigmoid((u + 1.0) / 12.0), tau), steady_tau(jax.nn.sigmoid(-(u + 54.0) / 11.0), slow)
        return {"m": m, "h": h}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 2 * gates["h"] * (v - self.e)


class PyramidalM(Channel):
    """Slow potassium channel of low threshold (M-current), m.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Adams, Brown & Constanti (1982), J. Physiol. 330:537, as Im of Hay et al. (2011); 21 °C.
    """

    g_max: Values = parameter(default=0.0675, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-85.0, unit="mV")
    q10 = 2.3
    celsius = 21.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        rising = shared_exp(0.1 * (v + 35.0))
        return {"m": alpha_beta(3.3e-3 * rising, 3.3e-3 / rising)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] * (v - self.e)


class SK(Channel):
    """Potassium channel that calcium opens, z, without voltage dependence; needs a pool `ca`.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        half: Concentration of half activation [mM].

    Source: Köhler et al. (1996), Science 273:1709, as SK_E2 of Hay et al. (2011).
    """

    g_max: Values = parameter(default=44.1, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-85.0, unit="mV")
    half: Values = parameter(default=4.3e-4, unit="mM", above=0.0)

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        calcium = jnp.maximum(env["ca"], 1e-7)  # the logarithm has no slope at 0
        steady = jax.nn.sigmoid(4.8 * jnp.log(calcium / self.half))
        return {"z": steady_tau(jnp.broadcast_to(steady, v.shape), jnp.ones_like(v))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["z"] * (v - self.e)


def _bell(x: jax.Array) -> jax.Array:
    return jnp.exp(-x * x)
