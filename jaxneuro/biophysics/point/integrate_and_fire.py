"""The leaky and the adaptive exponential integrate-and-fire neuron."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values, linoid
from ...pytree import parameter
from ..membrane import Kinetics
from ..stimuli import Drive
from .base import PointNeuron

# Gauss–Legendre nodes and weights on [0, 1], three points: exact to fifth order (Abramowitz & Stegun, table 25.4)
NODES = ((0.1127016653792583, 5 / 18), (0.5, 8 / 18), (0.8872983346207417, 5 / 18))

STEEPEST = 40.0  # in units of sharpness above threshold: what is steeper reaches the peak in no time, and may overflow


class LIF(PointNeuron):
    """Leaky integrate-and-fire neuron, capacitance dv/dt = -g_leak (v - e_leak) + i, solved exactly between spikes.

    Attributes:
        capacitance: Membrane capacitance [nF].
        g_leak: Leak conductance [µS].
        e_leak: Resting potential [mV].
        v_peak: Threshold [mV].
        v_reset: Potential after a spike, held through the refractory period [mV].
        refractory: Refractory period [ms].
        v_init: Potential at the start [mV].

    Source: Lapicque (1907), J. Physiol. Pathol. Gén. 9:620; constants of Dayan & Abbott (2001), fig. 5.5.
    """

    capacitance: Values = parameter(default=1.0, unit="nF", above=0.0)
    g_leak: Values = parameter(default=0.1, unit="µS", above=0.0)
    e_leak: Values = parameter(default=-65.0, unit="mV")
    v_peak: Values = parameter(default=-50.0, unit="mV")
    v_reset: Values = parameter(default=-65.0, unit="mV")
    refractory: Values = parameter(default=2.0, unit="ms", least=0.0)
    v_init: Values = parameter(default=-65.0, unit="mV")

    def slope(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        del w
        return (-self.g_leak * (v - self.e_leak) + drive.at(v)) / self.capacitance

    def flow(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        del w
        conductance, steady = self._steady(drive)
        return steady + (v - steady) * jnp.exp(-t * conductance / self.capacitance)

    def change(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        del w
        conductance, _ = self._steady(drive)
        inflow, rate = drive.at(v) - self.g_leak * (v - self.e_leak), 1.0 / self.capacitance
        return t * rate * inflow / linoid(t * rate * conductance)

    def time_to_peak(self, v: jax.Array, w: jax.Array, drive: Drive, within: jax.Array) -> jax.Array:
        del w, within
        conductance, steady = self._steady(drive)
        ratio = (self.v_peak - v) / jnp.where(steady > self.v_peak, steady - v, 1.0)
        reached = (steady > self.v_peak) & (ratio < 1)
        time = -jnp.log1p(-jnp.where(reached, ratio, 0.0)) * self.capacitance / conductance
        return jnp.where(v >= self.v_peak, 0.0, jnp.where(reached, time, jnp.inf))

    def _steady(self, drive: Drive) -> tuple[Values, jax.Array]:
        conductance = self.g_leak if drive.conductance is None else self.g_leak + drive.conductance
        return conductance, (self.g_leak * self.e_leak + drive.current) / conductance


class AdEx(PointNeuron):
    """Adaptive exponential integrate-and-fire neuron.

    capacitance dv/dt = -g_leak (v - e_leak) + g_leak sharpness exp((v - v_threshold) / sharpness) - w + i
    tau_w dw/dt = a (v - e_leak) - w;  at v_peak: v becomes v_reset, w grows by b

    The voltage blows up in finite time, so it is integrated in s = -sharpness log(1 + exp(-(v - v_threshold) /
    sharpness)), which is the voltage far below threshold and runs at constant speed into the spike: steps need not be
    small there.

    Attributes:
        capacitance: Membrane capacitance [nF].
        g_leak: Leak conductance [µS].
        e_leak: Leak reversal potential [mV].
        v_threshold: Threshold [mV].
        sharpness: Sharpness of the spike onset, ΔT [mV].
        tau_w: Time constant of adaptation [ms].
        a: Subthreshold adaptation [µS].
        b: Spike-triggered adaptation [nA].
        v_reset: Potential after a spike [mV].
        v_peak: Peak of a spike [mV].
        v_init: Potential at the start [mV].

    Source: Brette & Gerstner (2005), J. Neurophysiol. 94:3637.
    """

    capacitance: Values = parameter(default=0.281, unit="nF", above=0.0)
    g_leak: Values = parameter(default=0.030, unit="µS", above=0.0)
    e_leak: Values = parameter(default=-70.6, unit="mV")
    v_threshold: Values = parameter(default=-50.4, unit="mV")
    sharpness: Values = parameter(default=2.0, unit="mV", above=0.0)
    tau_w: Values = parameter(default=144.0, unit="ms", above=0.0)
    a: Values = parameter(default=0.004, unit="µS")
    b: Values = parameter(default=0.0805, unit="nA")
    v_reset: Values = parameter(default=-70.6, unit="mV")
    v_peak: Values = parameter(default=20.0, unit="mV")
    v_init: Values = parameter(default=-70.6, unit="mV")

    def slope(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        steepness = jnp.minimum((v - self.v_threshold) / self.sharpness, STEEPEST)
        spike = self.g_leak * self.sharpness * jnp.exp(steepness)
        return (self._linear(v, w, drive) + spike) / self.capacitance

    def flow(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        return self._to_v(self._run(self._to_s(v), w, drive, t))

    def change(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        s = self._to_s(v)
        rise = self._rise(s, w, drive, t)
        near = s + rise > -self.sharpness  # the exponential of a spike: far below it v is s, but for a logarithm
        low = jnp.where(near, -1.0, s / self.sharpness), jnp.where(near, -1.0, (s + rise) / self.sharpness)
        before, after = (jnp.log1p(-jnp.exp(x)) for x in low)
        return jnp.where(near, self._to_v(s + rise) - v, rise - self.sharpness * (after - before))

    def time_to_peak(self, v: jax.Array, w: jax.Array, drive: Drive, within: jax.Array) -> jax.Array:
        s, top = self._to_s(v), self._to_s(self.v_peak)
        reached = self._run(s, w, drive, within) >= top
        gap = jnp.where(reached, jnp.maximum(top - s, 0.0), 0.0)
        time = sum(weight * gap / self._speed(s + node * gap, w, drive) for node, weight in NODES)
        return jnp.where(reached, jnp.minimum(time, within * (1 - 1e-6)), jnp.inf)

    def adaptation(self, v: jax.Array) -> Kinetics:
        v = jnp.minimum(v, self.v_peak)  # beyond which only a solver that knows no resets goes, and far
        return Kinetics(self.a * (v - self.e_leak) / self.tau_w, jnp.broadcast_to(1.0 / self.tau_w, jnp.shape(v)))

    def jump(self) -> Values:
        return self.b

    def mean_voltage(self, v: jax.Array, v1: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """Mean of v, whose exponential runs on a straight line into the spike: a logarithm, which no trapezium follows."""
        del w, drive, t
        log, log1 = self._log_inverse(self._to_s(v)), self._log_inverse(self._to_s(v1))
        largest = jnp.maximum(log, log1)  # taken out, so that nothing overflows
        m, m1 = jnp.exp(log - largest), jnp.exp(log1 - largest)
        gap = m - m1
        steep = jnp.abs(gap) > 1e-3 * m
        logarithmic = (m * log - m1 * log1) / jnp.where(steep, gap, 1.0) - 1
        return jnp.where(steep, self.v_threshold - self.sharpness * logarithmic, 0.5 * (v + v1))

    def _linear(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        return -self.g_leak * (v - self.e_leak) - w + drive.at(v)

    def _to_s(self, v: Values) -> jax.Array:
        return -self.sharpness * jax.nn.softplus(-(v - self.v_threshold) / self.sharpness)

    def _share(self, s: jax.Array) -> jax.Array:
        """m / (1 + m) with m = exp(-(v - v_threshold) / sharpness), as a function of s, never below its value at 60 mV above
        the peak's, nor below what a number can hold.
        """
        least = jnp.exp(-(self.v_peak - self.v_threshold) / self.sharpness - 30.0)
        share = -jnp.expm1(s / self.sharpness)
        return jnp.maximum(share, jnp.maximum(least, jnp.finfo(share.dtype).tiny))

    def _log_inverse(self, s: jax.Array) -> jax.Array:
        """log m, of any size: -log(1 - share) is -s / sharpness."""
        return jnp.log(self._share(s)) - s / self.sharpness

    def _to_v(self, s: jax.Array) -> jax.Array:
        return self.v_threshold - self.sharpness * self._log_inverse(s)

    def _speed(self, s: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        """ds/dt [mV/ms]."""
        share = self._share(s)
        spike = self.g_leak * self.sharpness * (1 - share)
        return (self._linear(self._to_v(s), w, drive) * share + spike) / self.capacitance

    def _run(self, s: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """s after t [ms]."""
        return s + self._rise(s, w, drive, t)

    def _rise(self, s: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """How s changes in t [ms], by one step of the classical Runge–Kutta method."""
        k1 = self._speed(s, w, drive)
        k2 = self._speed(s + 0.5 * t * k1, w, drive)
        k3 = self._speed(s + 0.5 * t * k2, w, drive)
        k4 = self._speed(s + t * k3, w, drive)
        return t / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
