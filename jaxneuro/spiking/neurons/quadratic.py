"""The quadratic integrate-and-fire (theta) neuron with exponential synaptic currents, between events."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree, parameter, static
from .base import Neuron, refuse

NODE = 0.15**0.5  # Gauss–Legendre nodes of three points, from the middle of an interval of length 1
FAR = 1e6  # stands for infinity
POLISH = 2  # Newton's steps from a guess that is good to 1e-3 or better


class HalfPhase(Pytree):
    """State of a population of quadratic neurons, whose potential is v = 1/2 + sine / cosine.

    The angle theta/2 with this sine and cosine runs from -π/2 (reset, v = -∞) to π/2 (spike, v = ∞): nothing blows up.

    Attributes:
        sine: Sine of half the phase (neuron,).
        cosine: Cosine of half the phase (neuron,); 0 at a spike.
        i: Synaptic current (neuron,), dimensionless.
    """

    sine: jax.Array
    cosine: jax.Array
    i: jax.Array

    @property
    def v(self) -> jax.Array:
        """Potential (neuron,), dimensionless; where a spike makes it infinite, `FAR`."""
        return 0.5 + self.sine / jnp.maximum(self.cosine, 1 / FAR)


class QIF(Neuron):
    """Quadratic integrate-and-fire neuron: it spikes at v = ∞ and starts again from -∞, so no spike appears of a sudden.

    tau dv/dt = v (v - 1) + bias + i;  tau_syn di/dt = -i;  an input of weight w: i grows by w

    With v - 1/2 = p / q this is linear, tau dp/dt = (bias - 1/4 + i) q, tau dq/dt = -p, and a spike is a zero of q. In
    x = exp(-t / 2 tau_syn), W = √x q, X² = 4 a² i and a = tau_syn / tau,

        d²W/dx² + (X² + (1/4 + 4 a² (bias - 1/4)) / x²) W = 0,

    Bessel's equation. If tau_syn = tau/2 and bias = 0 the last term is 0, and `flow` is exact for any time. Otherwise it is one
    step of the Magnus method of order 6, good for times up to `step`.

    Attributes:
        size: Number of neurons.
        tau: Membrane time constant [ms].
        tau_syn: Synaptic time constant [ms].
        bias: Constant drive, dimensionless; above 1/4 it fires forever.
        start: Potential at the start: 0 is rest, 1 the threshold of an undriven neuron.
        step: Longest step [ms]; may be infinite where `flow` is exact. Up to half of tau_syn and an eighth of tau, times are
            good to 1e-5 ms (currents of hundreds) or better; the error goes with the sixth power.

    Source: Ermentrout & Kopell (1986), SIAM J. Appl. Math. 46:233; Klos & Memmesheimer (2023), arXiv:2309.14523, for
        tau_syn = tau/2; Blanes, Casas, Oteo & Ros (2009), Phys. Rep. 470:151, for the method.
    """

    tau: Values = parameter(default=20.0, unit="ms", above=0.0, finite=False)
    tau_syn: Values = parameter(default=10.0, unit="ms", above=0.0, finite=False)
    bias: Values = 0.0
    start: Values = 0.0
    step: float = static(default=2.5)  # pyright: ignore[reportIncompatibleVariableOverride]

    def initial(self) -> HalfPhase:
        zero = jnp.zeros(self.size)
        return normalised(zero + self.start - 0.5, zero + 1.0, zero)

    def check(self, name: str) -> None:
        refuse(self, name)
        if self.step <= 0:
            raise ValueError(f"population {name!r}: step = {self.step:g} ms: give a positive number.")

    def flow(self, state: HalfPhase, t: Values) -> HalfPhase:
        ratio, x = 2 * self.tau_syn / self.tau, jnp.exp(-t / (2 * self.tau_syn))
        slope, height = ratio * state.sine + state.cosine / 2, state.cosine
        diagonal, up, down = self._generator(state.i, t)
        cosine, sine = circle(-(diagonal**2 + up * down))
        slope, height = (
            cosine * slope + sine * (diagonal * slope + up * height),
            cosine * height + sine * (down * slope - diagonal * height),
        )
        return normalised((x * slope - height / 2) / ratio, height, state.i * x**2)

    def crossing(self, state: HalfPhase, within: Values) -> jax.Array:
        """Time to the next spike if no input comes, infinite if it is not within a time (neuron,) [ms]."""
        slope, height = 2 * self.tau_syn / self.tau * state.sine + state.cosine / 2, state.cosine
        diagonal, up, down = self._generator(state.i, within)
        part = first_zero(height, diagonal * height - down * slope, -(diagonal**2 + up * down))
        found = part <= 1.0
        h = -jnp.expm1(-within / (2 * self.tau_syn))
        t = -2 * self.tau_syn * jnp.log1p(-jnp.where(found, part, 0.0) * h)
        for _ in range(POLISH):
            end = self.flow(state, t)
            t = jnp.clip(t + self.tau * end.cosine / jnp.where(end.sine == 0, 1.0, end.sine), 0.0, within)
        return jnp.where(found, t, jnp.inf)

    def excess(self, state: HalfPhase) -> jax.Array:
        """Half the phase above π/2, from -π just after a spike to 0."""
        return jnp.arctan2(state.sine, state.cosine) - jnp.pi / 2

    def fire(self, state: HalfPhase) -> HalfPhase:
        zero = jnp.zeros_like(state.sine)
        return state.replace(sine=zero - 1.0, cosine=zero)

    def rewind(self, state: HalfPhase, t: Values, fired: HalfPhase, since: jax.Array) -> HalfPhase:
        del fired, since
        return self.flow(state, -t)

    def _singular(self) -> jax.Array:
        return jnp.asarray(0.25 + (2 * self.tau_syn / self.tau) ** 2 * (self.bias - 0.25))

    def _generator(self, i: jax.Array, t: Values) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The matrix (diagonal, up; down, -diagonal) whose exponential takes (dW/dx, W) from x = 1 to exp(-t / 2 tau_syn)."""
        h = -jnp.expm1(-t / (2 * self.tau_syn))
        first, middle, last = (1 / (1 - h * (0.5 + node)) ** 2 for node in (-NODE, 0.0, NODE))
        singular = h * self._singular()
        value = h * (2 * self.tau_syn / self.tau) ** 2 * i + singular * middle
        slope = singular * (last - first) / (2 * NODE)
        curve = singular * (last - 2 * middle + first) / (2 * NODE**2)
        return magnus(h, value, slope, curve)


