"""The default method: gates and voltage leapfrog each other, second order in time.

Gates live at the middles of steps, the voltage and concentrations at their ends. With the gates at the middle of a step
the membrane equation is linear in v and takes one trapezoidal step; with the new voltage the gates relax from the
middle of this step to the middle of the next. It is the symmetric (Strang) composition of the two, with neighbouring
half steps of the gates fused into one: stable for any step, and one evaluation of the rates each.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69; Strang (1968), SIAM J. Numer. Anal. 5:506.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..arithmetic import by_slope
from .diffusion import relax_pool
from .one_step import Arguments
from .tree import solve_tree


@dataclasses.dataclass(frozen=True)
class Leapfrog:
    """A method of the fixed driver, see `fixed.py`; it carries the state, its gates half a step ahead.

    Attributes:
        membrane: v after a step with the gates held, a function of model, state, drive, dt and what was prepared.
        prepare: What it is given, made before the first step of model, dt and the drive at all steps: something for every
            step, and something with an axis of steps.
    """

    membrane: Callable
    prepare: Callable = lambda model, dt, nodal: (None, None)
    drive_nodes: ClassVar = (0.5,)

    def start(self, state: Any, dt: Any, args: Arguments) -> Any:
        """The state with its gates half a step ahead."""
        return state.replace(gates=relax(args.model.gate_kinetics(state), state.gates, 0.5 * dt))

    def step(self, carry: Any, dt: Any, args: Arguments) -> tuple[Any, Any, bool]:
        """The carry after dt [ms], the state there, and whether it succeeded: always."""
        model = args.model
        y = _pools(model, self.moved(carry, dt, args), 0.5 * dt, mirrored=True)
        gates = lambda v, dt, noise: relax(model.gate_kinetics(y.replace(v=v)), y.gates, dt, noise)
        ahead = by_slope(lambda v: gates(v, 0.5 * (dt + args.next_dt), args.noise), y.v)
        now = y.replace(gates=gates(y.v, 0.5 * dt, None))  # for the record: dead code if gates are not recorded
        return y.replace(gates=ahead), now, True

    def moved(self, carry: Any, dt: Any, args: Arguments) -> Any:
        """The carry with its voltage after dt [ms]; without resets that is linear in the current of the drive."""
        model, drive = args.model, args.drive(0.5 * dt)
        y = _pools(model, carry, 0.5 * dt)
        advances = hasattr(model, "advance")  # a point neuron, which knows its own resets
        return (
            model.advance(y, drive, dt) if advances else y.replace(v=self.membrane(model, y, drive, dt, args.prepared))
        )

    def state(self, carry: Any) -> Any:
        """The state in a carry."""
        return carry

    def put(self, carry: Any, state: Any) -> Any:
        """The carry with another state."""
        del carry
        return state

    def finish(self, carry: Any, dt: Any, model: Any) -> Any:
        """The state at the end, its gates taken back by half a step, so that a run can go on from it exactly."""
        kinetics = model.gate_kinetics(carry)
        gates = {c: {g: kinetics[c][g].rewind(x, 0.5 * dt) for g, x in xs.items()} for c, xs in carry.gates.items()}
        return carry.replace(gates=gates)


def membrane_step(model: Any, state: Any, drive: Any, dt: Any, _: Any = None) -> jax.Array:
    """v after dt [ms], the gates held: the trapezoidal rule on capacitance dv/dt = -(conductance v + offset).

    A conductance that would overshoot its reversal potential within the step takes the voltage there instead.
    """
    conductance, offset = membrane_line(model, state, drive)
    # Of the ways to write this, the one that XLA compiles best: another order of the same operations makes it split the
    # kernel over threads, which then wait for each other in every step, and the gradient up to six times slower.
    z = dt * conductance
    change = dt * (drive.current - offset) - z * state.v
    weight = jnp.where(0.5 * z > model.capacitance, z, model.capacitance + 0.5 * z)  # NaN stays NaN
    if getattr(model, "cable", None) is not None:
        return 2 * _middle(model, weight, weight * state.v + 0.5 * change, dt) - state.v
    return state.v + change / weight


def membrane_line(model: Any, state: Any, drive: Any) -> tuple[jax.Array, jax.Array]:
    """The current through the membrane as `conductance v + offset`, and that of the stimulus with it in conductance."""
    conductance, offset = model.membrane_line(state)
    return conductance if drive.conductance is None else conductance + drive.conductance, offset


def _middle(model: Any, weight: jax.Array, right: jax.Array, dt: Any) -> jax.Array:
    """v in the middle of the step if current also flows between compartments: (weight + dt/2 Laplacian) v = right.

    Both sides are of a unit of membrane [µF/cm²], and become those of whole compartments. A junction has no membrane.
    """
    cable, scale = model.cable, model.nanoampere
    links, _ = cable.links()
    middle = solve_tree(cable.parent, cable.at_nodes(scale * weight), 0.5 * dt * links, cable.at_nodes(scale * right))
    return cable.at_compartments(middle)


LEAPFROG = Leapfrog(membrane_step)


def relax(kinetics: dict, x: dict, dt: Any, noise: dict | None = None) -> dict:
    """Every gate after dt [ms] at fixed voltage."""
    if not isinstance(x, dict):
        x1 = kinetics.trapezoidal(x, dt)
        return x1 if noise is None else jnp.clip(x1 + kinetics.noise(x, dt) * noise, 0.0, 1.0)
    return {name: relax(kinetics[name], x[name], dt, noise and noise.get(name)) for name in x}


def _pools(model: Any, state: Any, dt: Any, *, mirrored: bool = False) -> Any:
    """The state with its concentrations after dt [ms] at fixed voltage and gates."""
    kinetics = model.pool_kinetics(state)
    return state.replace(pools={ion: relax_pool(kinetics[ion], x, dt, mirrored) for ion, x in state.pools.items()})
