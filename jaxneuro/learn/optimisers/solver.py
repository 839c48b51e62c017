"""Any solver of optimistix, for least squares or for minimisation, as an optimiser of many starts."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import PyTree

from ...pytree import Pytree
from ..reached import CONVERGED, DROPPED, RUNNING, STALLED, Reached, half_square

SOLVERS = (optx.AbstractLeastSquaresSolver, optx.AbstractMinimiser)
NO_TAGS: frozenset = frozenset()


class SolverState(Pytree):
    """Where each start is, the arrays of its solver's state, and the best that it has seen."""

    theta: jax.Array
    inner: PyTree
    best: Reached


class Solver(NamedTuple):
    """A solver of optimistix, each start with its own state; its tolerances say when a start has converged.

    Attributes:
        solver: Such as `optimistix.BFGS(rtol=1e-6, atol=1e-6)` or `optimistix.Dogleg(rtol=1e-6, atol=1e-6)`.
    """

    solver: Any

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> SolverState:
        del key
        count = len(starts)
        best = Reached(starts, jnp.full(count, jnp.inf, starts.dtype), jnp.full(count, RUNNING))
        return SolverState(starts, jax.vmap(lambda x: self._begin(residuals, x)[0])(starts), best)

    def step(self, residuals: Callable, state: SolverState) -> SolverState:
        """One iteration of every start that is still running; it may be one that the solver takes back."""
        rest = _rest(lambda x: self._begin(residuals, x)[1], state.theta[0])
        after = jax.vmap(lambda *one: self._step(residuals, rest, *one))(state.theta, state.inner, state.best)
        running = state.best.status == RUNNING
        chosen = lambda new, old: jnp.where(running.reshape(-1, *[1] * (new.ndim - 1)), new, old)
        return jax.tree.map(chosen, after, state)

    def reached(self, state: SolverState) -> Reached:
        return state.best

    def _begin(self, residuals: Callable, theta: jax.Array) -> tuple[PyTree, PyTree]:
        """The solver's state before its first step: its arrays, and the rest."""
        f = self._function(residuals)
        shape = jax.eval_shape(lambda x: f(x, None)[0], theta)
        return eqx.partition(self.solver.init(f, theta, None, {}, shape, None, NO_TAGS), eqx.is_array)

    def _step(self, residuals: Callable, rest: PyTree, theta: jax.Array, inner: PyTree, best: Reached) -> SolverState:
        f, state = self._function(residuals), eqx.combine(inner, rest)
        theta, state, _ = self.solver.step(f, theta, None, {}, state, NO_TAGS)
        done, result = self.solver.terminate(f, theta, None, {}, state, NO_TAGS)
        loss = half_square(residuals(theta))
        better = loss < best.loss  # not of NaN
        ended = jnp.where(result == optx.RESULTS.successful, CONVERGED, STALLED)
        lost = ~jnp.isfinite(loss) & ~jnp.isfinite(best.loss)
        status = jnp.where(lost, DROPPED, jnp.where(done, ended, RUNNING))
        best = Reached(jnp.where(better, theta, best.theta), jnp.where(better, loss, best.loss), status)
        return SolverState(theta, eqx.filter(state, eqx.is_array), best)

    def _function(self, residuals: Callable) -> Callable:
        if isinstance(self.solver, optx.AbstractLeastSquaresSolver):
            return lambda x, _: (residuals(x), None)
        return lambda x, _: (half_square(residuals(x)), None)


def _rest(begin: Callable, theta: jax.Array) -> PyTree:
    """What is no array in a solver's state, found without computing it."""
    held = []
    jax.eval_shape(lambda x: held.append(begin(x)) or x, theta)
    return held[0]
