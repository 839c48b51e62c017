"""States counted from an origin nearby, so that small changes keep their digits.

Near -65 mV the numbers of float32 are 7.6e-6 mV apart, and a step that would change a voltage by less than half of that
changes nothing: slow and small potentials stand still, the sooner the finer the step. So a run carries the difference from
an origin, whose numbers are as fine as it is small, and now and then the origin moves to where the state is. Concentrations
and gates likewise.

In derivatives the origin is a constant: only its sum with the difference enters the equations.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ..model import State

S = TypeVar("S", bound=State)

COUNTED = ("v", "gates", "pools")  # what is counted from the origin


class Origin(NamedTuple):
    """Where a state is counted from.

    Attributes:
        state: A state of the model; of each gate one number, that of the first compartment, which is nearly as good as one
            for each and costs nothing.
        flow: What its voltages make flow between compartments, in the unit of the method; None without a cable.
    """

    state: State
    flow: PyTree = None


def begin(state: S) -> tuple[S, S]:
    """The state at which the origin is first, and the state counted from there: zero, with the derivatives of the state."""
    point = jax.lax.stop_gradient(state.replace(gates=_of_first(state.gates)))
    return point, _counted(lambda a, b: b - a, point, state)


def whole(origin: Origin | None, counted: State) -> State:
    """The state itself, of one that is counted from the origin."""
    return counted if origin is None else _counted(jnp.add, origin.state, counted)


def put(origin: Origin, before: State, after: State) -> State:
    """What is counted from an origin, after a reset has made another state of it; what stays keeps its digits."""
    return _counted(lambda o, old, new: old + (new - (o + old)), origin.state, before, after)


def move(point: State, counted: State) -> tuple[State, State]:
    """The state at which the origin is next, and the state counted from there: what is left of it by rounding."""
    gates = counted.gates
    total = _counted(lambda b, a: jax.lax.stop_gradient(a + b), counted.replace(gates=_of_first(gates)), point)
    left = _counted(_left, point.replace(gates=gates), counted)
    moved = jax.tree.map(lambda old, new, x: x + (old - new), point.gates, total.gates, gates)
    return total, left.replace(gates=moved)


def _of_first(gates: dict) -> dict:
    """Gates of the first compartment (1, ...)."""
    return jax.tree.map(lambda x: x[:1], gates)


def _counted(function: Callable, *states: S) -> S:
    """The last of some states with what is counted from the origin replaced by a function of it in all of them."""
    changed = {name: jax.tree.map(function, *(getattr(state, name) for state in states)) for name in COUNTED}
    return states[-1].replace(**changed)


@jax.custom_jvp
def _left(a: jax.Array, b: jax.Array) -> jax.Array:
    """What rounding takes from a + b, exactly: Knuth (1997), The Art of Computer Programming, vol. 2, 4.2.2, theorem B."""
    total = a + b
    of_b = total - a
    return (a - (total - of_b)) + (b - of_b)


@_left.defjvp
def _left_jvp(at: tuple, along: tuple) -> tuple:
    return _left(*at), along[1]  # the sum is a constant in derivatives, so all of the change is in what is left
