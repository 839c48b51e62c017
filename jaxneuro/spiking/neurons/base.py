"""Spiking neurons: what each does between spikes, at an input, and at a spike. No engine is known here."""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...arithmetic import Values
from ...checks import field_bounds
from ...pytree import Pytree, parameter, static
from .crossing import double_exponential, implicit
from .kernels import response


class State(Pytree):
    """State of a population.

    Attributes:
        v: Membrane potential (neuron,).
        i: Synaptic current (neuron,), in the units of v; 0 where synapses are instantaneous.
        a: Adaptation (neuron,); 0 where there is none.
        hold: What remains of the refractory period (neuron,) [ms].
    """

    v: jax.Array
    i: jax.Array
    a: jax.Array
    hold: jax.Array


class Neuron(Pytree):
    """Base class of populations of spiking neurons of one kind. Potentials are in any one unit, times in ms.

    A parameter is one number or one for each neuron (neuron,). Subclasses are final and give `flow`, and, where they differ,
    `initial`, `receive`, `excess` and `fire`. All work elementwise: a state of any shape will do.

    Attributes:
        size: Number of neurons.
        spikes: Whether it ever spikes; a readout does not.
        step: Longest time that `flow` and `crossing` are good for [ms]; `Events` goes no further at once.
    """

    spikes: ClassVar[bool] = True
    size: int = static()
    step: ClassVar[float] = float("inf")
    tau = None  # of the membrane [ms], None without a leak; this and the rest are fields of those that have them
    tau_syn = None  # of synapses [ms]; None for instantaneous ones
    threshold = None  # in its potential; None if that is not where it spikes
    rest = 0.0
    bias = 0.0
    reset = 0.0
    refractory = 0.0

    def initial(self) -> State:
        """The state at the start: at rest, or, of a pacemaker, whose rest is not below its threshold, at its reset."""
        zero = jnp.zeros(self.size)
        start = self.rest
        if self.reset is not None and self.threshold is not None:
            start = jnp.where(start < jnp.asarray(self.threshold), start, self.reset)
        return State(v=zero + start, i=zero, a=zero, hold=zero)

    def flow(self, state: State, t: Values) -> State:
        """The state a time t [ms] later, if neither an input nor a spike comes between."""
        raise NotImplementedError

    def receive(self, state: State, x: jax.Array) -> State:
        """The state after spikes whose weights sum to x: the synaptic current jumps by it."""
        return state.replace(i=state.i + x)

    def excess(self, state: State) -> jax.Array:
        """How far the potential is above threshold; a neuron spikes where this reaches 0."""
        raise NotImplementedError

    def fire(self, state: State) -> State:
        """The state after a spike."""
        raise NotImplementedError

    def crossing(self, state: State, within: Values) -> jax.Array:
        """When its excess next reaches 0, if no input comes: a time in [0, within] [ms], or infinity (neuron,).

        0 where the excess is not negative already. Only `Events` asks for it, and needs no derivative.
        """
        raise NotImplementedError

    def wait(self, state: State, crossing: Any) -> jax.Array:
        """A crossing that was found, with its derivative: none where an input made the neuron spike at once."""
        return implicit(lambda t: self.excess(self.flow(state, t)), crossing)

    def rewind(self, state: State, t: Values, fired: Any, since: jax.Array) -> Any:
        """The state a time t [ms] earlier, if neither an input nor a spike came between. "eventprop" asks for it.

        Args:
            state: The state now.
            t: How far to go back (neuron,) [ms].
            fired: The state just after the last spike.
            since: Time from that spike to the earlier time, infinite if there was none (neuron,) [ms].
        """
        raise NotImplementedError

    def check(self, name: str) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: with the value, the rule and the fix.
        """


def held_and_free(t: Values, hold: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What of a time t is spent within a refractory period that lasts for another `hold`, and what after it [ms]."""
    after = (t >= hold) | (hold == 0)  # at its very end time passes freely: the derivative is of one side, not of both
    return jnp.where(after, hold, t), jnp.where(after, t - hold, 0.0)


def rewound(neuron: Neuron, state: State, t: Values, fired: State, since: jax.Array) -> State:
    """`rewind` of neurons whose flow is a closed form, and holds the potential only."""
    hold = jnp.maximum(jnp.where(jnp.isfinite(since), fired.hold - since, 0.0), 0.0)
    released = state.replace(hold=jnp.zeros_like(hold))
    v = neuron.flow(released, -jnp.maximum(t - hold, 0.0)).v
    return neuron.flow(released, -t).replace(v=v, hold=hold)