def magnus(h: Any, value: Any, slope: Any, curve: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The exponent of dp/ds = f(s) q, dq/ds = -p over a step h, to order 6, as a matrix (diagonal, up; down, -diagonal).

    Args:
        h: Step.
        value: h f in the middle of the step.
        slope: h² f'.
        curve: h³ f'' / 2.

    Source: Blanes, Casas, Oteo & Ros (2009), Phys. Rep. 470:151; the commutators of this matrix are written out.
    """
    outer_up, outer_down, outer = -20 * value - curve, 20 * h, h * slope
    inner_up, inner_down, inner = slope + h * value * slope / 30, h**2 * slope / 30, -h * curve / 30
    diagonal = (outer_up * inner_down - outer_down * inner_up) / 240
    up = value + curve / 12 + (outer * inner_up - outer_up * inner) / 120
    down = -h + (outer_down * inner - outer * inner_down) / 120
    return diagonal, up, down


def circle(z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """cos √z and sin √z / √z; for z < 0 cosh and sinh of √-z, both times one positive factor that prevents overflow."""
    near = jnp.abs(z) < 0.5
    small = jnp.where(near, z, 0.0)
    root = jnp.sqrt(jnp.where(near, 1.0, jnp.abs(z)))
    decay = jnp.exp(-2 * root)
    cosine = jnp.where(z > 0, jnp.cos(root), 0.5 + 0.5 * decay)
    sine = jnp.where(z > 0, jnp.sin(root), 0.5 - 0.5 * decay) / root
    return jnp.where(near, series(small, (2, 12, 30, 56, 90, 132)), cosine), jnp.where(
        near, series(small, (6, 20, 42, 72, 110, 156)), sine
    )


def series(z: jax.Array, divisors: tuple[int, ...]) -> jax.Array:
    """1 - z/d1 (1 - z/d2 (1 - ...)): the series of a cosine or sine in z = x²."""
    result = jnp.ones_like(z)
    for divisor in reversed(divisors):
        result = 1 - z / divisor * result
    return result


def first_zero(height: jax.Array, fall: jax.Array, z: jax.Array) -> jax.Array:
    """The least s >= 0 at which height cos √z s - fall sin √z s / √z = 0, infinite if there is none."""
    root = jnp.sqrt(jnp.maximum(jnp.abs(z), 1e-6))
    turning = jnp.arctan2(root * height, fall)
    share = root * height / jnp.where(fall > 0, fall, 1.0)
    falling = jnp.where((fall > 0) & (share < 1), jnp.arctanh(jnp.clip(share, 0.0, 1 - 1e-7)), jnp.inf)
    return jnp.where(z > 0, jnp.maximum(turning, 0.0), falling) / root


def normalised(sine: jax.Array, cosine: jax.Array, i: jax.Array) -> HalfPhase:
    """The state with the direction of (sine, cosine)."""
    scale = jax.lax.rsqrt(sine**2 + cosine**2)
    return HalfPhase(sine * scale, cosine * scale, i)
