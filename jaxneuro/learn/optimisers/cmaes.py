"""Covariance-matrix adaptation, a search without gradients, all of it compiled."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import Pytree
from ..reached import RUNNING, Reached, half_square

TRIES = 16  # draws of a candidate within the limit, before it is moved onto it


class CMAESState(Pytree):
    """One search a start: its best, and its distribution, each with a leading axis of starts."""

    best: Reached
    mean: jax.Array
    spread: jax.Array
    covariance: jax.Array
    step_path: jax.Array
    shape_path: jax.Array
    key: jax.Array
    generation: jax.Array


class Weights(NamedTuple):
    """Constants of a search, as in tables 1 and 2 of the source."""

    each: np.ndarray  # of the candidates, best first; the last half is negative
    mass: float  # variance effective number of parents
    c_step: float
    d_step: float
    c_path: float
    c_one: float
    c_rank: float
    norm: float  # expected length of a normal vector


class CMAES(NamedTuple):
    """Covariance-matrix adaptation with negative weights, one search a start.

    Attributes:
        popsize: Candidates of a search and generation.
        sigma: First standard deviation, in units of the parameter vector.
        limit: No coordinate leaves ±limit.

    Source: Hansen (2016), arXiv:1604.00772, figure 6.
    """

    popsize: int = 64
    sigma: float = 1.0
    limit: float = 1e6

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> CMAESState:
        del residuals
        if self.popsize < 4:
            raise ValueError(f"popsize = {self.popsize}: give CMAES at least 4 candidates, of which half are parents.")
        count, size = starts.shape
        mean, zeros = jnp.clip(starts, -self.limit, self.limit), jnp.zeros_like(starts)
        best = Reached(starts, jnp.full(count, jnp.inf, starts.dtype), jnp.full(count, RUNNING))
        spread = jnp.full(count, self.sigma, starts.dtype)
        covariance = jnp.broadcast_to(jnp.eye(size, dtype=starts.dtype), (count, size, size))
        return CMAESState(
            best, mean, spread, covariance, zeros, zeros, jax.random.split(key, count), jnp.zeros(count, int)
        )

    def step(self, residuals: Callable, state: CMAESState) -> CMAESState:
        """One generation of every search."""
        return jax.vmap(lambda one: self._generation(residuals, one))(state)

    def reached(self, state: CMAESState) -> Reached:
        return state.best

    def _generation(self, residuals: Callable, s: CMAESState) -> CMAESState:
        key, draw = jax.random.split(s.key)
        root, inverse = _roots(s.covariance)
        candidates = self._drawn(draw, s, root)
        losses = jax.vmap(lambda x: half_square(residuals(x)))(candidates)
        losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
        order = jnp.argsort(losses)
        better = losses[order[0]] < s.best.loss
        theta = jnp.where(better, candidates[order[0]], s.best.theta)
        best = Reached(theta, jnp.where(better, losses[order[0]], s.best.loss), s.best.status)
        return self._told(s.replace(best=best, key=key), (candidates[order] - s.mean) / s.spread, inverse)

    def _drawn(self, key: jax.Array, s: CMAESState, root: jax.Array) -> jax.Array:
        """Candidates within the limit (candidate, parameter)."""
        normal = jax.random.normal(key, (TRIES, self.popsize, len(s.mean)), s.mean.dtype)
        tried = s.mean + s.spread * normal @ root
        first = jnp.argmax(jnp.all(jnp.abs(tried) <= self.limit, axis=2), axis=0)
        return jnp.clip(tried[first, jnp.arange(self.popsize)], -self.limit, self.limit)

    def _told(self, s: CMAESState, moves: jax.Array, inverse: jax.Array) -> CMAESState:
        """The distribution after a generation, whose moves (candidate, parameter), in units of its spread, come best first."""
        w, size, generation = weights(self.popsize, len(s.mean)), len(s.mean), s.generation + 1
        parents = np.maximum(w.each, 0.0) @ moves
        step_path = _follow(s.step_path, inverse @ parents, w.c_step, w.mass)
        length = jnp.linalg.norm(step_path)
        spread = s.spread * jnp.exp(w.c_step / w.d_step * (length / w.norm - 1))
        settled = length / jnp.sqrt(1 - (1 - w.c_step) ** (2 * (generation + 1))) < (1.4 + 2 / (size + 1)) * w.norm
        shape_path = _follow(s.shape_path, jnp.where(settled, parents, 0.0), w.c_path, w.mass)
        lengths = jnp.sum((moves @ inverse) ** 2, axis=1)
        each = jnp.where(w.each >= 0, w.each, w.each * size / (lengths + 1e-8))  # so that it stays positive definite
        rank = jnp.einsum("i,ij,ik->jk", each, moves, moves)
        lost = w.c_one * jnp.where(settled, 0.0, w.c_path * (2 - w.c_path))
        kept = 1 + lost - w.c_one - w.c_rank * w.each.sum()
        covariance = kept * s.covariance + w.c_one * jnp.outer(shape_path, shape_path) + w.c_rank * rank
        return s.replace(
            mean=s.mean + s.spread * parents, spread=jnp.minimum(spread, 1e32), covariance=covariance, step_path=step_path,
            shape_path=shape_path, generation=generation,
        )  # fmt: skip


def weights(popsize: int, size: int) -> Weights:
    """The constants of a search with so many candidates in so many dimensions."""
    each, half = np.log((popsize + 1) / 2) - np.log(np.arange(1, popsize + 1)), popsize // 2
    mass, opposed = (part.sum() ** 2 / (part**2).sum() for part in (each[:half], each[half:]))
    c_one = 2 / ((size + 1.3) ** 2 + mass)
    c_rank = min(1 - c_one - 1e-8, 2 * (mass - 2 + 1 / mass) / ((size + 2) ** 2 + mass))
    largest = min(1 + c_one / c_rank, 1 + 2 * opposed / (mass + 2), (1 - c_one - c_rank) / (size * c_rank))
    each = np.where(each >= 0, each / each[each > 0].sum(), largest * each / np.abs(each[each < 0]).sum())
    c_step = (mass + 2) / (size + mass + 5)
    d_step = 1 + 2 * max(0.0, np.sqrt((mass - 1) / (size + 1)) - 1) + c_step
    c_path = (4 + mass / size) / (size + 4 + 2 * mass / size)
    norm = np.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    return Weights(
        each, float(mass), float(c_step), float(d_step), float(c_path), float(c_one), float(c_rank), float(norm)
    )


def _follow(path: jax.Array, move: jax.Array, rate: float, mass: float) -> jax.Array:
    return (1 - rate) * path + np.sqrt(rate * (2 - rate) * mass) * move


def _roots(covariance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The symmetric root of a covariance and its inverse, (parameter, parameter)."""
    values, vectors = jnp.linalg.eigh(0.5 * (covariance + covariance.T))
    scale = jnp.sqrt(jnp.where(values > 0, values, 1e-8))
    return vectors * scale @ vectors.T, vectors / scale @ vectors.T
