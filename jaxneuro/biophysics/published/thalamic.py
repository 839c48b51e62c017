"""Channels of thalamic relay and reticular neurons: the sag current and a calcium current that obeys GHK."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter
from ..membrane import Channel, Environment, Kinetics, alpha_beta, ghk_current, linoid


class H(Channel):
    """Hyperpolarisation-activated cation current: sag and rebound.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Huguenard & McCormick (1992), J. Neurophysiol. 68:1373; 35.5 °C.
    """

    g_max: Values = parameter(default=0.05, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-43.0, unit="mV")
    q10 = 3.0
    celsius = 35.5

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        rate = jnp.exp(-14.59 - 0.086 * v) + jnp.exp(-1.87 + 0.0701 * v)
        return {"m": Kinetics(rate * jax.nn.sigmoid(-(v + 75.0) / 5.5), rate)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] * (v - self.e)


class CaLFlux(Channel):
    """High-threshold calcium channel of relay cells, m², its current the flux of the GHK equation; needs a pool `ca`.

    Attributes:
        permeability: Maximal permeability [cm/s].
        outside: External concentration [mM].

    Source: McCormick & Huguenard (1992), J. Neurophysiol. 68:1384, from Kay & Wong (1987), J. Physiol. 392:603.
    """

    permeability: Values = parameter(default=1e-4, unit="cm/s", least=0.0)
    outside: Values = parameter(default=2.0, unit="mM", above=0.0)
    q10 = 3.0
    celsius = 23.5
    ion = "ca"

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {"m": alpha_beta(1.6 * jax.nn.sigmoid(0.072 * (v - 5.0)), 0.1072 * linoid((1.31 - v) / 5.36))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        return gates["m"] ** 2 * ghk_current(self.permeability, v, env["ca"], self.outside, 2, env.celsius)


class KCa(Channel):
    """Calcium-activated potassium current (after-hyperpolarisation), m², without voltage dependence; needs a pool `ca`.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        half: Concentration of half activation [mM].
        closing: Closing rate [1/ms].

    Source: Destexhe, Contreras, Sejnowski & Steriade (1994), J. Neurophysiol. 72:803; 22 °C. Opening rate 48 Ca²/(mM²
    ms).
    """

    g_max: Values = parameter(default=10.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-95.0, unit="mV")
    half: Values = parameter(default=0.025, unit="mM", above=0.0)
    closing: Any = parameter(default=0.03, unit="1/ms", above=0.0)
    q10 = 3.0
    celsius = 22.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        bound = jnp.broadcast_to((env["ca"] / self.half) ** 2, v.shape)
        return {"m": alpha_beta(self.closing * bound, self.closing)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 2 * (v - self.e)
