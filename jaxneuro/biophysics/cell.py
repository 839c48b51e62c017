"""A cell: channels on a membrane, as one frozen pytree of parameters."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .. import pytree
from ..pytree import Pytree
from ..units import NANOAMPERE_PER_SQUARE_MICROMETRE
from .cable import Cable
from .channel import Channel, Environment, line
from .gates import Kinetics
from .places import check_reached, joined
from .regions import Where, region
from .stimulus import Drive, Stimulus

GROUPS = ("channels", "pools", "cable")  # left out of paths
HIDDEN = ("places.",)  # no parameters


class State(Pytree):
    """What changes during a simulation.

    Attributes:
        v: Membrane potential (compartment,) [mV].
        gates: Gates by channel and name, each (compartment,).
        pools: Concentrations by ion, each (compartment,) [mM].
    """

    v: jax.Array
    gates: dict[str, dict[str, jax.Array]]
    pools: dict[str, jax.Array]


class Cell(Pytree):
    """A neuron of conductances. Every leaf is a parameter: differentiate, vmap or fit any of them.

    Attributes:
        channels: Ionic mechanisms by name.
        pools: Concentrations by ion; see `CalciumPool`.
        capacitance: Specific membrane capacitance [µF/cm²].
        area: Membrane area of each compartment (compartment,) [µm²].
        celsius: Temperature [°C].
        v_init: Potential at which a simulation starts, gates at their steady state there [mV].
        warmth: No parameter: the factors on the rates of each channel at this temperature, in a cell that is `prepared`.
        cable: How its compartments are connected; None if they are not, as in a cell of one.
        places: No parameters: 1 in the compartments that a mechanism is in, 0 in others (compartment,), for those that are
            not everywhere.
    """

    channels: dict[str, Channel]
    pools: dict[str, Any] = pytree.dataclasses.field(default_factory=dict)
    capacitance: Any = 1.0
    area: Any = (1000.0,)
    celsius: Any = 6.3
    v_init: Any = -65.0
    warmth: dict[str, Any] | None = None
    cable: Cable | None = None
    places: dict[str, Any] = pytree.dataclasses.field(default_factory=dict)

    # --- editing -----------------------------------------------------------------------------------------------------

    def paths(self) -> list[str]:
        """The dotted paths that `set` and `get` take, such as `na.g_max`."""
        return [_short(path) for path in pytree.paths(self) if not path.startswith(HIDDEN)]

    def get(self, path: str) -> Any:
        """The parameter at a path."""
        return pytree.get(self, self._full(path))

    def set(self, path: str, value: Any, where: Where | None = None) -> "Cell":
        """A new cell with the parameter at a path replaced.

        Args:
            path: Such as `na.g_max`, `capacitance` or `resistivity`.
            value: Its value; or, in a cell with a morphology, a function from path distance (compartment,) [µm] to values.
            where: Only in this region, see `region`: `soma`, `axon`, `basal`, `apical`, a mask, or a predicate of the cable.

        Raises:
            KeyError: for an unknown path; the message lists those that exist.
            ValueError: for a region that does not exist, or that the mechanism is not in.
        """
        if callable(value) and self.cable is not None:
            value = value(jnp.asarray(self.cable.path_distance))
        full = self._full(path)
        if where is not None:
            mask = region(where, self.cable, self.compartments)
            check_reached(path, mask, self.places)
            value = jnp.where(mask, jnp.asarray(value), jnp.asarray(pytree.get(self, full)))
        return pytree.put(self, full, value)

    def insert(self, name: str, mechanism: Any, where: Where | None = None) -> "Cell":
        """A new cell with a channel, or a pool of the ion `name`, added or replaced.

        Args:
            name: What to call it in paths.
            mechanism: A channel or a pool.
            where: Only in this region, see `set`: elsewhere the channel carries no current, and the concentration stays at
                rest. A second region may have the mechanism with other parameters: it is still one, its parameters then
                differ between compartments. Without `where` it is everywhere, in place of any of this name.

        Raises:
            ValueError: for a region that does not exist or has the mechanism already, a mechanism of another kind than under
                this name elsewhere, or a pool with the name of a channel.
        """
        group, other = ("channels", "pools") if isinstance(mechanism, Channel) else ("pools", "channels")
        if name in getattr(self, other):
            raise ValueError(
                f"{name!r} is the name of one of the {other}: give the {type(mechanism).__name__} another."
            )
        there, places = getattr(self, group), {k: place for k, place in self.places.items() if k != name}
        if where is not None:
            mask = region(where, self.cable, self.compartments)
            if name in there:
                mechanism, mask = joined(name, there[name], mechanism, self.places.get(name), mask)
            places[name] = jnp.asarray(mask, float)
        return self.replace(**{group: {**there, name: mechanism}}, places=places)

    def _full(self, path: str) -> str:
        for full in (*(f"{group}.{path}" for group in GROUPS), path):
            if pytree.has(self, full):
                return full
        raise KeyError(pytree.unknown(path, self.paths()))

    # --- what a solver asks ------------------------------------------------------------------------------------------

    @property
    def compartments(self) -> int:
        """Number of compartments."""
        return jnp.shape(jnp.asarray(self.area))[-1]

    @property
    def nanoampere(self) -> jax.Array:
        """Current through each compartment's membrane at a density of 1 µA/cm² (compartment,) [nA]."""
        return jnp.asarray(self.area) / NANOAMPERE_PER_SQUARE_MICROMETRE

    def initial(self, v: Any = None) -> State:
        """The state at a potential [mV] (default `v_init`), gates and concentrations at their steady state there."""
        v = jnp.broadcast_to(self.v_init if v is None else v, (self.compartments,))
        pools = {ion: jnp.broadcast_to(pool.rest, v.shape) for ion, pool in self.pools.items()}
        gates = self._steady_gates(v, pools)
        for _ in range(8 if pools else 0):  # concentration and calcium-dependent gates settle together
            pools = {ion: k.steady for ion, k in self.pool_kinetics(State(v, gates, pools)).items()}
            gates = self._steady_gates(v, pools)
        return State(v, gates, pools)

    def _steady_gates(self, v: jax.Array, pools: dict[str, jax.Array]) -> dict[str, dict[str, jax.Array]]:
        kinetics = self.gate_kinetics(State(v, {}, pools))
        return {c: {g: jnp.broadcast_to(k.steady, jnp.shape(k.steady) or v.shape) for g, k in gates.items()}
                for c, gates in kinetics.items()}  # fmt: skip

    def gate_kinetics(self, state: State) -> dict[str, dict[str, Kinetics]]:
        """Kinetics of every gate at the state's voltage and concentrations."""
        env = self._environment(state)
        warmth = self._warmth() if self.warmth is None else self.warmth
        found = {}
        for name, channel in self.channels.items():
            gates, factor = channel.gates(state.v, env), warmth[name]
            if gates:
                found[name] = {g: k if factor is None else k.faster(factor) for g, k in gates.items()}
        return found

    def prepared(self) -> "Cell":
        """The cell with what does not change during a run computed once, before it."""
        return self.replace(warmth=self._warmth(), cable=None if self.cable is None else self.cable.prepared())

    def _warmth(self) -> dict[str, jax.Array | None]:
        return {name: channel.warmth(self.celsius) for name, channel in self.channels.items()}

    def pool_kinetics(self, state: State) -> dict[str, Kinetics]:
        """Kinetics of every concentration at the present currents."""
        if not self.pools:
            return {}
        currents, none = self.currents(state), jnp.zeros_like(state.v)
        total = {
            ion: sum((i for name, i in currents.items() if self.channels[name].ion == ion), none) for ion in self.pools
        }
        return {ion: pool.kinetics(self._in_place(ion, total[ion])) for ion, pool in self.pools.items()}

    def currents(self, state: State) -> dict[str, jax.Array]:
        """Ionic current density of each channel, outward positive (compartment,) [µA/cm²]."""
        env = self._environment(state)
        return {
            name: self._in_place(name, channel.current(state.v, state.gates.get(name, {}), env))
            for name, channel in self.channels.items()
        }

    def membrane_current(self, state: State) -> jax.Array:
        """Total ionic current density, outward positive (compartment,) [µA/cm²]."""
        return sum(self.currents(state).values(), jnp.zeros_like(state.v))

    def membrane_line(self, state: State) -> tuple[jax.Array, jax.Array]:
        """The membrane current as `conductance v + offset`, linearised at the present voltage.

        Returns:
            Conductance density (compartment,) [mS/cm²], and the current that it would be at 0 mV (compartment,) [µA/cm²].
        """
        env = self._environment(state)
        gates = {name: state.gates.get(name, {}) for name in self.channels}
        lines = [
            line(lambda v, n=name, c=channel: self._in_place(n, c.current(v, gates[n], env)), state.v)
            for name, channel in self.channels.items()
        ]
        if not lines:
            return jnp.zeros_like(state.v), jnp.zeros_like(state.v)
        return functools.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), lines)

    def drive(self, stimulus: Stimulus, t: jax.Array) -> Drive:
        """What the stimulus does to each compartment at times t [ms]."""
        return stimulus.drive(t, NANOAMPERE_PER_SQUARE_MICROMETRE / jnp.asarray(self.area))

    def derivative(self, state: State, drive: Drive) -> State:
        """d state / dt, for any solver: [mV/ms], gates [1/ms], concentrations [mM/ms]."""
        current = drive.at(state.v) - self.membrane_current(state)
        if self.cable is not None:
            current = current + self.cable.current(state.v) / self.nanoampere
        v = current / self.capacitance
        return State(v, _derivatives(self.gate_kinetics(state), state.gates),
                     _derivatives(self.pool_kinetics(state), state.pools))  # fmt: skip

    def observe(self, what: str, state: State, drive: Drive) -> jax.Array:
        """A named quantity (compartment,): `v`, `stimulus`, `CHANNEL.GATE`, `CHANNEL.current` or an ion.

        Raises:
            KeyError: for an unknown name; the message lists those that exist.
        """
        if what == "v":
            return state.v
        if what == "stimulus":
            return jnp.broadcast_to(drive.at(state.v), state.v.shape)
        if what in state.pools:
            return state.pools[what]
        channel, _, part = what.partition(".")
        if channel in self.channels and part == "current":
            return self.currents(state)[channel]
        if part in state.gates.get(channel, {}):
            return state.gates[channel][part]
        gates = [f"{c}.{g}" for c, names in state.gates.items() for g in names]
        known = ["v", "stimulus", *state.pools, *gates, *(f"{c}.current" for c in self.channels)]
        raise KeyError(f"cannot record {what!r}. There are: {', '.join(known)}.")

    def _in_place(self, name: str, density: jax.Array) -> jax.Array:
        """The current of a mechanism, and 0 in compartments that it is not in."""
        return jnp.where(self.places[name] > 0, density, 0.0) if name in self.places else density

    def _environment(self, state: State) -> Environment:
        return Environment(self.celsius, jnp.asarray(self.area), state.pools)


def _short(path: str) -> str:
    """A path without the group that it is in."""
    group, _, rest = path.partition(".")
    return rest if group in GROUPS else path


def _derivatives(kinetics: dict, x: dict) -> dict:
    if not isinstance(x, dict):
        return kinetics.derivative(x)
    return {name: _derivatives(kinetics[name], x[name]) for name in x}
