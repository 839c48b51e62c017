"""Neurons without leak: a spiking one and a readout."""

from typing import ClassVar

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter, static
from .base import Leaky, Neuron, State, passing, refuse, refuse_subtraction, reset_to


class IF(Leaky):
    """Integrate-and-fire neuron without leak, with instantaneous synapses.

    dv/dt = bias;  an input of weight w: v grows by w
    at the threshold: v becomes reset, held for the refractory period

    Attributes:
        size: Number of neurons.
        threshold: Potential at which it spikes.
        reset: Potential after a spike, and at the start; None for none, at a fixed step only (it then starts at 0).
        bias: Constant drive, in units of the potential per ms.
        refractory: Refractory period [ms], in which inputs are lost; None for none at all.
        subtract: Whether a spike lowers the potential by threshold - reset instead.

    Source: Gerstner et al. (2014), Neuronal Dynamics, section 1.3; for reset by subtraction Rueckauer et al.
    (2017), Front. Neurosci. 11:682.
    """

    threshold: Values = 1.0
    reset: Values = 0.0
    bias: Values = 0.0
    refractory: Values | None = parameter(default=None, unit="ms", least=0.0, finite=False)
    subtract: bool = static(default=False)

    def initial(self) -> State:
        zero = jnp.zeros(self.size)
        return State(v=zero + (0.0 if self.reset is None else self.reset), i=zero, a=zero, hold=zero)

    def flow(self, state: State, t: Values) -> State:
        _, free, hold = passing(self.refractory, state, t)
        return state.replace(v=state.v + self.bias * free, hold=hold)

    def receive(self, state: State, x: jax.Array) -> State:
        return state.replace(v=state.v + (x if self.refractory is None else jnp.where(state.hold > 0, 0.0, x)))

    def crossing(self, state: State, within: Values) -> jax.Array:
        bias = self.bias + jnp.zeros_like(state.v)
        t = state.hold + (self.threshold - state.v) / jnp.where(bias > 0, bias, 1.0)
        return jnp.where(state.v >= self.threshold, 0.0, jnp.where((bias > 0) & (t <= within), t, jnp.inf))

    def fire(self, state: State) -> State:
        v = state.v - (self.threshold - self.reset) if self.subtract else self.reset
        return reset_to(v, self.refractory, state)

    def check(self, name: str) -> None:
        refuse_subtraction(self, name)
        refuse(self, name)


class Integrator(Neuron):
    """A readout without leak, that never spikes: dv/dt = bias;  an input of weight w: v grows by w.

    Attributes:
        size: Number of units.
        bias: Constant drive, in units of the potential per ms.
    """

    spikes: ClassVar[bool] = False
    bias: Values = 0.0

    def flow(self, state: State, t: Values) -> State:
        return state.replace(v=state.v + self.bias * t)

    def receive(self, state: State, x: jax.Array) -> State:
        return state.replace(v=state.v + x)
