"""Cortical and thalamic neurons: sodium, potassium, M-type and two calcium channels, and the four cells made of them.

Source: Pospischil, Toledo-Rodriguez, Monier, Piwkowska, Bal, Frégnac, Markram & Destexhe (2008), Biol. Cybern. 99:427;
parameters of the cells from the authors' programs, ModelDB 123623. Rates hold at 36 °C.
"""

import math

import jax
import jax.numpy as jnp

from ...arithmetic import Values, shared_exp
from ...pytree import parameter
from ..membrane import Cell, Channel, Environment, Kinetics, alpha_beta, linoid, steady_tau
from .hodgkin_huxley import Leak

AREA = 28_952.9  # µm², a cylinder of 96 µm × 96 µm
AREA_FAST = 14_102.6  # µm², a cylinder of 67 µm × 67 µm


def sodium_gates(u: jax.Array) -> dict[str, Kinetics]:
    """Activation m and inactivation h at u = v - v_t [mV]: Traub & Miles (1991), as in Pospischil et al. (2008), eq. 3."""
    fast = shared_exp((u - 40.0) / 5.0)
    m = alpha_beta(1.28 * linoid((u - 13.0) / 4.0), 1.4 * linoid((40.0 - u) / 5.0, fast))
    h = alpha_beta(0.128 * jnp.exp((17.0 - u) / 18.0), 4.0 / (1.0 + 1.0 / fast))
    return {"m": m, "h": h}


def potassium_gates(u: jax.Array) -> dict[str, Kinetics]:
    """Activation n at u = v - v_t [mV]: Traub & Miles (1991), as in Pospischil et al. (2008), eq. 4."""
    slow = shared_exp(-u / 40.0)
    opening = 0.16 * linoid((u - 15.0) / 5.0, math.exp(3.0) * slow**8)
    return {"n": alpha_beta(opening, 0.5 * math.exp(0.25) * slow)}


def muscarinic_gates(u: jax.Array, tau_max: Values) -> dict[str, Kinetics]:
    """Activation p at u [mV] above its midpoint: Yamada, Koch & Adams (1989), as in Pospischil et al. (2008), eq. 5."""
    slow = shared_exp(-u / 20.0)
    return {"p": steady_tau(1.0 / (1.0 + slow**2), tau_max / (3.3 / slow + slow))}


def high_threshold_gates(v: jax.Array) -> dict[str, Kinetics]:
    """Activation q and inactivation r of high-threshold calcium channels: Reuveni et al. (1993), as in eq. 6."""
    q = alpha_beta(0.209 * linoid((v + 27.0) / 3.8), 0.94 * jnp.exp((-75.0 - v) / 17.0))
    r = alpha_beta(0.000457 * jnp.exp((-13.0 - v) / 50.0), 0.0065 * jax.nn.sigmoid((v + 15.0) / 28.0))
    return {"q": q, "r": r}


