"""Quadratic models, solved exactly between spikes: the quadratic integrate-and-fire neuron and Izhikevich's."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...checks import VOLTAGE_LIMIT
from ...pytree import parameter
from ..membrane import Kinetics
from ..stimuli import Drive
from .base import PointNeuron

UPSTROKE = 0.04, 5.0, 140.0  # of Izhikevich (2003): coefficients of v², v and 1, v in mV [1/ms]
SERIES = 0.5  # |x| below which the power series are used: exact to rounding in float64


class QIF(PointNeuron):
    """Quadratic integrate-and-fire (theta) neuron, tau dv/dt = v² + i, dimensionless: the normal form of type I firing.

    Fires with period tau π / √i if peak and reset are far out; the way from 1000 to infinity takes tau / 1000.

    Attributes:
        tau: Time constant [ms].
        v_peak: Peak, at which it is reset.
        v_reset: Value after a spike.
        v_init: Value at the start.

    Source: Ermentrout & Kopell (1986), SIAM J. Appl. Math. 46:233; Latham et al. (2000), J. Neurophysiol. 83:808.
    """

    tau: Values = parameter(default=10.0, unit="ms", above=0.0)
    v_peak: Values = parameter(default=100.0, least=-VOLTAGE_LIMIT, most=VOLTAGE_LIMIT)
    v_reset: Values = parameter(default=-100.0, least=-VOLTAGE_LIMIT, most=VOLTAGE_LIMIT)
    v_init: Values = parameter(default=-1.0, least=-VOLTAGE_LIMIT, most=VOLTAGE_LIMIT)

    def slope(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        del w
        return (v**2 + drive.at(v)) / self.tau

    def flow(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        return v + self.change(v, w, drive, t)

    def change(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        del w
        return _change(v, *self._coefficients(drive), t)

    def time_to_peak(self, v: jax.Array, w: jax.Array, drive: Drive, within: jax.Array) -> jax.Array:
        del w, within
        return _time(v, self.v_peak, *self._coefficients(drive))

    def _coefficients(self, drive: Drive) -> tuple[Values, Values, Values]:
        linear = 0.0 if drive.conductance is None else -drive.conductance
        return 1.0 / self.tau, linear / self.tau, drive.current / self.tau


class Izhikevich(PointNeuron):
    """Izhikevich's neuron: dv/dt = 0.04 v² + 5 v + 140 - w + i, dw/dt = a (b v - w), dimensionless current, v in mV.

    At 30 mV it spikes: v becomes c and w grows by d. The defaults make it regular-spiking.

    Attributes:
        a: Rate of w [1/ms].
        b: Dependence of w on v.
        c: Potential after a spike [mV].
        d: Growth of w at a spike.
        v_peak: Peak of a spike [mV].
        v_init: Potential at the start [mV].

    Source: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569.
    """

    a: Values = parameter(default=0.02, unit="1/ms")
    b: Values = parameter(default=0.2, unit="1/mV")
    c: Values = parameter(default=-65.0, unit="mV")
    d: Values = parameter(default=8.0)
    v_peak: Values = parameter(default=30.0, unit="mV")
    v_init: Values = parameter(default=-70.0, unit="mV")

    @property
    def v_reset(self) -> Values:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Potential after a spike [mV], called c."""
        return self.c

    def slope(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        return upstroke(v) - w + drive.at(v)

    def flow(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        return v + self.change(v, w, drive, t)

    def change(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        return _change(v, *self._coefficients(w, drive), t)

    def time_to_peak(self, v: jax.Array, w: jax.Array, drive: Drive, within: jax.Array) -> jax.Array:
        del within
        return _time(v, self.v_peak, *self._coefficients(w, drive))

    def mean_voltage(self, v: jax.Array, v1: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        return _mean(v, v1, *self._coefficients(w, drive), t)

    def adaptation(self, v: jax.Array) -> Kinetics:
        return Kinetics(self.a * self.b * v, jnp.broadcast_to(self.a, jnp.shape(v)))

    def jump(self) -> Values:
        return self.d

    def _coefficients(self, w: jax.Array, drive: Drive) -> tuple[Values, Values, Values]:
        square, linear, constant = UPSTROKE
        linear = linear if drive.conductance is None else linear - drive.conductance
        return square, linear, constant - w + drive.current


def upstroke(v: jax.Array) -> jax.Array:
    """0.04 v² + 5 v + 140, by which v [mV] grows in a ms at rest of all else in Izhikevich's neuron."""
    square, linear, constant = UPSTROKE
    return square * v**2 + linear * v + constant


def _change(v: Values, a: Values, b: Values, c: Values, t: Values) -> jax.Array:
    """What the solution of dv/dt = a v² + b v + c does in t: x = v + b / 2a obeys dx/dt = a x² + e, solved by a tangent.

    With q = a e: x(t) = (x cos √q t + e sin √q t / √q) / (cos √q t - a x sin √q t / √q); both are entire in q. That is x
    and (e + a x²) sin √q t / √q / (cos √q t - a x sin √q t / √q), of which the first factor is dv/dt at the start.
    """
    x, z = v + b / (2 * a), (a * c - 0.25 * b**2) * t**2
    sine = t * _sine(z)
    return ((a * v + b) * v + c) * sine / (_cosine(z) - a * x * sine)


def _mean(v: Values, v1: Values, a: Values, b: Values, c: Values, t: Values) -> jax.Array:
    """The mean of the solution over t: x = -(1/a) d/dt log of the denominator in `_change`."""
    shift = b / (2 * a)
    x, e = v + shift, c - b * shift / 2
    z = a * e * t**2
    short = t < 1e-6
    less = 0.5 * z * _sine(0.25 * z) ** 2 + a * x * t * _sine(z)  # 1 less the denominator, with 1 - cos y = 2 sin² y/2
    integral = -jnp.log1p(jnp.where(short, 0.0, -less)) / a
    return jnp.where(short, 0.5 * (v + v1), integral / jnp.where(short, 1.0, t) - shift)


def _time(v: Values, peak: Values, a: Values, b: Values, c: Values) -> jax.Array:
    """The time from v to the peak, infinite if it is not reached within a quarter of the tangent's period."""
    shift = b / (2 * a)
    x, top, e = v + shift, peak + shift, c - b * shift / 2
    slope = e + a * x * top
    reached = slope > 0
    ratio = jnp.maximum(top - x, 0.0) / jnp.where(reached, slope, 1.0)
    y = a * e * ratio**2
    reached = reached & (y > -1)
    return jnp.where(reached, ratio * _arctangent(jnp.where(reached, y, 0.0)), jnp.inf)


def _cosine(z: Values) -> jax.Array:
    """cos √z for z > 0, cosh √-z for z < 0."""
    near = jnp.abs(z) < SERIES
    series = _horner(jnp.where(near, z, 0.0), [2, 12, 30, 56, 90, 132, 182])
    root = jnp.sqrt(jnp.where(near, 1.0, jnp.abs(z)))
    return jnp.where(near, series, jnp.where(z > 0, jnp.cos(root), jnp.cosh(root)))


def _sine(z: Values) -> jax.Array:
    """sin √z / √z for z > 0, sinh √-z / √-z for z < 0."""
    near = jnp.abs(z) < SERIES
    series = _horner(jnp.where(near, z, 0.0), [6, 20, 42, 72, 110, 156, 210])
    root = jnp.sqrt(jnp.where(near, 1.0, jnp.abs(z)))
    return jnp.where(near, series, jnp.where(z > 0, jnp.sin(root), jnp.sinh(root)) / root)


def _arctangent(y: jax.Array) -> jax.Array:
    """arctan √y / √y for y > 0, artanh √-y / √-y for y in (-1, 0)."""
    near = jnp.abs(y) < 0.01
    small = jnp.where(near, y, 0.0)
    series = sum((-small) ** n / (2 * n + 1) for n in range(9))
    root = jnp.sqrt(jnp.where(near, 0.25, jnp.abs(y)))
    inside = jnp.where(y < 0, root, 0.5)
    return jnp.where(near, series, jnp.where(y > 0, jnp.arctan(root), jnp.arctanh(inside)) / root)


def _horner(z: Values, divisors: list[int]) -> jax.Array:
    """1 - z/d1 (1 - z/d2 (1 - ...)): the series of a cosine or sine."""
    result = jnp.ones_like(z)
    for divisor in reversed(divisors):
        result = 1 - z / divisor * result
    return result
