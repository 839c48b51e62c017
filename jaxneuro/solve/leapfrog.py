"""The default method: gates and voltage leapfrog each other, second order in time.

Gates live at the middles of steps, the voltage and concentrations at their ends. With the gates at the middle of a step
the membrane equation is linear in v and takes one trapezoidal step; with the new voltage the gates relax from the
middle of this step to the middle of the next. It is the symmetric (Strang) composition of the two, with neighbouring
half steps of the gates fused into one: stable for any step, and one evaluation of the rates each.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69; Strang (1968), SIAM J. Numer. Anal. 5:506.
"""

from typing import Any

import jax
import jax.numpy as jnp

from .one_step import Arguments
from .tree import laplacian, solve_tree


class Leapfrog:
    """A method of the fixed driver, see `fixed.py`; it carries the state, its gates half a step ahead."""

    drive_nodes = (0.5,)

    def start(self, state: Any, dt: Any, args: Arguments) -> Any:
        """The state with its gates half a step ahead."""
        return state.replace(gates=relax(args.model.gate_kinetics(state), state.gates, 0.5 * dt))

    def step(self, carry: Any, dt: Any, args: Arguments) -> tuple[Any, Any, bool]:
        """The carry after dt [ms], the state there, and whether it succeeded: always."""
        model, drive = args.model, args.drive(0.5 * dt)
        y = _pools(model, carry, 0.5 * dt)
        advances = hasattr(model, "advance")  # a point neuron, which knows its own resets
        y = model.advance(y, drive, dt) if advances else y.replace(v=membrane_step(model, y, drive, dt))
        y = _pools(model, y, 0.5 * dt)
        kinetics = model.gate_kinetics(y)
        ahead = relax(kinetics, y.gates, 0.5 * (dt + args.next_dt), args.noise)
        now = y.replace(gates=relax(kinetics, y.gates, 0.5 * dt))  # for the record: dead code if gates are not recorded
        return y.replace(gates=ahead), now, True

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


LEAPFROG = Leapfrog()


def membrane_step(model: Any, state: Any, drive: Any, dt: Any) -> jax.Array:
    """v after dt [ms], the gates held: the trapezoidal rule on capacitance dv/dt = -(conductance v + offset).

    A conductance that would overshoot its reversal potential within the step takes the voltage there instead.
    """
    conductance, offset = model.membrane_line(state)
    if drive.conductance is not None:
        conductance = conductance + drive.conductance
    # Of the ways to write this, the one that XLA compiles best: another order of the same operations makes it split the
    # kernel over threads, which then wait for each other in every step, and the gradient up to six times slower.
    z = dt * conductance
    change = dt * (drive.current - offset) - z * state.v
    if getattr(model, "cable", None) is not None:
        return state.v + _along_cable(model, state.v, z, change, dt)
    return state.v + change / jnp.maximum(model.capacitance + 0.5 * z, z)


def _along_cable(model: Any, v: jax.Array, z: jax.Array, change: jax.Array, dt: Any) -> jax.Array:
    """How v changes if current also flows between compartments: the same step, for all of them at once.

    (membrane + dt/2 L) increment = change - dt L v, all in nA ms, with the Laplacian L of the tree. A junction has no
    membrane; as its row holds for whatever voltage it is given before the step, it is given its parent's.
    """
    cable, scale, parent = model.cable, model.nanoampere, model.cable.parent
    links, sums = cable.links()
    diagonal = cable.at_nodes(scale * jnp.maximum(model.capacitance + 0.5 * z, z)) + 0.5 * dt * sums
    right = cable.at_nodes(scale * change) - dt * laplacian(parent, links, cable.before(v))
    return cable.at_compartments(solve_tree(parent, diagonal, 0.5 * dt * links, right))


def relax(kinetics: dict, x: dict, dt: Any, noise: dict | None = None) -> dict:
    """Every gate after dt [ms] at fixed voltage."""
    if not isinstance(x, dict):
        x1 = kinetics.trapezoidal(x, dt)
        return x1 if noise is None else jnp.clip(x1 + kinetics.noise(x, dt) * noise, 0.0, 1.0)
    return {name: relax(kinetics[name], x[name], dt, noise and noise.get(name)) for name in x}


def _pools(model: Any, state: Any, dt: Any) -> Any:
    """The state with its concentrations after dt [ms] at fixed voltage and gates."""
    return state.replace(pools=relax(model.pool_kinetics(state), state.pools, dt))