def passing(refractory: Values | None, state: State, t: Values) -> tuple[Any, Any, jax.Array]:
    """The parts of a time t within and after the refractory period of a state, and what then remains of that [ms]."""
    if refractory is None:
        return 0.0, t, state.hold
    held, free = held_and_free(t, state.hold)
    return held, free, state.hold - held


def reset_to(v: Any, refractory: Values | None, state: State) -> State:
    """A state with its potential reset, at the start of a refractory period."""
    hold = state.hold if refractory is None else refractory + jnp.zeros_like(state.hold)
    return state.replace(v=state.v if v is None else v + jnp.zeros_like(state.v), hold=hold)


def refuse(neuron: Any, name: str) -> None:
    """Refuse parameters that cannot be; those that are traced pass.

    Args:
        neuron: The population.
        name: Its name.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    known = {k: np.asarray(v) for k, v in vars(neuron).items() if v is not None and not isinstance(v, Tracer)}
    for field, value in known.items():
        bounds = field_bounds(neuron, (field,))
        if bounds.positive and not np.all(kept := bounds.hold(value, value)):
            raise ValueError(
                f"population {name!r}: {field} = {value[~kept].flat[0]:g} {bounds.unit}: it must be {bounds.rule}."
            )
    if {"reset", "threshold"} <= set(known) and not np.all(known["reset"] < known["threshold"]):
        raise ValueError(
            f"population {name!r}: reset = {np.max(known['reset']):g} is not below threshold = "
            f"{np.min(known['threshold']):g}: it would spike without end; give a higher threshold."
        )


def refuse_subtraction(neuron: Any, name: str) -> None:
    """Refuse a reset by subtraction to no potential.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    if neuron.subtract and neuron.reset is None:
        raise ValueError(
            f"population {name!r}: subtract = True, reset = None: give reset a number, or do not subtract."
        )


def driven(neuron: Any, state: State, t: Values) -> State:
    """The state of a leaky membrane with an exponential synaptic current a time t [ms] later."""
    held, free, hold = passing(neuron.refractory, state, t)
    current = state.i * jnp.exp(-held / neuron.tau_syn)
    steady = neuron.rest + neuron.bias
    v = steady + (state.v - steady) * jnp.exp(-free / neuron.tau) + current * response(free, neuron.tau, neuron.tau_syn)
    return state.replace(v=v, i=current * jnp.exp(-free / neuron.tau_syn), hold=hold)


class Leaky(Neuron):
    """Base class of neurons with a constant threshold, whose flow is a closed form."""

    def excess(self: Any, state: State) -> jax.Array:
        return state.v - self.threshold

    def fire(self: Any, state: State) -> State:
        return reset_to(self.reset, self.refractory, state)

    def rewind(self, state: State, t: Values, fired: State, since: jax.Array) -> State:
        return rewound(self, state, t, fired, since)


