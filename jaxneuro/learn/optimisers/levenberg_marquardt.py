"""Levenberg–Marquardt from many starts at once, with a forward-mode Jacobian."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from ...pytree import Pytree
from ..reached import CONVERGED, DROPPED, RUNNING, STALLED, Reached, half_square

TRIED = (0.1, 1.0, 10.0)  # factors on the damping, all tried at once


class LevenbergMarquardtState(Pytree):
    """The starts, and the damping of each."""

    best: Reached
    damping: jax.Array


class LevenbergMarquardt(NamedTuple):
    """Damped Gauss–Newton steps; each start tries three dampings an iteration and keeps the best.

    (JᵀJ + λ diag JᵀJ + ridge) δ = -Jᵀr, δ cut to `largest_step` in every coordinate. A parameter costs one tangent of
    the simulation. Residuals whose Jacobian is sparse may have a method `linearise(theta) -> (r, J)` of their own.

    Attributes:
        damping: λ at the beginning.
        stall: A start whose λ exceeds this has stalled.
        largest_step: Of one coordinate of the parameter vector in one iteration.
        ridge: Added to the diagonal, so that parameters without effect stay where they are.
        tolerance: A start has converged when an accepted step lowers its loss by less than this share.
        limit: No coordinate leaves ±limit.
        chunk: Tangents computed at once; all by default. Fewer take less memory.
        batch: Starts whose Jacobians are computed at once; all by default.

    Source: Marquardt (1963), J. Soc. Indust. Appl. Math. 11:431.
    """

    damping: float = 0.1
    stall: float = 1e4
    largest_step: float = 2.0
    ridge: float = 1e-3
    tolerance: float = 1e-6
    limit: float = float("inf")
    chunk: int | None = None
    batch: int | None = None

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> LevenbergMarquardtState:
        """The starts; their losses come with the first Jacobian, so that nothing more is compiled."""
        del residuals, key
        starts = jnp.clip(starts, -self.limit, self.limit)
        unknown = jnp.full(len(starts), jnp.inf, starts.dtype)
        status = jnp.full(len(starts), RUNNING)
        return LevenbergMarquardtState(Reached(starts, unknown, status), jnp.full_like(unknown, self.damping))

    def step(self, residuals: Callable, state: LevenbergMarquardtState) -> LevenbergMarquardtState:
        """One Jacobian and three trials for every start."""
        theta = state.best.theta
        r, jacobian = self._linearise(residuals, theta)
        here = jax.vmap(half_square)(r)
        loss = jnp.where(jnp.isfinite(here), jnp.minimum(here, state.best.loss), state.best.loss)
        finite = jnp.all(jnp.isfinite(jacobian), axis=(1, 2)) & jnp.all(jnp.isfinite(r), axis=1)
        # a derivative that is not finite says nothing; the others still point somewhere
        r, jacobian = (jnp.where(jnp.isfinite(x), x, 0.0) for x in (r, jacobian))
        dampings = state.damping[:, None] * jnp.asarray(TRIED, theta.dtype)
        moves = jax.vmap(jax.vmap(self._move, (None, None, 0)))(r, jacobian, dampings)
        trials = jnp.clip(theta[:, None] + moves, -self.limit, self.limit)
        losses = _losses(residuals, trials)
        choice = jnp.argmin(losses, axis=1)
        lowest = jnp.take_along_axis(losses, choice[:, None], 1)[:, 0]
        running = state.best.status == RUNNING
        better = running & (lowest < loss)
        used = jnp.take_along_axis(dampings, choice[:, None], 1)[:, 0]
        damping = jnp.clip(jnp.where(better, 0.5 * used, 50.0 * state.damping), 1e-6, 1e8)
        status = jnp.where(better & finite & (loss - lowest < self.tolerance * loss), CONVERGED, RUNNING)
        status = jnp.where(damping > self.stall, STALLED, status)
        status = jnp.where(jnp.isfinite(loss), status, DROPPED)
        at = jnp.where(better[:, None], jnp.take_along_axis(trials, choice[:, None, None], 1)[:, 0], theta)
        best = Reached(at, jnp.where(better, lowest, loss), jnp.where(running, status, state.best.status))
        return LevenbergMarquardtState(best, jnp.where(running, damping, state.damping))

    def reached(self, state: LevenbergMarquardtState) -> Reached:
        return state.best

    def _linearise(self, residuals: Callable, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        def of_one(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            r, jacobian = linearise(residuals, x, self.chunk)
            if r.ndim != 1:
                raise ValueError(
                    f"residuals of shape {r.shape}: LevenbergMarquardt wants a vector (residual,) of which the sum of squares is "
                    "to be least; ravel them, or take an optax transformation for a scalar."
                )
            return r, jacobian

        if self.batch is None or self.batch >= len(theta):
            return jax.vmap(of_one)(theta)
        return jax.lax.map(of_one, theta, batch_size=self.batch)

    def _move(self, r: jax.Array, jacobian: jax.Array, damping: jax.Array) -> jax.Array:
        normal = jacobian.T @ jacobian
        # a constant share of the mean keeps float32 away from singular, beside the absolute ridge
        diagonal = damping * jnp.diag(normal) + self.ridge + 1e-6 * jnp.mean(jnp.diag(normal))
        move = -jax.scipy.linalg.solve(normal + jnp.diag(diagonal), jacobian.T @ r, assume_a="pos")
        return jnp.clip(jnp.nan_to_num(move), -self.largest_step, self.largest_step)


@runtime_checkable
class Linearised(Protocol):
    """Residuals that know their Jacobian, as where it is sparse."""

    def linearise(self, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Residuals (residual,) and Jacobian (residual, parameter)."""
        ...


def linearise(residuals: Callable, theta: jax.Array, chunk: int | None = None) -> tuple[jax.Array, jax.Array]:
    """Residuals (residual,) and their Jacobian (residual, parameter), one tangent a parameter.

    Args:
        residuals: Function of theta; its own `linearise`, if it has one, is used.
        theta: Parameter vector (parameter,).
        chunk: Tangents computed at once.

    Returns:
        Residuals and Jacobian.
    """
    if isinstance(residuals, Linearised):
        return residuals.linearise(theta)
    basis = jnp.eye(theta.shape[0], dtype=theta.dtype)

    def along(tangent: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.jvp(residuals, (theta,), (tangent,))

    if chunk is None or chunk >= len(basis):
        r, columns = jax.vmap(along, out_axes=(None, -1))(basis)
        return r, columns
    r, rows = jax.lax.map(along, basis, batch_size=chunk)
    return r[0], rows.T


def _losses(residuals: Callable, trials: jax.Array) -> jax.Array:
    """Losses (start, trial), infinite where not finite."""
    losses = jax.vmap(jax.vmap(lambda x: half_square(residuals(x))))(trials)
    return jnp.where(jnp.isfinite(losses), losses, jnp.inf)
