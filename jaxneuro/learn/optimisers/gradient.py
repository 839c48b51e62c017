"""Any optax transformation as an optimiser of many starts."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import PyTree

from ...pytree import Pytree
from ..reached import DROPPED, RUNNING, Reached, half_square


class GradientState(Pytree):
    """Where each start is, the state of the transformation, and the best that it has seen."""

    theta: jax.Array
    inner: PyTree
    best: Reached


class Gradient(NamedTuple):
    """Gradient descent on half the sum of squares, or on a scalar function, by an optax transformation.

    Attributes:
        transformation: Such as `optax.adam(0.05)`; every start has its own state of it.
    """

    transformation: PyTree

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> GradientState:
        del residuals, key
        count = starts.shape[0]
        best = Reached(starts, jnp.full(count, jnp.inf, starts.dtype), jnp.full(count, RUNNING))
        return GradientState(starts, jax.vmap(self.transformation.init)(starts), best)

    def step(self, residuals: Callable, state: GradientState) -> GradientState:
        """One update of every start that is still running; its loss is that before the update."""
        cost = lambda x: half_square(residuals(x))
        loss, slope = jax.vmap(jax.value_and_grad(cost))(state.theta)
        running = state.best.status == RUNNING
        finite = jnp.isfinite(loss) & jnp.all(jnp.isfinite(slope), axis=1)
        better = running & jnp.isfinite(loss) & (loss < state.best.loss)
        rule: PyTree = optax.with_extra_args_support(self.transformation)  # a line search asks for the function too
        update = lambda slope, inner, x, loss: rule.update(slope, inner, x, value=loss, grad=slope, value_fn=cost)
        known = jnp.where(finite[:, None], slope, 0.0)
        updates, inner = jax.vmap(update)(known, state.inner, state.theta, loss)
        moves = (running & finite)[:, None]
        best = Reached(
            jnp.where(better[:, None], state.theta, state.best.theta),
            jnp.where(better, loss, state.best.loss),
            jnp.where(running & ~finite, DROPPED, state.best.status),
        )
        moved = state.theta + updates  # pyright: ignore[reportOperatorIssue]
        return GradientState(jnp.where(moves, moved, state.theta), inner, best)

    def reached(self, state: GradientState) -> Reached:
        return state.best