class LIF(Leaky):
    """Leaky integrate-and-fire neuron with instantaneous synapses.

    tau dv/dt = -(v - rest) + bias;  an input of weight w: v grows by w
    at the threshold: v becomes reset, held for the refractory period

    Attributes:
        size: Number of neurons.
        tau: Membrane time constant [ms].
        threshold: Potential at which it spikes.
        rest: Resting potential; not below threshold in a pacemaker, which starts at its reset.
        reset: Potential after a spike; None for none, at a fixed step only: above threshold it then spikes at each step.
        bias: Constant drive, in units of the potential.
        refractory: Refractory period [ms], in which inputs are lost; None for none at all, which costs nothing.
        subtract: Whether a spike lowers the potential by threshold - reset, so that what it was above threshold counts towards
            the next spike: a neuron that hardly leaks then spikes in proportion to its drive at a fixed step too.

    Source: Lapicque (1907), J. Physiol. Pathol. Gén. 9:620; Gerstner et al. (2014), Neuronal Dynamics, section 1.3; for reset by
    subtraction Rueckauer et al. (2017), Front. Neurosci. 11:682.
    """

    tau: Values = parameter(default=20.0, unit="ms", above=0.0, finite=False)
    threshold: Values = 1.0
    rest: Values = 0.0
    reset: Values = 0.0
    bias: Values = 0.0
    refractory: Values | None = parameter(default=None, unit="ms", least=0.0, finite=False)
    subtract: bool = static(default=False)

    def flow(self, state: State, t: Values) -> State:
        _, free, hold = passing(self.refractory, state, t)
        steady = self.rest + self.bias
        v = steady + (state.v - steady) * jnp.exp(-free / self.tau)
        return state.replace(v=v, hold=hold)

    def receive(self, state: State, x: jax.Array) -> State:
        return state.replace(v=state.v + (x if self.refractory is None else jnp.where(state.hold > 0, 0.0, x)))

    def crossing(self, state: State, within: Values) -> jax.Array:
        steady = self.rest + self.bias
        above, below = steady - self.threshold, steady - state.v
        rises = (above > 0) & (below > above)
        t = state.hold + self.tau * jnp.log(jnp.where(rises, below / jnp.where(rises, above, 1.0), 1.0))
        return jnp.where(state.v >= self.threshold, 0.0, jnp.where(rises & (t <= within), t, jnp.inf))

    def fire(self, state: State) -> State:
        v = state.v - (self.threshold - self.reset) if self.subtract else self.reset
        return reset_to(v, self.refractory, state)

    def check(self, name: str) -> None:
        refuse_subtraction(self, name)
        refuse(self, name)


class CurrentLIF(Leaky):
    """Leaky integrate-and-fire neuron with exponential synaptic currents.

    tau dv/dt = -(v - rest) + bias + i;  tau_syn di/dt = -i;  an input of weight w: i grows by w
    at the threshold: v becomes reset, held for the refractory period while i goes on

    Attributes:
        size: Number of neurons.
        tau: Membrane time constant [ms].
        tau_syn: Synaptic time constant [ms].
        threshold: Potential at which it spikes.
        rest: Resting potential; not below threshold in a pacemaker, which starts at its reset.
        reset: Potential after a spike; None for none, at a fixed step only: above threshold it then spikes at each step.
        bias: Constant drive, in units of the potential.
        refractory: Refractory period [ms]; None for none at all, which costs nothing.

    Source: Gerstner et al. (2014), Neuronal Dynamics, section 1.3; Wunderlich & Pehle (2021), Sci. Rep. 11:12829, eq. 1.
    """

    tau: Values = parameter(default=20.0, unit="ms", above=0.0, finite=False)
    tau_syn: Values = parameter(default=5.0, unit="ms", above=0.0, finite=False)
    threshold: Values = 1.0
    rest: Values = 0.0
    reset: Values = 0.0
    bias: Values = 0.0
    refractory: Values | None = parameter(default=None, unit="ms", least=0.0, finite=False)

    def flow(self, state: State, t: Values) -> State:
        return driven(self, state, t)

    def crossing(self, state: State, within: Values) -> jax.Array:
        steady = self.rest + self.bias
        start = self.flow(state, state.hold)
        t = double_exponential(
            start.v - steady, start.i, self.threshold - steady, self.tau, self.tau_syn, within - state.hold
        )
        return state.hold + t

    def check(self, name: str) -> None:
        refuse(self, name)


class LeakyIntegrator(Neuron):
    """A readout that never spikes: tau dv/dt = -v + bias + i;  tau_syn di/dt = -i.

    Attributes:
        size: Number of units.
        tau: Membrane time constant [ms].
        tau_syn: Synaptic time constant [ms]; None for instantaneous synapses, where an input of weight w adds w to v.
        bias: Constant drive.
    """

    spikes: ClassVar[bool] = False
    tau: Values = parameter(default=20.0, unit="ms", above=0.0, finite=False)
    tau_syn: Values = parameter(default=5.0, unit="ms", above=0.0, finite=False)
    bias: Values = 0.0

    def flow(self, state: State, t: Values) -> State:
        v = self.bias + (state.v - self.bias) * jnp.exp(-t / self.tau)
        if self.tau_syn is None:
            return state.replace(v=v)
        v = v + state.i * response(t, self.tau, self.tau_syn)
        return state.replace(v=v, i=state.i * jnp.exp(-t / self.tau_syn))

    def receive(self, state: State, x: jax.Array) -> State:
        return state.replace(v=state.v + x) if self.tau_syn is None else state.replace(i=state.i + x)

    def check(self, name: str) -> None:
        refuse(self, name)
