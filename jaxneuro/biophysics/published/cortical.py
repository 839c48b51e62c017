"""Cortical cells made to be fitted: every quantity that differs from cell to cell is a parameter.

The channels are those of Pospischil et al. (2008) with a factor on their rates; the M-current has a free midpoint; a
slow potassium gate or slow sodium inactivation may be added. Rates hold at the temperature of the recording.
"""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter
from ..membrane import Cell, Channel, Environment, Kinetics, steady_tau
from .hodgkin_huxley import Leak
from .pospischil import muscarinic_gates, potassium_gates, sodium_gates


class FitNa(Channel):
    """Sodium channel of action potentials, m³h, with free speed.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        v_t: Shifts the spike threshold [mV].
        rate: Factor on all rates.

    Source: Traub & Miles (1991), as in Pospischil et al. (2008), Biol. Cybern. 99:427, eq. 3.
    """

    g_max: Values = parameter(default=50.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    v_t: Values = parameter(default=-55.0, unit="mV")
    rate: Values = parameter(default=1.0, above=0.0)

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {name: gate.faster(self.rate) for name, gate in sodium_gates(v - self.v_t).items()}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class SlowInactivatingNa(Channel):
    """The sodium channel of `FitNa` with a second, slow inactivation s: i = g m³ h s (v - e).

    Attributes:
        g_max, e, v_t, rate: As of `FitNa`.
        v_s: Potential of half slow inactivation [mV].
        tau_s: Its time constant [ms].
        share: How much of the conductance can inactivate slowly, in [0, 1].

    Source: form of Fleidervish, Friedman & Gutnick (1996), J. Physiol. 493:83; a sigmoid of 8 mV.
    """

    g_max: Values = parameter(default=50.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    v_t: Values = parameter(default=-55.0, unit="mV")
    rate: Values = parameter(default=1.0, above=0.0)
    v_s: Values = parameter(default=-45.0, unit="mV")
    tau_s: Values = parameter(default=300.0, unit="ms", above=0.0)
    share: Values = parameter(default=0.5, least=0.0, most=1.0)

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        slow = 1.0 - self.share * jax.nn.sigmoid((v - self.v_s) / 8.0)
        fast = FitNa(self.g_max, self.e, self.v_t, self.rate).gates(v, env)
        return {**fast, "s": steady_tau(slow, jnp.broadcast_to(self.tau_s, v.shape))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * gates["s"] * (v - self.e)


class FitK(Channel):
    """Delayed-rectifier potassium channel, n⁴, with free speed.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        v_t: Shifts the activation [mV].
        rate: Factor on all rates.

    Source: Traub & Miles (1991), as in Pospischil et al. (2008), Biol. Cybern. 99:427, eq. 4.
    """

    g_max: Values = parameter(default=5.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-90.0, unit="mV")
    v_t: Values = parameter(default=-55.0, unit="mV")
    rate: Values = parameter(default=1.0, above=0.0)

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {name: gate.faster(self.rate) for name, gate in potassium_gates(v - self.v_t).items()}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["n"] ** 4 * (v - self.e)


class FitM(Channel):
    """Slow potassium channel that makes firing adapt, with free midpoint.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        tau_max: Scale of the time constant [ms].
        v_half: Potential of half activation [mV].

    Source: Yamada, Koch & Adams (1989), as in Pospischil et al. (2008), Biol. Cybern. 99:427, eq. 5 (there
        v_half = -35 mV).
    """

    g_max: Values = parameter(default=0.07, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-90.0, unit="mV")
    tau_max: Values = parameter(default=1000.0, unit="ms", above=0.0)
    v_half: Values = parameter(default=-35.0, unit="mV")

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return muscarinic_gates(v - self.v_half, self.tau_max)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"] * (v - self.e)


class SlowK(Channel):
    """High-threshold potassium channel that opens in spikes and closes slowly: i = g p (v - e).

    It stands for slow calcium- or sodium-dependent afterhyperpolarisation, without the ion.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        tau: Time constant [ms].
        v_half: Potential of half activation [mV].

    Source: form of the adaptation current of Benda & Herz (2003), Neural Comput. 15:2523, eq. 2.4; a sigmoid of 5 mV.
    """

    g_max: Values = parameter(default=0.05, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-90.0, unit="mV")
    tau: Values = parameter(default=300.0, unit="ms", above=0.0)
    v_half: Values = parameter(default=-10.0, unit="mV")

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        return {"p": steady_tau(jax.nn.sigmoid((v - self.v_half) / 5.0), jnp.broadcast_to(self.tau, v.shape))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"] * (v - self.e)


BOUNDS = {
    "area": (2e3, 1e5), "leak.g_max": (0.01, 0.5), "na.g_max": (5.0, 300.0), "k.g_max": (0.5, 100.0),
    "m.g_max": (1e-3, 3.0), "leak.e": (-95.0, -45.0), "na.v_t+k.v_t": (-75.0, -35.0), "na.e": (30.0, 90.0),
    "k.e+m.e": (-110.0, -65.0), "na.rate": (0.3, 4.0), "k.rate": (0.2, 4.0), "m.tau_max": (30.0, 3000.0),
    "m.v_half": (-55.0, -10.0),
}  # fmt: skip
"""Bounds of the 13 parameters of `adapting`, wide enough for regular and fast-spiking cells at 22 to 36 °C."""

SLOW_K_BOUNDS = {
    **{path: limits for path, limits in BOUNDS.items() if path != "k.e+m.e"},
    "k.e+m.e+slow.e": BOUNDS["k.e+m.e"], "slow.g_max": (1e-3, 3.0), "slow.tau": (20.0, 3000.0),
    "slow.v_half": (-40.0, 10.0),
}  # fmt: skip
"""Bounds of the 16 parameters of `slow_potassium`."""

SLOW_NA_BOUNDS = {**BOUNDS, "na.v_s": (-70.0, -20.0), "na.tau_s": (20.0, 3000.0), "na.share": (0.02, 0.98)}
"""Bounds of the 16 parameters of `slow_sodium`."""


def adapting() -> Cell:
    """A cortical cell to be fitted: sodium, potassium, M and leak channels, 13 parameters.

    The membrane has 1 µF/cm², so its area is its capacitance.

    Source: Pospischil et al. (2008), Biol. Cybern. 99:427; what is free after Gonçalves et al. (2020), eLife 9:e56261.
    """
    return Cell({"na": FitNa(), "k": FitK(), "m": FitM(), "leak": Leak(0.1, -70.0)}, area=(15_000.0,), celsius=36.0)


def slow_potassium() -> Cell:
    """`adapting` with one slow high-threshold potassium gate.

    Source: as of `adapting`; Benda & Herz (2003), Neural Comput. 15:2523.
    """
    return adapting().insert("slow", SlowK())


def slow_sodium() -> Cell:
    """`adapting` with slow inactivation of the sodium channel.

    Source: as of `adapting`; Fleidervish, Friedman & Gutnick (1996), J. Physiol. 493:83.
    """
    return adapting().insert("na", SlowInactivatingNa())
