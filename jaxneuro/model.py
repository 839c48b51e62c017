"""What `simulate` and a solver may ask of a model, with defaults. A cell, a point neuron and a network each keep it."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, Self

import jax
import jax.numpy as jnp
import numpy as np

from .arithmetic import Scalar, Values
from .checks import VOLTAGE_LIMIT
from .pytree import Editable, Pytree, computed


class Drive(Pytree):
    """What a stimulus does to a membrane: a current density `current - conductance * v`.

    Attributes:
        current: Inward current density (..., compartment) [µA/cm²].
        conductance: Conductance density (..., compartment) [mS/cm²], or None for a pure current.
        ends: What of the current comes through ends of branches, by their numbers (..., 1) [nA].
    """

    current: jax.Array
    conductance: jax.Array | None = None
    ends: dict[int, jax.Array] = computed(default_factory=dict)

    def at(self, v: Values) -> jax.Array:
        """Inward current density at a voltage [µA/cm²]."""
        return self.current if self.conductance is None else self.current - self.conductance * v

    def __add__(self, other: "Drive") -> "Drive":
        both = [d.conductance for d in (self, other) if d.conductance is not None]
        ends = {**self.ends, **other.ends}
        ends |= {end: self.ends[end] + other.ends[end] for end in self.ends if end in other.ends}
        return Drive(self.current + other.current, sum(both[1:], both[0]) if both else None, ends)


class Input(Protocol):
    """What a model may ask of a stimulus; `jaxneuro.stimuli` has them."""

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        """The effect on a membrane at times t [ms]; the second argument converts nA to µA/cm² in each compartment."""
        ...

    def targets(self) -> list[Any]:
        """The compartments that it names."""
        ...


class State(Protocol):
    """What every state has: a pytree with voltages, gates and concentrations, the last two by name, and maybe more."""

    @property
    def v(self) -> jax.Array:
        """Voltages (compartment,) [mV]."""
        ...

    @property
    def gates(self) -> dict[str, dict[str, jax.Array]]:
        """Gates by channel and name, each (compartment, ...)."""
        ...

    @property
    def pools(self) -> dict[str, Any]:
        """Concentrations by ion [mM]."""
        ...

    def replace(self, **changes: Any) -> Self:
        """A copy with some of it changed."""
        ...


class Kinetics(Protocol):
    """What a solver may ask of a gate, or a concentration, at a fixed voltage.

    Numbers are counted from an origin, and steps are of dt [ms].
    """

    diffuses: ClassVar[bool]  # whether it is of a concentration that diffuses, which a solver takes in parts instead

    @property
    def count(self) -> jax.Array | None:
        """Number of channels behind the gate, for channel noise; None without noise."""
        ...

    @property
    def steady(self) -> jax.Array:
        """Where it would come to rest."""
        ...

    def trapezoidal(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """x after a step, to second order and stable."""
        ...

    def exponential(self, x: jax.Array, dt: Scalar, origin: Values = 0.0) -> jax.Array:
        """x after a step, exactly."""
        ...

    def rewind(self, x: jax.Array, dt: Scalar) -> jax.Array:
        """The x that `trapezoidal` takes to this one."""
        ...

    def noise(self, x: jax.Array, dt: Scalar) -> jax.Array | None:
        """What a unit of Brownian motion over a step adds to x [1/√ms]; None without noise."""
        ...


class Model(Editable):
    """Base of what `simulate` runs. A new one needs `initial` and `derivative`; all else has a default.

    Its fields are its parameters: they have paths, and are differentiated, mapped over and fitted as those of a cell.
    """

    resets: ClassVar[bool] = False  # whether `reset` follows every step: spikes are the model's own, and steps fixed
    drive_axes: ClassVar[int] = 1  # of what `drive` gives at one time
    of_branches: ClassVar[frozenset[str]] = frozenset()  # parameters that are numbers of branches, not of compartments

    # --- before and after a run --------------------------------------------------------------------------------------

    def check(self, dt: float) -> None:
        """Refuse what cannot be, before anything is computed with steps of dt [ms]."""

    def stimuli(self, stimulus: Mapping[str, Any]) -> Any:
        """One stimulus from a mapping, for a model that has parts to be named by it."""
        raise ValueError(f"stimulus = {repr(stimulus)[:60]}: {STIMULUS_WANTED}")

    def aims(self, stimulus: Input) -> Iterator[tuple[Any, int]]:
        """Each compartment that a stimulus names, and how many there are."""
        return ((target, self.compartments) for target in stimulus.targets())

    def misfit(self) -> str | None:
        """The parameter whose shape does not fit the compartments, and what to do; None if there is none."""
        for path in (path for path in self.paths() if path not in self.of_branches):
            shape = np.shape(self.get(path))
            if len(shape) == 1 and shape[0] not in (1, self.compartments):
                return (
                    f"{path} has the shape {shape}, and the model {self.compartments} compartment(s): give one number or one "
                    "for each compartment; for several cells, jax.vmap over simulate."
                )
        return None

    def prepared(self) -> Self:
        """The model with what does not change during a run computed once, before it."""
        return self

    def report(self, state: State) -> None:
        """Warn of what the state at the end of a run tells, beside `recording.ok`."""

    # --- during a run ------------------------------------------------------------------------------------------------

    @property
    def compartments(self) -> int:
        """Number of compartments."""
        return 1

    @property
    def coupled(self) -> bool:
        """Whether current flows between its compartments."""
        return False

    def initial(self, v: Values | None = None) -> State:
        """The state at a potential [mV], or at the model's own."""
        raise NotImplementedError(f"{type(self).__name__} must define initial(self, v=None).")

    def drive(self, stimulus: Input, t: jax.Array) -> Any:
        """What the stimulus does to each compartment at times t [ms]: a `Drive`."""
        return stimulus.drive(t, jnp.ones(self.compartments))

    def derivative(self, state: State, drive: Drive) -> State:
        """d state / dt, for any solver: a state too."""
        raise NotImplementedError(f"{type(self).__name__} must define derivative(self, state, drive).")

    def gate_kinetics(self, state: State) -> dict[str, dict[str, Any]]:
        """`Kinetics` of every gate at the state's voltage and concentrations."""
        del state
        return {}

    def pool_kinetics(self, state: State) -> dict[str, Any]:
        """`Kinetics` of every concentration at the present currents."""
        del state
        return {}

    def advance(self, state: State, drive: Drive, dt: Scalar, origin: State | None = None) -> State:
        """The state after dt [ms] with gates and concentrations held, those and voltages counted from an origin, or zero.

        By default a trapezoidal step of the voltage, linearised: second order, where compartments do not depend on each other.
        """
        now = state
        if origin is not None:
            gates, pools = (
                jax.tree.map(jnp.add, a, b) for a, b in ((origin.gates, state.gates), (origin.pools, state.pools))
            )
            now = state.replace(v=origin.v + state.v, gates=gates, pools=pools)
        rate = lambda v: self.derivative(now.replace(v=v), drive).v
        speed, slope = jax.jvp(rate, (now.v,), (jnp.ones_like(now.v),))
        z = dt * slope
        return state.replace(v=state.v + dt * speed / jnp.maximum(jnp.maximum(1.0 - 0.5 * z, -z), 0.5))

    def fired(self, state: State, start: jax.Array) -> Any:
        """When it fired in the step from `start` to this state, made by an `advance` that resets [ms] or infinity."""
        raise NotImplementedError(
            f"{type(self).__name__} resets, so it must define fired(self, state, start), and an advance that resets."
        )

    def reset(self, before: State, after: State, start: jax.Array, dt: Scalar) -> tuple[State, Any]:
        """The state after a step of a solver that knows no `advance`, and the time of the spike in it [ms] or infinity."""
        raise NotImplementedError(
            f"{type(self).__name__} resets, so it must define reset(self, before, after, start, dt)."
        )

    def sound(self, state: State) -> jax.Array:
        """Whether every voltage is one that a membrane can have."""
        return jnp.all(jnp.abs(state.v) <= VOLTAGE_LIMIT)  # NaN is not

    # --- what is recorded --------------------------------------------------------------------------------------------

    def observe(self, what: str, state: State, drive: Drive) -> jax.Array:
        """A named quantity: by default `v`, `stimulus` or `CHANNEL.GATE` (compartment,).

        Raises:
            KeyError: for an unknown name; the message lists those that exist.
        """
        gates = {f"{channel}.{gate}": x for channel, names in state.gates.items() for gate, x in names.items()}
        known = {"v": state.v, "stimulus": jnp.broadcast_to(drive.at(state.v), state.v.shape), **gates, **state.pools}
        if what not in known:
            raise KeyError(f"cannot record {what!r}. There are: {', '.join(known)}, spikes.")
        return known[what]

    def no_spike(self, state: State) -> Any:
        """What `reset` gives for a step without a spike: infinity, in the shape of spikes."""
        return jnp.full_like(state.v, jnp.inf)

    def names_spikes(self, what: str) -> bool:
        """Whether a name that is recorded asks for spikes."""
        return what == "spikes"

    def spikes_of(self, what: str, spikes: Any) -> Any:
        """The spikes of a step that a name asks for."""
        del what
        return spikes


class Membrane(Model):
    """Base of models whose voltage obeys `capacitance dv/dt = drive - current`, the current a line in v at a fixed state.

    A method takes their voltage over a step itself, also where current flows along a `cable`.
    """

    capacitance = 1.0  # µF/cm²

    @property
    def cable(self) -> Any:
        """How its compartments are connected; None if they are not."""
        return None

    @property
    def coupled(self) -> bool:
        return self.cable is not None

    @property
    def nanoampere(self) -> jax.Array:
        """Current through each compartment's membrane at a density of 1 µA/cm² (compartment,) [nA]."""
        raise NotImplementedError(f"{type(self).__name__} must define nanoampere.")

    def membrane_line(self, state: State, origin: Values = 0.0) -> tuple[jax.Array, jax.Array]:
        """The membrane current as `conductance (v - origin) + offset`, linearised at the present voltage."""
        raise NotImplementedError(f"{type(self).__name__} must define membrane_line(self, state, origin=0.0).")


STIMULUS_WANTED = (
    "give one of jn.stimuli, such as step(10.0), or for a network a mapping from its populations to stimuli."
)
