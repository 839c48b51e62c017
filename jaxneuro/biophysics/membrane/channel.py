"""The channel contract: two methods, and the rest of the package works."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from ...arithmetic import Values
from ...pytree import Pytree, parameter, static
from .gates import Kinetics, Markov
from .ions import ghk_current, nernst


class Environment(Pytree):
    """What a channel may know beside the voltage.

    Attributes:
        celsius: Temperature [°C].
        area: Membrane area (compartment,) [µm²].
        concentrations: Internal concentrations by ion (compartment,) [mM].
        pools: Where they are from, with valences and external concentrations.
    """

    celsius: Values
    area: Any
    concentrations: dict[str, jax.Array]
    pools: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __getitem__(self, ion: str) -> jax.Array:
        if ion not in self.concentrations:
            pool = "CalciumPool()" if ion == "ca" else "IonPool(rest, tau, depth, outside)"
            raise KeyError(f"the cell has no concentration {ion!r}: insert a pool, cell.insert({ion!r}, {pool}).")
        return self.concentrations[ion]

    def reversal(self, ion: str) -> jax.Array:
        """Nernst potential of an ion (compartment,) [mV]."""
        inside, pool = self[ion], self.pools[ion]
        return nernst(inside, pool.outside, pool.valence, self.celsius)

    def flux(self, ion: str, permeability: Values, v: jax.Array) -> jax.Array:
        """Current density of an ion through open channels of a permeability [cm/s], by GHK (compartment,) [µA/cm²]."""
        inside, pool = self[ion], self.pools[ion]
        return ghk_current(permeability, v, inside, pool.outside, pool.valence, self.celsius)


class Channel(Pytree):
    """Base of every ionic mechanism. A new one needs parameters, `gates` and `current`:

        class PersistentSodium(jn.Channel):
            g_max: float = 0.1  # mS/cm²
            e: float = 50.0  # mV

            def gates(self, v, env):
                return {"p": jn.steady_tau(jax.nn.sigmoid((v + 50.0) / 6.0), 5.0)}

            def current(self, v, gates, env):
                return self.g_max * gates["p"] * (v - self.e)

    `g_max: float = jn.parameter(default=0.1, unit="mS/cm²", least=0.0, linear=True)` says what the number may be: a negative
    one is then refused, or, where it is traced, makes the `ok` of a recording False. Without that all but NaN goes. `linear`
    says that the current is proportional to it, so that a fit finds it by balance of currents; its name says nothing.

    Set `q10` and `celsius` (as fields, to fit them, or as plain class attributes) to let temperature scale the rates, and
    `ion` to have the current change a concentration.
    """

    q10 = 1.0  # factor on all rates for 10 °C
    celsius = 6.3  # temperature at which the rates hold [°C]
    ion = None  # the ion whose pool this current fills

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics | Markov]:
        """Kinetics of each gate at voltage v (compartment,) [mV], at the channel's own temperature.

        Those in a compartment depend on its own voltage only; derivatives rely on that.
        """
        del v, env
        return {}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        """Current density, outward positive (compartment,) [µA/cm²]."""
        raise NotImplementedError(f"{type(self).__name__} must define current(self, v, gates, env).")

    def warmth(self, celsius: Values) -> jax.Array | None:
        """Factor on all rates at the temperature of the cell [°C]; None if it is one at any temperature."""
        if isinstance(self.q10, float) and self.q10 == 1.0:
            return None
        return jnp.power(self.q10, (celsius - self.celsius) / 10.0)


class FoxLu(Channel):
    """A channel whose gates fluctuate, because there are finitely many of it.

    Each gate gets independent white noise, dx = (...) dt + √((α (1 - x) + β x) / n) dW with n = density × area.

    Attributes:
        channel: The channel.
        density: Channels per area [1/µm²]; squid: 60 for Na, 18 for K.

    Source: Fox & Lu (1994), Phys. Rev. E 49:3421; densities from Hille (2001), Ion Channels, ch. 12.
    """

    channel: Channel
    density: Values = parameter(default=60.0, unit="1/µm²", above=0.0)
    ion: str | None = static(default=None)

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics | Markov]:
        count = self.density * env.area
        return {
            name: gate.replace(count=count) if isinstance(gate, Kinetics) else gate
            for name, gate in self.channel.gates(v, env).items()
        }

    def warmth(self, celsius: Values) -> jax.Array | None:
        return self.channel.warmth(celsius)

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        return self.channel.current(v, gates, env)


def line(current: Callable, v: jax.Array, origin: Values = 0.0) -> tuple[jax.Array, jax.Array]:
    """A current as `slope (v - origin) + intercept`: the tangent at v.

    Args:
        current: Function of voltage (compartment,) [mV] giving a current density [µA/cm²].
        v: Where (compartment,) [mV].
        origin: What voltages are counted from (compartment,) [mV].

    Returns:
        Slope (compartment,) [mS/cm²] and intercept (compartment,) [µA/cm²].
    """
    # A slope that does not depend on v is the same everywhere, and at the origin the voltage drops out of the intercept: for
    # ohmic channels, nearly all, the compiled gradient is twice as fast.
    if _slope_is_constant(current, v):
        value, slope = jax.jvp(current, (jnp.zeros_like(v) + origin,), (jnp.ones_like(v),))
        return slope, value
    value, slope = jax.jvp(current, (v,), (jnp.ones_like(v),))
    return slope, value - slope * (v - origin)


def _slope_is_constant(current: Callable, v: jax.Array) -> bool:
    """Whether the derivative of a current does not use the voltage."""
    return not uses(lambda v: jax.jvp(current, (v,), (jnp.ones_like(v),))[1], v)


def uses(function: Callable, x: jax.Array) -> bool:
    """Whether what a function of an array gives depends on it, read off its trace."""
    jaxpr = jax.make_jaxpr(function)(jnp.zeros(x.shape, x.dtype)).jaxpr
    depends = set(jaxpr.invars)
    for equation in jaxpr.eqns:
        if any(x in depends for x in equation.invars if not isinstance(x, Literal)):
            depends.update(equation.outvars)
    return any(x in depends for x in jaxpr.outvars if not isinstance(x, Literal))
