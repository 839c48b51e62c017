"""The squid giant axon.

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, table 3 and eqs. 12-13, 20-21, 23-24; 6.3 °C. Voltages are here
absolute with the resting potential at -65 mV, where the paper counts depolarisation from rest downwards.
"""

import math

import jax
import jax.numpy as jnp

from ...arithmetic import Values, reciprocal, shared_exp
from ...pytree import parameter
from ..membrane import Cell, Channel, Environment, Kinetics, alpha_beta, linoid

REST = -65.0  # mV, the convention of most simulators; the paper gives differences only


class Na(Channel):
    """Squid sodium channel, m³h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=120.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v - REST
        slow = shared_exp(-u / 20.0)
        m = alpha_beta(linoid((u - 25.0) / 10.0, math.exp(2.5) * slow**2), 4.0 * jnp.exp(-u / 18.0))
        h = alpha_beta(0.07 * slow, reciprocal(1.0 + math.exp(3.0) * slow**2))
        return {"m": m, "h": h}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class K(Channel):
    """Squid delayed-rectifier potassium channel, n⁴.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=36.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-77.0, unit="mV")
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v - REST
        slow = shared_exp(-u / 80.0)
        return {"n": alpha_beta(0.1 * linoid((u - 10.0) / 10.0, math.e * slow**8), 0.125 * slow)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["n"] ** 4 * (v - self.e)


class Leak(Channel):
    """Ohmic leak.

    Attributes:
        g_max: Conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=0.3, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-54.387, unit="mV")

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del gates, env
        return self.g_max * (v - self.e)


def hodgkin_huxley(celsius: float = 6.3) -> Cell:
    """A patch of squid giant axon: 1 µF/cm², 120 / 36 / 0.3 mS/cm².

    Args:
        celsius: Temperature [°C]; rates scale with a Q10 of 3.

    Returns:
        A cell of one compartment of 1000 µm².

    Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, table 3.
    """
    return Cell({"na": Na(), "k": K(), "leak": Leak()}, celsius=celsius)
