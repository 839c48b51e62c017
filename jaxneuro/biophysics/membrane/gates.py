"""Gating kinetics: what a channel says about its gates, and rates that are exact everywhere.

Every gate obeys a linear equation at a fixed voltage, dx/dt = inflow - rate x. A channel states it through
`alpha_beta`, `steady_tau` or, for several coupled states, `Markov`; solvers use nothing else.
"""

import functools

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jax.custom_derivatives import SymbolicZero

from ...arithmetic import SLOPE, Scalar, Values
from ...arithmetic import linoid as linoid
from ...pytree import Pytree


class Kinetics(Pytree):
    """Linear relaxation of a gate or of a concentration at fixed voltage: dx/dt = inflow - rate x.

    Attributes:
        inflow: Steady state times rate, the opening rate of a gate [unit of x / ms].
        rate: Inverse time constant [1/ms].
        count: Number of channels behind the gate, for channel noise; None without noise.
    """

    inflow: jax.Array
    rate: jax.Array
    count: jax.Array | None = None
    diffuses = False

    @property
    def steady(self) -> jax.Array:
        """Steady state [unit of x]."""
        return self.inflow / self.rate

    def settled(self, x: jax.Array) -> jax.Array:
        """Where x settles [unit of x]."""
        del x
        return self.steady

    def derivative(self, x: jax.Array) -> jax.Array:
        """dx/dt [unit of x / ms]."""
        return self.inflow - self.rate * x

    def trapezoidal(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """x after dt [ms] by the trapezoidal rule, cut so that x never overshoots its steady state.

        The factor (2 - z)/(2 + z), z = rate dt, approximates exp(-z) to second order and is taken as 0 beyond z = 2.
        Cheaper than the exponential, and in a staggered scheme on a squid axon more accurate: its error and that of the
        splitting have opposite signs.

        Args:
            x: At the start, and so at the end, counted from the origin [unit of x].
            dt: Step [ms].
            origin: A number nearby; the nearer, the more digits of a small change are kept.
        """
        return _trapezoidal(self.inflow, self.rate, x, dt, origin)

    def rewind(self, x: jax.Array, dt: Scalar) -> jax.Array:
        """The x that `trapezoidal` takes to this one in dt [ms]; as far as it can tell if x has forgotten it."""
        z = jnp.minimum(self.rate * dt, 1.8)
        return self.steady + (x - self.steady) * (2 + z) / (2 - z)

    def exponential(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """x after dt [ms], counted from an origin, exactly: Rush & Larsen (1978), IEEE Trans. Biomed. Eng. 25:389."""
        return x + (origin + x - self.steady) * jnp.expm1(-self.rate * dt)

    def noise(self, x: jax.Array, dt: Scalar) -> jax.Array | None:
        """What a unit of Brownian motion over a step of dt [ms] adds to x [1/√ms]; None without noise.

        The factor on the amplitude of Fox & Lu (1994), Phys. Rev. E 49:3421, eq. 19, is the one that makes the variance
        of a gate at a fixed voltage exact under `trapezoidal`, steady (1 - steady) / count, whatever the step.
        """
        if self.count is None:
            return None
        flux = self.inflow * (1 - x) + (self.rate - self.inflow) * x
        z = self.rate * dt
        damping = jnp.where(z < 2, 2 / (2 + z), jnp.sqrt(0.5 / jnp.maximum(z, 2.0)))
        return damping * jnp.sqrt(jnp.maximum(flux, 0.0) / self.count)

    def faster(self, factor: Values) -> "Kinetics":
        """The same kinetics, `factor` times as fast."""
        return self.replace(inflow=self.inflow * factor, rate=self.rate * factor)


class Markov(Pytree):
    """A scheme of states with transition rates: dp/dt = p Q, the occupancies p sum to one.

    Attributes:
        matrix: Transition rates from row to column (compartment, state, state) [1/ms]; the diagonal is ignored.
    """

    matrix: jax.Array
    count = None  # of channels: their noise is not modelled
    diffuses = False

    @property
    def generator(self) -> jax.Array:
        """Q with the diagonal that conserves probability (compartment, state, state) [1/ms]."""
        size = self.matrix.shape[-1]
        off = self.matrix * (1 - jnp.eye(size, dtype=self.matrix.dtype))
        return off - jnp.eye(size, dtype=off.dtype) * jnp.sum(off, axis=-1, keepdims=True)

    @property
    def steady(self) -> jax.Array:
        """Occupancies at rest (compartment, state)."""
        balance = jnp.swapaxes(self.generator, -1, -2).at[..., -1, :].set(1.0)
        right = jnp.zeros(balance.shape[:-1], balance.dtype).at[..., -1].set(1.0)
        return jnp.linalg.solve(balance, right[..., None])[..., 0]

    def derivative(self, x: jax.Array) -> jax.Array:
        """dp/dt (compartment, state) [1/ms]."""
        return jnp.einsum("...i,...ij->...j", x, self.generator)

    def trapezoidal(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """Occupancies after dt [ms] at fixed voltage, by the trapezoidal rule (second order, A-stable), from an origin."""
        half = 0.5 * dt * jnp.swapaxes(self.generator, -1, -2)
        eye = jnp.eye(half.shape[-1], dtype=half.dtype)
        return x + jnp.linalg.solve(eye - half, 2 * half @ (origin + x)[..., None])[..., 0]

    def rewind(self, x: jax.Array, dt: Scalar) -> jax.Array:
        """The occupancies that `trapezoidal` takes to these in dt [ms]."""
        return self.trapezoidal(x, -dt)

    def exponential(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """Occupancies after dt [ms] at fixed voltage, exactly, by the matrix exponential, counted from an origin."""
        change = jax.scipy.linalg.expm(self.generator * dt) - jnp.eye(self.matrix.shape[-1], dtype=self.matrix.dtype)
        return x + jnp.einsum("...i,...ij->...j", origin + x, change)

    def noise(self, x: jax.Array, dt: Scalar) -> None:
        """Channel noise of a scheme is not modelled."""
        del x, dt

    def faster(self, factor: Values) -> "Markov":
        """The same scheme, `factor` times as fast."""
        return self.replace(matrix=self.matrix * factor)


def alpha_beta(alpha: jax.Array, beta: jax.Array) -> Kinetics:
    """Kinetics from the opening rate alpha and the closing rate beta [1/ms]."""
    return Kinetics(alpha, alpha + beta)


def steady_tau(steady: jax.Array, tau: jax.Array) -> Kinetics:
    """Kinetics from the steady state and the time constant [ms]."""
    return Kinetics(steady / tau, 1.0 / tau)


@jax.custom_jvp
def _trapezoidal(inflow: jax.Array, rate: jax.Array, x: jax.Array, dt: Scalar, origin: Values) -> jax.Array:
    # not rate * (origin + x): the sum is wanted elsewhere too, and XLA would compute it by a kernel of its own
    return x + 2 * dt * (inflow - rate * origin - rate * x) * _weight(rate * dt)


def _weight(z: jax.Array) -> jax.Array:
    """1 / (2 + z), or from z = 2 on 1 / 2z."""
    return 1 / jnp.where(z < 2, 2 + z, 2 * z)


@functools.partial(_trapezoidal.defjvp, symbolic_zeros=True)
def _trapezoidal_jvp(at: tuple, along: tuple) -> tuple:
    # one division for the value and all derivatives: those that are traced for a quotient and a maximum make four more
    inflow, rate, x, dt, origin = at
    z = rate * dt
    weight = _weight(z)
    y = x + 2 * dt * (inflow - rate * origin - rate * x) * weight
    lost = weight * jnp.where(z < 2, 2 * origin + y + x, 2 * (origin + y))
    kept = checkpoint_name(jnp.where(z < 2, 2 - z, 0.0) * weight, SLOPE)
    slopes = (2 * dt * weight, -lost * dt, kept, 2 * inflow * weight - lost * rate, kept - 1)
    parts = [slope * d for slope, d in zip(slopes, along, strict=True) if not isinstance(d, SymbolicZero)]
    return y, sum(parts[1:], parts[0])