class CorticalNa(Channel):
    """Sodium channel of action potentials, m³h.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        v_t: Shifts the spike threshold [mV].

    Source: Traub & Miles (1991), as in Pospischil et al. (2008), eq. 3.
    """

    g_max: Values = parameter(default=50.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    v_t: Values = parameter(default=-55.0, unit="mV")
    q10 = 3.0
    celsius = 36.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return sodium_gates(v - self.v_t)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class CorticalK(Channel):
    """Delayed-rectifier potassium channel of action potentials, n⁴.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        v_t: Shifts the spike threshold [mV].

    Source: Traub & Miles (1991), as in Pospischil et al. (2008), eq. 4.
    """

    g_max: Values = parameter(default=5.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-100.0, unit="mV")
    v_t: Values = parameter(default=-55.0, unit="mV")
    q10 = 3.0
    celsius = 36.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return potassium_gates(v - self.v_t)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["n"] ** 4 * (v - self.e)


class M(Channel):
    """Slow voltage-dependent potassium channel, which makes firing adapt.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        tau_max: Scale of the time constant [ms].

    Source: Yamada, Koch & Adams (1989), as in Pospischil et al. (2008), eq. 5.
    """

    g_max: Values = parameter(default=0.07, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-100.0, unit="mV")
    tau_max: Values = parameter(default=1000.0, unit="ms", above=0.0)
    q10 = 2.3
    celsius = 36.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return muscarinic_gates(v + 35.0, self.tau_max)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"] * (v - self.e)


class CaL(Channel):
    """High-threshold (L-type) calcium channel, q²r.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].

    Source: Reuveni, Friedman, Amitai & Gutnick (1993), J. Neurosci. 13:4609, as in Pospischil et al. (2008), eq. 6.
    """

    g_max: Values = parameter(default=0.17, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=120.0, unit="mV")
    ion = "ca"

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return high_threshold_gates(v)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["q"] ** 2 * gates["r"] * (v - self.e)


class CaT(Channel):
    """Low-threshold (T-type) calcium channel, s²u with s at its steady state.

    The time constant follows the authors' program, where only the bracket is divided by 1 + exp((v + v_x + 84) / 3.2);
    as printed, the line over 3.7 spans the constant too, which makes the channel inactivate within the upstroke.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        v_x: Shift of the voltage dependence [mV].

    Source: Destexhe, Bal, McCormick & Sejnowski (1996), J. Neurophysiol. 76:2049, as in Pospischil et al. (2008), eq.
    7.
    """

    g_max: Values = parameter(default=0.4, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=120.0, unit="mV")
    v_x: Values = parameter(default=2.0, unit="mV")
    q10 = 3.0
    celsius = 24.0
    ion = "ca"

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v + self.v_x
        tau = 30.8 + (211.4 + jnp.exp((u + 113.2) / 5.0)) * jax.nn.sigmoid(-(u + 84.0) / 3.2)
        return {"u": steady_tau(jax.nn.sigmoid(-(u + 81.0) / 4.0), tau)}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        s = jax.nn.sigmoid((v + self.v_x + 57.0) / 6.2)
        return self.g_max * s**2 * gates["u"] * (v - self.e)


def regular_spiking() -> Cell:
    """Regular-spiking cortical pyramidal cell: adapts through the M-current; 0.75 nA (2.6 µA/cm²) drives it.

    Source: Pospischil et al. (2008), Biol. Cybern. 99:427; ModelDB 123623, sPY_template.
    """
    return _cell({"na": CorticalNa(), "k": CorticalK(), "m": M(), "leak": Leak(0.1, -70.0)})


def fast_spiking() -> Cell:
    """Fast-spiking cortical interneuron: no adaptation; 0.5 nA (3.5 µA/cm²) drives it.

    Source: Pospischil et al. (2008), Biol. Cybern. 99:427; ModelDB 123623, sIN_template.
    """
    return _cell({"na": CorticalNa(), "k": CorticalK(g_max=10.0), "leak": Leak(0.15, -70.0)}, area=AREA_FAST)


def intrinsically_bursting() -> Cell:
    """Intrinsically bursting cortical cell: an L-type calcium current; 0.15 nA (0.52 µA/cm²) drives it.

    Source: Pospischil et al. (2008), Biol. Cybern. 99:427; ModelDB 123623, demo_PY_IB.
    """
    channels = {"na": CorticalNa(), "k": CorticalK(), "m": M(0.03), "cal": CaL(0.17), "leak": Leak(0.01, -85.0)}
    return _cell(channels, v_init=-84.0)


def low_threshold_spiking() -> Cell:
    """Low-threshold-spiking cortical cell: a T-type calcium current, rebound bursts; 0.15 nA (0.52 µA/cm²) drives it.

    Source: Pospischil et al. (2008), Biol. Cybern. 99:427; ModelDB 123623, demo_PY_LTS.
    """
    channels = {"na": CorticalNa(), "k": CorticalK(), "m": M(0.03), "cat": CaT(0.4), "leak": Leak(0.01, -85.0)}
    return _cell(channels, v_init=-84.0)


def _cell(channels: dict[str, Channel], area: float = AREA, v_init: float = -70.0) -> Cell:
    return Cell(channels, area=(area,), celsius=36.0, v_init=v_init)
