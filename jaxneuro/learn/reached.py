"""What an optimiser of many starts is, and where each start has come to."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import jax
from jaxtyping import PyTree

from ..pytree import Pytree

STATUS = ("running", "converged", "stalled", "dropped", "interrupted", "finished")
RUNNING, CONVERGED, STALLED, DROPPED, INTERRUPTED, FINISHED = range(len(STATUS))


class Reached(Pytree):
    """Where every start has come to.

    Attributes:
        theta: Best parameter vector so far (start, parameter).
        loss: Its loss (start,); infinite if none was finite.
        status: Index into `STATUS` (start,).
    """

    theta: jax.Array
    loss: jax.Array
    status: jax.Array


@runtime_checkable
class Optimiser(Protocol):
    """What `optimise` asks of a method; it is hashable, its functions are pure, and all starts are advanced together."""

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> PyTree:
        """State before the first step; any pytree of arrays."""
        ...

    def step(self, residuals: Callable, state: PyTree) -> PyTree:
        """State after one more step."""
        ...

    def reached(self, state: PyTree) -> Reached:
        """The best so far, in a state."""
        ...


def half_square(r: jax.Array) -> jax.Array:
    """The loss of residuals: half the sum of squares; a scalar is a loss already."""
    return 0.5 * (r * r).sum() if r.ndim else r
