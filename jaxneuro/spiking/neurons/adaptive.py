"""A neuron whose threshold jumps at a spike and decays."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter
from .base import Neuron, State, driven, refuse, reset_to, rewound
from .crossing import lapse, rise


class AdaptiveLIF(Neuron):
    """Leaky integrate-and-fire neuron with exponential synaptic currents and an adaptive threshold.

    tau dv/dt = -(v - rest) + bias + i;  tau_syn di/dt = -i;  tau_a da/dt = -a;  an input of weight w: i grows by w
    at v = threshold + a: v becomes reset, held for the refractory period, and a grows by jump

    Attributes:
        size: Number of neurons.
        tau: Membrane time constant [ms].
        tau_syn: Synaptic time constant [ms].
        tau_a: Time constant of the threshold [ms].
        jump: Growth of the threshold at a spike, in units of the potential.
        threshold: Threshold of a neuron that has not spiked for long.
        rest: Resting potential.
        reset: Potential after a spike.
        bias: Constant drive, in units of the potential.
        refractory: Refractory period [ms]; None for none at all.

    Source: Bellec et al. (2018), NeurIPS 31 (arXiv:1803.09574), eq. 2; Gerstner et al. (2014), Neuronal Dynamics, section 6.1.
    """

    tau: Values = parameter(default=20.0, unit="ms", above=0.0, finite=False)
    tau_syn: Values = parameter(default=5.0, unit="ms", above=0.0, finite=False)
    tau_a: Values = parameter(default=100.0, unit="ms", above=0.0, finite=False)
    jump: Values = 0.2
    threshold: Values = 1.0
    rest: Values = 0.0
    reset: Values = 0.0
    bias: Values = 0.0
    refractory: Values | None = parameter(default=None, unit="ms", least=0.0, finite=False)

    def flow(self, state: State, t: Values) -> State:
        return driven(self, state, t).replace(a=state.a * jnp.exp(-t / self.tau_a))

    def excess(self, state: State) -> jax.Array:
        return state.v - self.threshold - state.a

    def fire(self, state: State) -> State:
        return reset_to(self.reset, self.refractory, state.replace(a=state.a + self.jump))

    def crossing(self, state: State, within: Values) -> jax.Array:
        """The excess rises and falls at most twice: at one time of closed form its slope, times exp(t / tau_a), turns."""
        start, within = self.flow(state, state.hold), within - state.hold
        turn = jnp.clip(self._turn(start), 0.0, jnp.maximum(within, 0.0))
        curve = lambda t: self._curve(start, t)
        t = jnp.minimum(rise(curve, jnp.zeros_like(turn), turn), rise(curve, turn, jnp.maximum(within, 0.0)))
        return state.hold + jnp.where((self.excess(start) >= 0) & (within >= 0), 0.0, t)

    def rewind(self, state: State, t: Values, fired: State, since: jax.Array) -> State:
        return rewound(self, state, t, fired, since)

    def check(self, name: str) -> None:
        refuse(self, name)

    def _curve(self, start: State, t: Values) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The excess a time t after a state, its first and its second derivative."""
        state = self.flow(start, t)
        slope = (self.rest + self.bias - state.v + state.i) / self.tau
        curvature = -(slope + state.i / self.tau_syn) / self.tau
        return self.excess(state), slope + state.a / self.tau_a, curvature - state.a / self.tau_a**2

    def _turn(self, start: State) -> jax.Array:
        """When d/dt (exp(t / tau_a) dv/dt) = 0, or infinity; tau d²v/dt² = -dv/dt - i / tau_syn."""
        slope, drive = (self.rest + self.bias - start.v + start.i) / self.tau, -start.i / self.tau_syn
        share = slope / jnp.where(drive == 0, 1.0, drive)
        gap = 1 / self.tau_syn - 1 / jnp.asarray(self.tau_a)
        y = (1 - (1 - self.tau / self.tau_a) * share) / jnp.where(gap == 0, 1.0, gap)
        return lapse(jnp.where((drive == 0) | (gap == 0), 0.0, y), 1 / self.tau_syn - 1 / self.tau)
