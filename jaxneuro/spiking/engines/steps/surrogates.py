"""Surrogate derivatives of a spike: each is the derivative of a smooth relaxation of the step, by automatic differentiation.

Neftci, Mostafa & Zenke (2019), IEEE Signal Process. Mag. 36:51 review them.
"""

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from ....arithmetic import Values
from ....pytree import Pytree

__all__ = [
    "ALL",
    "Arctan",
    "Damped",
    "FastSigmoid",
    "Gaussian",
    "MultiGaussian",
    "Sigmoid",
    "SingleExponential",
    "StraightThrough",
    "Surrogate",
    "Triangular",
    "spike",
]


def __dir__() -> list[str]:
    return __all__


class Surrogate(Pytree):
    """Base class; a subclass gives `relaxed`."""

    def relaxed(self, excess: jax.Array) -> jax.Array:
        """What stands for the step, elementwise, where a derivative is wanted."""
        raise NotImplementedError

    def derivative(self, excess: jax.Array) -> jax.Array:
        """The derivative of a spike with respect to the excess of the potential over the threshold."""
        return jax.jvp(self.relaxed, (excess,), (jnp.ones_like(excess),))[1]


class FastSigmoid(Surrogate):
    """(1 + x / (1 + |x|)) / 2, x = sharpness × excess.

    Attributes:
        sharpness: Steepness, in 1 / units of the potential.

    Source: Zenke & Ganguli (2018), Neural Comput. 30:1514, eq. 6.
    """

    sharpness: Values = 10.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        x = self.sharpness * excess
        return 0.5 + 0.5 * x / (1 + jnp.abs(x))


class Arctan(Surrogate):
    """1/2 + arctan(π x / 2) / π, x = sharpness × excess.

    Source: Fang et al. (2021), ICCV, 2641: Incorporating learnable membrane time constant.
    """

    sharpness: Values = 2.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        return 0.5 + jnp.arctan(jnp.pi / 2 * self.sharpness * excess) / jnp.pi


class Sigmoid(Surrogate):
    """1 / (1 + exp(-x)), x = sharpness × excess.

    Source: Zenke & Vogels (2021), Neural Comput. 33:899, table 1.
    """

    sharpness: Values = 4.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(self.sharpness * excess)


class SingleExponential(Surrogate):
    """The distribution function of Laplace: derivative sharpness exp(-|x|) / 2, x = sharpness × excess.

    Source: Shrestha & Orchard (2018), NeurIPS 31, eq. 15.
    """

    sharpness: Values = 4.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        side = jnp.where(excess < 0, -1.0, 1.0)  # unlike sign, not 0 at the threshold
        return 0.5 - 0.5 * side * jnp.expm1(-side * self.sharpness * excess)


class Triangular(Surrogate):
    """Two parabolas: derivative max(0, 1 - |excess| / width) / width.

    Attributes:
        width: From the threshold to where the derivative vanishes, in units of the potential.

    Source: Esser et al. (2016), PNAS 113:11441; Bellec et al. (2018), NeurIPS 31, eq. 4.
    """

    width: Values = 1.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        x = jnp.clip(excess / self.width, -1.0, 1.0)
        return 0.5 + x - 0.5 * x * jnp.abs(x)


class StraightThrough(Surrogate):
    """A ramp: derivative 1 / (2 width) within the width of the threshold, else 0.

    Attributes:
        width: From the threshold to where the derivative ends, in units of the potential.

    Source: Bengio, Léonard & Courville (2013), arXiv:1308.3432; Hubara et al. (2016), NeurIPS 29, eq. 4.
    """

    width: Values = 0.5

    def relaxed(self, excess: jax.Array) -> jax.Array:
        return 0.5 + 0.5 * jnp.clip(excess / self.width, -1.0, 1.0)


class Gaussian(Surrogate):
    """The normal distribution function (erf).

    Attributes:
        deviation: Standard deviation, in units of the potential.

    Source: Yin, Corradi & Bohté (2020), ICONS, 1: Effective and efficient computation with multiple-timescale spiking networks.
    """

    deviation: Values = 0.5

    def relaxed(self, excess: jax.Array) -> jax.Array:
        return norm.cdf(excess / self.deviation)


class MultiGaussian(Surrogate):
    """A normal distribution less a wide one at either side: the derivative is slightly negative far from the threshold.

    Attributes:
        deviation: Standard deviation of the middle one, and how far off the others are, in units of the potential.
        height: Weight of the others.
        widening: Their standard deviation in that of the middle one.

    Source: Yin, Corradi & Bohté (2021), Nat. Mach. Intell. 3:905, Methods.
    """

    deviation: Values = 0.5
    height: Values = 0.15
    widening: Values = 6.0

    def relaxed(self, excess: jax.Array) -> jax.Array:
        x = excess / self.deviation
        sides = norm.cdf((x - 1) / self.widening) + norm.cdf((x + 1) / self.widening)
        return (1 + self.height) * norm.cdf(x) - self.height * sides


class Damped(Surrogate):
    """Another surrogate with a lower derivative, which keeps gradients from growing over many steps.

    Source: Bellec et al. (2018), NeurIPS 31, eq. 4, with a factor of 0.3.
    """

    surrogate: Surrogate = Triangular()
    factor: Values = 0.3

    def relaxed(self, excess: jax.Array) -> jax.Array:
        return self.factor * self.surrogate.relaxed(excess)


ALL = (FastSigmoid(), Arctan(), Sigmoid(), SingleExponential(), Triangular(), StraightThrough(), Gaussian(),
              MultiGaussian(), Damped())  # fmt: skip


@jax.custom_jvp
def spike(excess: jax.Array, surrogate: Surrogate) -> jax.Array:
    """1 where the excess is not negative, else 0, with the derivative of the surrogate's relaxation."""
    del surrogate
    return (excess >= 0).astype(excess.dtype)


@spike.defjvp
def _spike_jvp(primals: tuple, tangents: tuple) -> tuple:
    (excess, surrogate), (change, _) = primals, tangents
    return spike(excess, surrogate), jax.jvp(surrogate.relaxed, (excess,), (change,))[1]
