"""Searches without gradients on the same residuals: CMA-ES, and differential evolution as a baseline."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..pytree import Pytree
from .gradient import half_square
from .optimise import DROPPED, RUNNING, Reached

ARRAYS = ("_mean", "_C", "_sigma", "_p_sigma", "_pc", "_g", "_funhist_values")  # what a generation changes


class CMAESState(Pytree):
    """One search a start: its best, and the arrays of its distribution, each with a leading axis of starts."""

    best: Reached
    arrays: dict[str, Any]
    seed: Any


class CMAES(NamedTuple):
    """Covariance-matrix adaptation, one search a start; the candidates of all are evaluated in one `vmap`.

    Attributes:
        popsize: Candidates of a search and generation.
        sigma: First standard deviation, in units of the parameter vector.
        limit: No coordinate leaves ±limit.

    Source: Hansen (2016), arXiv:1604.00772, by the package `cmaes`.
    """

    popsize: int = 64
    sigma: float = 1.0
    limit: float = 1e6
    on_host = True

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> CMAESState:
        del residuals
        seed = np.asarray(jax.random.randint(key, (len(starts),), 0, 2**30))
        searches = [self._new(np.asarray(mean, float)) for mean in starts]
        count = len(starts)
        best = Reached(starts, jnp.full(count, jnp.inf, starts.dtype), jnp.full(count, RUNNING))
        return CMAESState(best, _arrays(searches), seed)

    def step(self, residuals: Callable, state: CMAESState) -> CMAESState:
        """One generation of every search."""
        searches = [self._revive(state, i) for i in range(len(state.seed))]
        asked = np.stack([[s.ask() for _ in range(self.popsize)] for s in searches])
        losses = np.asarray(_losses(residuals, jnp.asarray(asked, state.best.theta.dtype)), float)
        told = np.where(np.isfinite(losses), losses, 1e30)
        for search, candidates, values in zip(searches, asked, told, strict=True):
            search.tell(list(zip(candidates, values, strict=True)))
        return CMAESState(_better(state.best, asked, losses), _arrays(searches), state.seed)

    def reached(self, state: CMAESState) -> Reached:
        return state.best

    def _new(self, mean: np.ndarray) -> Any:
        try:
            from cmaes import CMA
        except ImportError as fault:
            raise ImportError('CMAES needs the package cmaes: pip install "jaxneuro[search]"') from fault
        bounds = np.stack([np.full(mean.size, -self.limit), np.full(mean.size, self.limit)], 1)
        mean = np.clip(mean, -self.limit, self.limit)
        return CMA(mean=mean, sigma=self.sigma, bounds=bounds, population_size=self.popsize)

    def _revive(self, state: CMAESState, i: int) -> Any:
        search = self._new(np.asarray(state.best.theta[i], float))
        for name in ARRAYS:
            value = np.array(state.arrays[name][i])
            setattr(search, name, value if value.ndim else (int(value) if name == "_g" else value.item()))
        search.reseed_rng(int(state.seed[i] + search._g) % 2**32)  # so that a resumed run draws the same
        return search


class DifferentialEvolutionState(Pytree):
    """One population a start."""

    best: Reached
    population: jax.Array
    losses: jax.Array
    key: jax.Array


class DifferentialEvolution(NamedTuple):
    """Differential evolution best/1/bin, one population a start, drawn in the box ±spread and containing the start.

    Attributes:
        popsize: Members of a population.
        weight: Of the difference, drawn in (0.5, weight) each generation.
        crossover: Probability that a coordinate comes from the mutant.
        spread: Half width of the box; coordinates do not leave it.

    Source: Storn & Price (1997), J. Global Optim. 11:341; dither and defaults as in scipy.
    """

    popsize: int = 195
    weight: float = 1.0
    crossover: float = 0.7
    spread: float = 3.0

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> DifferentialEvolutionState:
        key, draw = jax.random.split(key)
        shape = (starts.shape[0], self.popsize, starts.shape[1])
        population = jax.random.uniform(draw, shape, starts.dtype, -self.spread, self.spread)
        population = population.at[:, 0].set(jnp.clip(starts, -self.spread, self.spread))
        losses = _finite(residuals, population)
        return DifferentialEvolutionState(_lowest(population, losses), population, losses, key)

    def step(self, residuals: Callable, state: DifferentialEvolutionState) -> DifferentialEvolutionState:
        """One generation."""
        key, *keys = jax.random.split(state.key, 6)
        x = state.population
        count, size, dim = x.shape
        weight = jax.random.uniform(keys[0], (), x.dtype, 0.5, self.weight)
        a, b = (jnp.take_along_axis(x, jax.random.randint(k, (count, size, 1), 0, size), 1) for k in keys[1:3])
        mutant = state.best.theta[:, None] + weight * (a - b)
        cross = jax.random.uniform(keys[3], x.shape) < self.crossover
        cross = cross | (jnp.arange(dim) == jax.random.randint(keys[4], (count, size, 1), 0, dim))
        trial = jnp.clip(jnp.where(cross, mutant, x), -self.spread, self.spread)
        losses = _finite(residuals, trial)
        better = losses < state.losses
        population = jnp.where(better[..., None], trial, x)
        losses = jnp.where(better, losses, state.losses)
        return DifferentialEvolutionState(_lowest(population, losses), population, losses, key)

    def reached(self, state: DifferentialEvolutionState) -> Reached:
        return state.best


@jax.jit
def _losses(residuals: Callable, candidates: jax.Array) -> jax.Array:
    return jax.vmap(jax.vmap(lambda x: half_square(residuals(x))))(candidates)


def _finite(residuals: Callable, candidates: jax.Array) -> jax.Array:
    losses = jax.vmap(jax.vmap(lambda x: half_square(residuals(x))))(candidates)
    return jnp.where(jnp.isfinite(losses), losses, jnp.inf)


def _lowest(population: jax.Array, losses: jax.Array) -> Reached:
    index = jnp.argmin(losses, axis=1)
    lowest = jnp.min(losses, axis=1)
    theta = jnp.take_along_axis(population, index[:, None, None], 1)[:, 0]
    return Reached(theta, lowest, jnp.where(jnp.isfinite(lowest), RUNNING, DROPPED))


def _better(best: Reached, asked: np.ndarray, losses: np.ndarray) -> Reached:
    losses = np.where(np.isfinite(losses), losses, np.inf)
    index, rows = losses.argmin(1), np.arange(len(losses))
    lower = losses[rows, index] < np.asarray(best.loss)
    theta = np.where(lower[:, None], asked[rows, index], np.asarray(best.theta))
    loss = np.where(lower, losses[rows, index], np.asarray(best.loss))
    as_before = partial(jnp.asarray, dtype=best.theta.dtype)
    return Reached(as_before(theta), as_before(loss), best.status)


def _arrays(searches: list) -> dict[str, np.ndarray]:
    found = {name: np.stack([np.asarray(getattr(s, name), float) for s in searches]) for name in ARRAYS}
    return found | {"_funhist_values": np.nan_to_num(found["_funhist_values"])}  # at first whatever was in memory
