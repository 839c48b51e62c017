"""Izhikevich's neuron with exponential synaptic currents."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...biophysics.point import upstroke
from ...pytree import parameter
from .base import State
from .differential import Differential

SANE = 100.0  # [mV], far above the peak: only a step that is too long gets there, and it must not overflow


class Izhikevich(Differential):
    """Izhikevich's neuron: quadratic, with a recovery variable u, which the state calls `a`.

    dv/dt = 0.04 v² + 5 v + 140 - u + bias + i;  du/dt = a (b v - u);  tau_syn di/dt = -i
    at v_peak: v becomes c, u grows by d. An input of weight w: i grows by w. v in mV, currents in mV/ms.

    Attributes:
        a: Rate of u [1/ms].
        b: Dependence of u on v [1/ms].
        c: Potential after a spike [mV].
        d: Growth of u at a spike [mV/ms].
        v_peak: Peak of a spike [mV].
        v_init: Potential at the start, with u = b v [mV].
        tau_syn: Synaptic time constant [ms].
        bias: Constant drive [mV/ms].

    Source: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569; the defaults make it regular-spiking.
    """

    a: Values = parameter(default=0.02, unit="1/ms")
    b: Values = parameter(default=0.2, unit="1/ms")
    c: Values = parameter(default=-65.0, unit="mV")
    d: Values = parameter(default=8.0, unit="mV/ms")
    v_peak: Values = parameter(default=30.0, unit="mV")
    v_init: Values = parameter(default=-70.0, unit="mV")
    tau_syn: Values = parameter(default=5.0, unit="ms", above=0.0, finite=False)
    bias: Values = parameter(default=0.0, unit="mV/ms")

    def initial(self) -> State:
        zero = jnp.zeros(self.size)
        return State(v=zero + self.v_init, i=zero, a=zero + self.b * self.v_init, hold=zero)

    def slope(self, state: State) -> State:
        v = jnp.minimum(state.v, SANE)
        return State(
            v=upstroke(v) - state.a + self.bias + state.i,
            i=-state.i / self.tau_syn,
            a=self.a * (self.b * v - state.a),
            hold=jnp.zeros_like(state.hold),
        )

    def excess(self, state: State) -> jax.Array:
        return state.v - self.v_peak

    def fire(self, state: State) -> State:
        return state.replace(v=self.c + jnp.zeros_like(state.v), a=state.a + self.d)
