"""Escape noise: neurons that spike with a rate that depends on how far they are from threshold.

    λ = rate × exp(sharpness × excess) for neurons with a reset,
    λ = rate × σ((v - threshold) / width) for cells of conductances

Source: Gerstner et al. (2014), Neuronal Dynamics, section 9.1; Jolivet et al. (2006), J. Comput. Neurosci. 21:35.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...biophysics.membrane import Cell
from ...biophysics.stimuli import Drive
from ...pytree import Pytree, parameter
from ...solve.leapfrog import LEAPFROG
from ...solve.method import Arguments
from ..grid import advance
from ..neurons.base import Neuron, State
from .glm import Filter
from .process import SILENT, PointProcess


class EscapeState(Pytree):
    """The neuron, and by how much past spikes raise its threshold (exponential,)."""

    neuron: State
    raised: jax.Array


class EscapeNoise(PointProcess):
    """A neuron of this package that spikes by chance, driven by a filtered stimulus; each spike raises its threshold.

    Attributes:
        neuron: One neuron, such as `LIF(1)`.
        filter: Of the stimulus, added to the neuron's bias.
        sharpness: Of the threshold [1/unit of the potential].
        rate: At threshold [1/ms].
        jump: By how much a spike raises the threshold, for each of several exponentials (exponential,).
        tau_jump: Their time constants (exponential,) [ms].

    Source: Mensi et al. (2012), J. Neurophysiol. 107:1756, for the moving threshold.
    """

    neuron: Neuron
    filter: Filter
    sharpness: Values = parameter(default=5.0, above=0.0)
    rate: Values = parameter(default=1.0, unit="1/ms", above=0.0)
    jump: Any = parameter(default=(0.2, 0.05))
    tau_jump: Any = parameter(default=(10.0, 300.0), unit="ms", above=0.0)

    def drive(self, stimulus: jax.Array, dt: float) -> jax.Array:
        return self.filter(stimulus, dt)

    def initial(self) -> EscapeState:
        return EscapeState(self.neuron.initial(), jnp.zeros(jnp.shape(jnp.asarray(self.jump))))

    def advance(self, state: EscapeState, drive: jax.Array, dt: float) -> EscapeState:
        neuron: Any = self.neuron
        driven = advance(neuron.replace(bias=neuron.bias + drive), state.neuron, dt)
        return EscapeState(driven, state.raised * jnp.exp(-dt / jnp.asarray(self.tau_jump)))

    def log_rate(self, state: EscapeState) -> jax.Array:
        excess = self.neuron.excess(state.neuron)[0] - jnp.sum(state.raised)
        free = jnp.log(self.rate) + self.sharpness * excess
        return jnp.where(state.neuron.hold[0] > 0, SILENT, jnp.clip(free, SILENT, -SILENT))

    def fire(self, state: EscapeState) -> EscapeState:
        return EscapeState(self.neuron.fire(state.neuron), state.raised + jnp.asarray(self.jump))


class MembraneState(Pytree):
    """The cell, what is left of the current pulse that makes its spike, and of the refractory period [ms]."""

    cell: Any
    pulse: jax.Array
    hold: jax.Array


class NoisyMembrane(PointProcess):
    """A cell of conductances, driven by a filtered stimulus, that spikes by chance near its threshold.

    The rate is that of the membrane's escape; a spike, measured or drawn, is a pulse of current that makes the membrane spike
    too, so that its channels, and not a reset, are what remembers it.

    Attributes:
        cell: A cell of one compartment.
        filter: Of the stimulus [µA/cm²].
        offset: Constant current [µA/cm²].
        threshold: Where the rate is half its largest [mV].
        width: Of the threshold [mV].
        rate: The largest [1/ms].
        refractory: No spike for so long after one [ms].
        pulse: Height of the pulse [µA/cm²].
        pulse_width: Its length [ms].
    """

    cell: Cell
    filter: Filter
    offset: Values = parameter(default=0.0, unit="µA/cm²")
    threshold: Values = parameter(default=-50.0, unit="mV")
    width: Values = parameter(default=2.0, unit="mV", above=0.0)
    rate: Values = parameter(default=5.0, unit="1/ms", above=0.0)
    refractory: Values = parameter(default=2.0, unit="ms", least=0.0)
    pulse: Values = parameter(default=60.0, unit="µA/cm²")
    pulse_width: Values = parameter(default=0.5, unit="ms", least=0.0)

    def drive(self, stimulus: jax.Array, dt: float) -> jax.Array:
        return self.offset + self.filter(stimulus, dt)

    def initial(self) -> MembraneState:
        state = self.cell.initial()
        return MembraneState(state, jnp.zeros(()), jnp.zeros(()))

    def advance(self, state: MembraneState, drive: jax.Array, dt: float) -> MembraneState:
        share = jnp.clip(state.pulse / dt, 0.0, 1.0)
        current = Drive((drive + share * self.pulse)[None])
        carry, _, _ = LEAPFROG.step(state.cell, dt, Arguments(self.cell, lambda _: current, dt))
        left = [jnp.maximum(x - dt, 0.0) for x in (state.pulse, state.hold)]
        return MembraneState(carry, *left)

    def log_rate(self, state: MembraneState) -> jax.Array:
        free = jnp.log(self.rate) + jax.nn.log_sigmoid((state.cell.v[0] - self.threshold) / self.width)
        return jnp.where(state.hold > 0, SILENT, jnp.maximum(free, SILENT))

    def fire(self, state: MembraneState) -> MembraneState:
        whole = jnp.ones_like(state.pulse)
        return state.replace(pulse=self.pulse_width * whole, hold=self.refractory * whole)
