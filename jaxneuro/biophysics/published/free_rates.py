"""Rate functions with free coefficients, and the squid channels built of them.

Where `hodgkin_huxley.Na` and `K` carry the published coefficients as constants, `FreeNa` and `FreeK` carry them as
leaves, so that kinetics can be fitted.

Source: the functional forms of Hodgkin & Huxley (1952), J. Physiol. 117:500, eqs. 12, 13, 20, 21, 23, 24.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree, parameter
from ..membrane import Cell, Channel, Environment, Kinetics, alpha_beta, linoid
from .hodgkin_huxley import REST, Leak


class LinoidRate(Pytree):
    """rate × x / (1 - exp(-x)), x = (u - midpoint) / slope: rises exponentially, then linearly.

    Attributes:
        rate: Value at the midpoint [1/ms].
        midpoint: Depolarisation where the exponential turns into a line [mV].
        slope: Depolarisation that multiplies the exponential by e [mV].
    """

    rate: Values = parameter(unit="1/ms", least=0.0)
    midpoint: Values = parameter(unit="mV")
    slope: Values = parameter(unit="mV")

    def __call__(self, u: jax.Array) -> jax.Array:
        """The rate [1/ms] at a depolarisation u [mV]."""
        return self.rate * linoid((u - self.midpoint) / self.slope)


class ExponentialRate(Pytree):
    """rate × exp(-u / slope): falls by a factor of e every `slope`.

    Attributes:
        rate: Value at rest [1/ms].
        slope: [mV]
    """

    rate: Values = parameter(unit="1/ms", least=0.0)
    slope: Values = parameter(unit="mV")

    def __call__(self, u: jax.Array) -> jax.Array:
        """The rate [1/ms] at a depolarisation u [mV]."""
        return self.rate * jnp.exp(-u / self.slope)


class SigmoidRate(Pytree):
    """rate / (1 + exp(-(u - midpoint) / slope)): saturates.

    Attributes:
        rate: Largest value [1/ms].
        midpoint: Depolarisation of half the largest value [mV].
        slope: [mV]
    """

    rate: Values = parameter(unit="1/ms", least=0.0)
    midpoint: Values = parameter(unit="mV")
    slope: Values = parameter(unit="mV")

    def __call__(self, u: jax.Array) -> jax.Array:
        """The rate [1/ms] at a depolarisation u [mV]."""
        return self.rate * jax.nn.sigmoid((u - self.midpoint) / self.slope)


class FreeNa(Channel):
    """Squid sodium channel, m³h, whose rate coefficients can be fitted; the published ones by default.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        alpha_m, beta_m, alpha_h, beta_h: Rates of depolarisation from -65 mV.
    """

    g_max: Values = parameter(default=120.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    alpha_m: Any = LinoidRate(1.0, 25.0, 10.0)
    beta_m: Any = ExponentialRate(4.0, 18.0)
    alpha_h: Any = ExponentialRate(0.07, 20.0)
    beta_h: Any = SigmoidRate(1.0, 30.0, 10.0)
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v - REST
        return {"m": alpha_beta(self.alpha_m(u), self.beta_m(u)), "h": alpha_beta(self.alpha_h(u), self.beta_h(u))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["m"] ** 3 * gates["h"] * (v - self.e)


class FreeK(Channel):
    """Squid potassium channel, n⁴, whose rate coefficients can be fitted; the published ones by default.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
        alpha_n, beta_n: Rates of depolarisation from -65 mV.
    """

    g_max: Values = parameter(default=36.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-77.0, unit="mV")
    alpha_n: Any = LinoidRate(0.1, 10.0, 10.0)
    beta_n: Any = ExponentialRate(0.125, 80.0)
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics]:
        del env
        u = v - REST
        return {"n": alpha_beta(self.alpha_n(u), self.beta_n(u))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["n"] ** 4 * (v - self.e)


def hodgkin_huxley_free(celsius: float = 6.3) -> Cell:
    """The squid axon of `hodgkin_huxley` with the coefficients of its rates as parameters, such as `na.alpha_m.slope`.

    Args:
        celsius: Temperature [°C].

    Returns:
        A cell of one compartment of 1000 µm².
    """
    return Cell({"na": FreeNa(), "k": FreeK(), "leak": Leak()}, celsius=celsius)
