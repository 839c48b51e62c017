"""The default method: gates and voltage leapfrog each other, second order in time.

Gates live at the middles of steps, the voltage and concentrations at their ends. With the gates at the middle of a step
the membrane equation is linear in v and takes one trapezoidal step; with the new voltage the gates relax from the
middle of this step to the middle of the next. It is the symmetric (Strang) composition of the two, with neighbouring
half steps of the gates fused into one: stable for any step, and one evaluation of the rates each.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69; Strang (1968), SIAM J. Numer. Anal. 5:506.
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ..arithmetic import Scalar, Values, by_slope
from ..model import Drive, Membrane, Model, State
from .linear import relax_pool, solve_tree
from .method import Arguments, Grid, Method, require_kinetics
from .origin import Origin, begin, move, whole


def _nothing(model: Model, grid: Grid, nodal: PyTree) -> tuple[None, None]:
    del model, grid, nodal
    return None, None


@dataclasses.dataclass(frozen=True)
class Leapfrog(Method):
    """A method of the fixed driver, see `fixed.py`; it carries the state, counted from an origin, gates half a step ahead.

    Attributes:
        membrane: v after a step with the gates held, see `membrane_step`; last it is given what was prepared.
        axial: What flows between compartments by their voltages, a function of model, v and what was prepared.
        prepare: See `Method.prepare`.
    """

    membrane: Callable
    axial: Callable
    prepare: Callable = _nothing
    drive_nodes: ClassVar = (0.5,)
    resets: ClassVar = True

    def begin(self, model: Model, state: State) -> tuple[State, State | None, State]:
        """Where the origin is first; the same, or None if it stays there; and the state counted from there.

        It moves for cells with a cable. They are large: for others it would take more of a step than is gained.
        """
        first, counted = begin(state)
        return first, first if model.coupled else None, counted

    def origin(self, model: Model, first: State, moved: PyTree, prepared: PyTree = None) -> Origin:
        """The origin, at the first place or where it has moved."""
        if not model.coupled:
            return Origin(first)
        return Origin(moved, self.axial(model, moved.v, prepared))

    def start(self, state: State, dt: Scalar, args: Arguments) -> State:
        """The carry at the start, of a state that is counted from the origin: gates half a step ahead."""
        kinetics = args.model.gate_kinetics(whole(args.origin, state))
        return state.replace(gates=relax(kinetics, state.gates, args.origin and args.origin.state.gates, 0.5 * dt))

    def step(self, carry: State, dt: Scalar, args: Arguments) -> tuple[State, State, bool]:
        """The carry after dt [ms], the state there, and whether it succeeded: always."""
        model, origin = args.model, args.origin
        after = _pools(model, origin, self.moved(carry, dt, args), 0.5 * dt, mirrored=True)
        y, gates = whole(origin, after), after.gates

        def relaxed(v: jax.Array, dt: Scalar, noise: dict | None) -> dict:
            return relax(model.gate_kinetics(y.replace(v=v)), gates, origin and origin.state.gates, dt, noise)

        ahead = by_slope(lambda v: relaxed(v, 0.5 * (dt + args.next_dt), args.noise), y.v)
        # for the record: dead code if gates are not recorded
        now = whole(origin, after.replace(gates=relaxed(y.v, 0.5 * dt, None)))
        return after.replace(gates=ahead), now, True

    def moved(self, carry: State, dt: Scalar, args: Arguments) -> State:
        """The carry with its voltage after dt [ms]; without resets that is linear in the current of the drive."""
        model, drive, origin = args.model, args.drive(0.5 * dt), args.origin
        before = _pools(model, origin, carry, 0.5 * dt)
        if not isinstance(model, Membrane):  # such as a point neuron, which knows its own resets
            return model.advance(before, drive, dt, origin and origin.state)
        now = whole(origin, before)
        return before.replace(v=self.membrane(model, origin, before.v, now, drive, dt, args.prepared))

    def move(self, point: State | None, carry: State) -> tuple[State | None, State]:
        """Where the origin is next, and the carry counted from there."""
        return (None, carry) if point is None else move(point, carry)

    def state(self, carry: State, origin: Origin) -> State:
        """The state in a carry."""
        return whole(origin, carry)

    def finish(self, carry: State, dt: Scalar, model: Model, origin: Origin | None = None) -> State:
        """The state at the end, its gates taken back by half a step, so that a run can go on from it exactly."""
        state = whole(origin, carry)
        kinetics = model.gate_kinetics(state)
        gates = {c: {g: kinetics[c][g].rewind(x, 0.5 * dt) for g, x in xs.items()} for c, xs in state.gates.items()}
        return state.replace(gates=gates)


def membrane_step(
    model: Membrane, origin: Origin | None, counted: jax.Array, state: State, drive: Drive, dt: Scalar, _: PyTree = None
) -> jax.Array:
    """v after dt [ms], the gates held: the trapezoidal rule on capacitance dv/dt = -(conductance v + offset).

    A conductance that would overshoot its reversal potential within the step takes the voltage there instead.

    Args:
        model: The model.
        origin: What the voltage is counted from that is returned; None for zero.
        counted: It at the start (compartment,) [mV].
        state: The whole state at the start.
        drive: The stimulus.
        dt: Step [ms].
    """
    coupled = model.coupled
    v, zero = (state.v, 0.0) if coupled or origin is None else (counted, origin.state.v)
    conductance, offset = membrane_line(model, state, drive, zero)
    # Of the ways to write this, the one that XLA compiles best: with another order of the same operations, or one more, it
    # splits the kernel over threads, which then wait for each other in every step, and the gradient is up to six times slower.
    inflow = drive.at(zero) - offset - conductance * v
    weight = _weight(conductance, model.capacitance / dt)
    if coupled:
        inflow = inflow if origin is None else inflow + origin.flow
        return 2 * _middle(model, weight, weight * counted + 0.5 * inflow) - counted
    return counted + inflow / weight


@jax.custom_jvp
def _weight(conductance: jax.Array, capacitive: jax.Array) -> jax.Array:
    """What the flow into a membrane is divided by to be the change of its voltage [mS/cm²]; NaN stays NaN.

    Args:
        conductance: Density (compartment,) [mS/cm²].
        capacitive: Capacitance over the step [mS/cm²].
    """
    return jnp.maximum(conductance, capacitive + 0.5 * conductance)


@_weight.defjvp
def _weight_jvp(at: tuple, along: tuple) -> tuple:
    (g, c), (dg, dc) = at, along  # the derivative that is traced for a maximum divides
    return _weight(g, c), jnp.where(0.5 * g > c, dg, dc + 0.5 * dg)


def membrane_line(model: Membrane, state: State, drive: Drive, zero: Values = 0.0) -> tuple[jax.Array, jax.Array]:
    """The current through the membrane as `conductance (v - zero) + offset`, that of the stimulus with it in conductance."""
    conductance, offset = model.membrane_line(state, zero)
    return conductance if drive.conductance is None else conductance + drive.conductance, offset


def _axial(model: Membrane, v: jax.Array, _: PyTree = None) -> jax.Array:
    """Density of the current that flows into each compartment from its neighbours (compartment,) [µA/cm²]."""
    return model.cable.current(v) / model.nanoampere


def _middle(model: Membrane, weight: jax.Array, right: jax.Array) -> jax.Array:
    """v in the middle of the step if current also flows between compartments: (weight + Laplacian/2) v = right.

    Both sides are of a unit of membrane [µA/cm²], and become those of whole compartments. A junction has no membrane.
    """
    cable, scale = model.cable, model.nanoampere
    links, _ = cable.links()
    middle = solve_tree(cable.parent, cable.at_nodes(scale * weight), 0.5 * links, cable.at_nodes(scale * right))
    return cable.at_compartments(middle)


LEAPFROG = Leapfrog(membrane_step, _axial)


def relax(kinetics: dict, x: dict, origin: dict | None, dt: Scalar, noise: dict | None = None) -> dict:
    """Every gate after dt [ms] at fixed voltage, counted from an origin; None is zero."""
    if not isinstance(x, dict):
        zero = 0.0 if origin is None else origin
        x1 = kinetics.trapezoidal(x, dt, zero)
        return x1 if noise is None else jnp.clip(x1 + kinetics.noise(zero + x, dt) * noise, 0.0 - zero, 1.0 - zero)
    require_kinetics(kinetics, x)
    return {n: relax(kinetics[n], x[n], origin and origin[n], dt, noise and noise.get(n)) for n in x}


def _pools(model: Model, origin: Origin | None, carry: State, dt: Scalar, *, mirrored: bool = False) -> State:
    """The carry with its concentrations after dt [ms] at fixed voltage and gates."""
    kinetics, pools = model.pool_kinetics(whole(origin, carry)), carry.pools
    from_where = dict.fromkeys(pools) if origin is None else origin.state.pools
    relaxed = {ion: relax_pool(kinetics[ion], x, dt, mirrored, from_where[ion]) for ion, x in pools.items()}
    return carry.replace(pools=relaxed)
