"""A cell: channels on a membrane, as one frozen pytree of parameters."""

import functools
import math
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import PyTree

from ...arithmetic import Values
from ...checks import VOLTAGE_LIMIT, Rule, refuse
from ...model import Membrane
from ...pytree import Pytree, computed, group, parameter
from ...summary import Summarised
from ...units import NANOAMPERE_PER_SQUARE_MICROMETRE
from ..shape import Cable, Division, Morphology, transfer
from ..stimuli import Drive, Stimulus
from .channel import Channel, Environment, line, uses
from .diffusion import Body, Space
from .gates import Kinetics
from .placed import at_place, located
from .places import check_reached, joined
from .regions import Where, compartment_at, region


class State(Pytree):
    """What changes during a simulation.

    Attributes:
        v: Membrane potential (compartment,) [mV].
        gates: Gates by channel and name, each (compartment,).
        pools: Concentrations by ion, each (compartment,), or of each substance (compartment, shell) if it diffuses [mM].
    """

    v: jax.Array
    gates: dict[str, dict[str, jax.Array]]
    pools: dict[str, Any]


class Cell(Summarised, Membrane):
    """A neuron of conductances. Every leaf is a parameter: differentiate, vmap or fit any of them.

    Attributes:
        channels: Ionic mechanisms by name.
        pools: Concentrations by ion; see `CalciumPool`, `IonPool` and `Shells`.
        capacitance: Specific membrane capacitance [µF/cm²].
        area: Membrane area of each compartment (compartment,) [µm²]; None of a cell of branches, see `surface`.
        celsius: Temperature [°C].
        v_init: Potential at which a simulation starts, gates at their steady state there [mV].
        warmth: No parameter: the factors on the rates of each channel at this temperature, in a cell that is `prepared`.
        cable: How its compartments are connected; None if they are not, as in a cell of one.
        places: No parameters: 1 in the compartments that a mechanism is in, 0 in others (compartment,), for those that are
            not everywhere.
        electrodes: What each compartment's membrane current makes of the potential at electrodes outside (electrode,
            compartment) [mV/nA], from `with_electrodes`; None without.
        spaces: No parameters: where ions diffuse, in a cell that is `prepared`.
    """

    of_branches: ClassVar = frozenset({"length", "radius"})

    channels: dict[str, Channel] = group()
    pools: dict[str, Any] = group(default_factory=dict)
    capacitance: Values = parameter(default=1.0, unit="µF/cm²", above=0.0, linear=True)
    area: Any = parameter(default=(1000.0,), unit="µm²", above=0.0)
    celsius: Values = parameter(default=6.3, unit="°C", least=-20.0, most=100.0)
    v_init: Values = parameter(default=-65.0, unit="mV", least=-VOLTAGE_LIMIT, most=VOLTAGE_LIMIT)
    warmth: dict[str, Any] | None = computed(default=None)
    cable: Cable | None = group(default=None)
    places: dict[str, Any] = computed(default_factory=dict)
    electrodes: Any = None
    spaces: dict[str, Space | None] | None = computed(default=None)

    # --- editing -----------------------------------------------------------------------------------------------------

    def given(self, keys: tuple, path: str, value: PyTree) -> PyTree:
        """A function from path distance (compartment,) [µm] as the values that it has in this cell."""
        del keys, path
        if callable(value) and not isinstance(value, Pytree) and self.cable is not None:
            return value(jnp.asarray(self.cable.path_distance))
        return value

    def reached(self, keys: tuple, path: str, where: Where) -> PyTree:
        """Which compartments a region is, or branches for a number of these; one without the mechanism is refused."""
        mask = region(where, self.cable, self.compartments)
        if keys[0] in ("channels", "pools"):
            check_reached(keys[1], path, mask, self.places)
        return self.cable.shape.own(mask, path) if self.cable is not None and keys[:2] == ("cable", "shape") else mask

    def insert(self, name: str, mechanism: PyTree, where: Where | None = None) -> "Cell":
        """A new cell with a channel, or a pool of the ion `name`, added or replaced.

        Args:
            name: What to call it in paths.
            mechanism: A channel or a pool.
            where: Only in this region, see `set`: elsewhere the channel carries no current, and the concentration stays at
                rest. A second region may have the mechanism with other parameters: it is still one, its parameters then
                differ between compartments. Without `where` it is everywhere, in place of any of this name.

        Raises:
            ValueError: for what is no mechanism, a region that does not exist or has the mechanism already, a mechanism of
                another kind than under this name elsewhere, a pool with the name of a channel, or a number out of bounds.
        """
        if not isinstance(mechanism, Pytree):
            raise ValueError(
                f"{name!r}: {repr(mechanism)[:60]} is no mechanism: give a channel or a pool, such as Leak()."
            )
        kind, other = ("channels", "pools") if isinstance(mechanism, Channel) else ("pools", "channels")
        if name in getattr(self, other):
            raise ValueError(
                f"{name!r} is the name of one of the {other}: give the {type(mechanism).__name__} another."
            )
        refuse(mechanism, name)
        there, places = getattr(self, kind), {k: place for k, place in self.places.items() if k != name}
        if where is not None:
            mask = region(where, self.cable, self.compartments)
            if name in there:
                mechanism, mask = joined(name, there[name], mechanism, self.places.get(name), mask)
            places[name] = jnp.asarray(mask, float)
        return self.replace(**{kind: {**there, name: mechanism}}, places=places)

    def with_electrodes(
        self,
        morphology: Morphology,
        division: Division,
        positions: ArrayLike,
        *,
        conductivity: Values = 0.3,
        source: str = "line",
    ) -> "Cell":
        """A new cell with electrodes outside, for `record="extracellular"`: the potential there [mV] (time, electrode).

        Differentiable in the positions, the conductivity and the morphology. See `transfer` for what is assumed. After a
        jump of an injected current it alternates for a while from step to step, as voltages of short compartments do under
        the trapezoidal rule: the mean of two rows does not.

        Args:
            morphology: The neuron that the cell is made of.
            division: How it was divided: `from_morphology(morphology, division=division)`.
            positions: Of the electrodes, in the coordinates of the morphology (electrode, 3) [µm].
            conductivity: Of the tissue [S/m].
            source: `line`, each piece of a neurite a line, or `point`, each a point.

        Raises:
            ValueError: for positions of another shape, a conductivity that is not positive, an unknown kind of source, or a
                division that is not the cell's.
        """
        if len(division.tree.kind) != self.compartments:
            raise ValueError(
                f"the division has {len(division.tree.kind)} compartments and the cell {self.compartments}: give the "
                "division that the cell was made with, from_morphology(morphology, division=division)."
            )
        return self.replace(electrodes=transfer(morphology, division, positions, conductivity, source))

    def compartment_at(self, place: PyTree, where: Where | None = None) -> int:
        """The compartment at a name, or nearest to a point (3,) [µm] or a path distance [µm] in a region; see `regions`."""
        return compartment_at(self.cable, place, where)

    # --- what a solver asks ------------------------------------------------------------------------------------------

    @property
    def compartments(self) -> int:
        """Number of compartments."""
        return len(self.cable.tree.kind) if self.cable is not None else (jnp.asarray(self.area).shape or (1,))[-1]

    @property
    def surface(self) -> jax.Array:
        """Membrane area of each compartment, its own or that of its branches (compartment,) [µm²]."""
        of_cable = None if self.cable is None else self.cable.shape.area
        area = jnp.asarray(self.area if of_cable is None else of_cable)
        return area if area.ndim else jnp.broadcast_to(area, (self.compartments,))

    def rules(self) -> list[Rule]:
        """A cell has an area or branches, not both."""
        both = self.area is not None and self.cable is not None and self.cable.shape.area is not None
        return [Rule(not both, "area follows from the branches of this cell: set its radius or length instead.")]

    @property
    def nanoampere(self) -> jax.Array:
        """Current through each compartment's membrane at a density of 1 µA/cm² (compartment,) [nA]."""
        return self.surface / NANOAMPERE_PER_SQUARE_MICROMETRE

    def initial(self, v: Values | None = None) -> State:
        """The state at a potential [mV] (default `v_init`), gates and concentrations at their steady state there."""
        v = jnp.broadcast_to(self.v_init if v is None else v, (self.compartments,))
        rest = {ion: jnp.broadcast_to(pool.rest, v.shape) for ion, pool in self.pools.items()}
        pools = {ion: pool.start(rest[ion]) for ion, pool in self.pools.items()}

        def settled(_: int, pools: dict) -> dict:  # concentration and calcium-dependent gates settle together
            kinetics = self.pool_kinetics(State(v, self._steady_gates(v, pools), pools))
            return {ion: p.start(kinetics[ion].settled(p.inside(pools[ion]))) for ion, p in self.pools.items()}

        if pools:
            pools = jax.lax.fori_loop(1, 8, settled, jax.tree.map(jnp.asarray, settled(0, pools)))
        return State(v, self._steady_gates(v, pools), pools)

    def _steady_gates(self, v: jax.Array, pools: dict[str, PyTree]) -> dict[str, dict[str, jax.Array]]:
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
        cable = None if self.cable is None else self.cable.prepared()
        return self.replace(warmth=self._warmth(), cable=cable, spaces=self._spaces())

    def _warmth(self) -> dict[str, jax.Array | None]:
        return {name: channel.warmth(self.celsius) for name, channel in self.channels.items()}

    def _spaces(self) -> dict[str, Space | None]:
        area = self.surface
        radius = jnp.sqrt(area / (4 * math.pi)) if self.cable is None else self.cable.radius(area)
        body = Body(area, radius, 3 if self.cable is None else 2, self.cable, None)
        return {ion: pool.space(body._replace(place=self.places.get(ion))) for ion, pool in self.pools.items()}

    def pool_kinetics(self, state: State) -> dict[str, PyTree]:
        """Kinetics of every concentration at the present currents, the tangents of which in the concentration they hold."""
        spaces = self._spaces() if self.spaces is None else self.spaces
        found = {}
        for ion, pool in self.pools.items():
            x, of_inside = state.pools[ion], partial(self._ionic_current, ion, state)
            inside = pool.inside(x)
            slope, current = line(of_inside, inside) if uses(of_inside, inside) else (None, of_inside(inside))
            found[ion] = pool.kinetics(current, slope, x, spaces[ion])
        return found

    def _ionic_current(self, ion: str, state: State, inside: jax.Array) -> jax.Array:
        """Current density that fills a pool, outward positive, at a concentration inside (compartment,) [µA/cm²]."""
        env, total = self._environment(state), jnp.zeros_like(state.v)
        env = env.replace(concentrations={**env.concentrations, ion: inside})
        for name, channel in self.channels.items():
            if channel.ion == ion:
                total += self._in_place(name, channel.current(state.v, state.gates.get(name, {}), env))
        return self._in_place(ion, total)

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

    def membrane_line(self, state: State, origin: Values = 0.0) -> tuple[jax.Array, jax.Array]:
        """The membrane current as `conductance (v - origin) + offset`, linearised at the present voltage.

        Args:
            state: The state.
            origin: What voltages are counted from (compartment,) [mV].

        Returns:
            Conductance density (compartment,) [mS/cm²], and the current that it would be at the origin (compartment,)
            [µA/cm²].
        """
        env = self._environment(state)
        gates = {name: state.gates.get(name, {}) for name in self.channels}
        lines = [
            line(lambda v, n=name, c=channel: self._in_place(n, c.current(v, gates[n], env)), state.v, origin)
            for name, channel in self.channels.items()
        ]
        if not lines:
            return jnp.zeros_like(state.v), jnp.zeros_like(state.v)
        return functools.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), lines)

    def transmembrane_current(self, state: State, drive: Drive) -> jax.Array:
        """Current out through each compartment's membrane, ionic and capacitive (compartment,) [nA].

        It is what is injected and what flows in from the neighbours, so its sum is what is injected into the cell.
        """
        injected = drive.at(state.v) * self.nanoampere
        return injected if self.cable is None else injected + self.cable.current(state.v)

    def drive(self, stimulus: Stimulus, t: jax.Array) -> Drive:
        """What the stimulus does to each compartment at times t [ms]."""
        return located(stimulus, self).drive(t, NANOAMPERE_PER_SQUARE_MICROMETRE / self.surface)

    def derivative(self, state: State, drive: Drive) -> State:
        """d state / dt, for any solver: [mV/ms], gates [1/ms], concentrations [mM/ms]."""
        current = drive.at(state.v) - self.membrane_current(state)
        if self.cable is not None:
            current = current + self.cable.current(state.v) / self.nanoampere
        v = current / self.capacitance
        return State(v, _derivatives(self.gate_kinetics(state), state.gates),
                     _derivatives(self.pool_kinetics(state), state.pools))  # fmt: skip

    def observe(self, what: str, state: State, drive: Drive) -> jax.Array:
        """A named quantity: `v`, `stimulus`, `transmembrane`, `CHANNEL.GATE`, `CHANNEL.current`, an ion at the membrane
        (compartment,); the shells of what diffuses, `ION.free` or `ION.BUFFER` (compartment, shell); or `extracellular`
        (electrode,). Any of these at a place, `apical.v` or `dend[2](0.3).na.m`, is of its compartments; see `spots`.

        Raises:
            KeyError: for an unknown name; the message lists those that exist.
        """
        if part := at_place(what, self):
            return part.observe(self, state, drive)
        if what == "v":
            return state.v
        if what == "stimulus":
            return jnp.broadcast_to(drive.at(state.v), state.v.shape)
        if what == "transmembrane":
            return self.transmembrane_current(state, drive)
        if what == "extracellular" and self.electrodes is not None:
            return jnp.asarray(self.electrodes) @ self.transmembrane_current(state, drive)
        if what in state.pools:
            return self.pools[what].inside(state.pools[what])
        channel, _, part = what.rpartition(".")
        if channel in self.channels and part == "current":
            return self.currents(state)[channel]
        inner = {**state.gates, **{ion: x for ion, x in state.pools.items() if isinstance(x, dict)}}
        if part in inner.get(channel, {}):
            return inner[channel][part]
        parts = [f"{c}.{part}" for c, names in inner.items() for part in names]
        outside = [] if self.electrodes is None else ["extracellular"]
        known = [
            "v",
            "stimulus",
            "transmembrane",
            *outside,
            *state.pools,
            *parts,
            *(f"{c}.current" for c in self.channels),
        ]
        raise KeyError(f"cannot record {what!r}. There are: {', '.join(known)}, spikes.")

    def _in_place(self, name: str, density: jax.Array) -> jax.Array:
        """The current of a mechanism, and 0 in compartments that it is not in."""
        return jnp.where(self.places[name] > 0, density, 0.0) if name in self.places else density

    def _environment(self, state: State) -> Environment:
        inside = {ion: self.pools[ion].inside(x) for ion, x in state.pools.items()}
        return Environment(self.celsius, self.surface, inside, self.pools)


def _derivatives(kinetics: PyTree, x: PyTree) -> PyTree:
    if isinstance(kinetics, dict):
        return {name: _derivatives(kinetics[name], x[name]) for name in x}
    return kinetics.derivative(x)
