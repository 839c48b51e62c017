"""Differential evolution, a search without gradients: a baseline."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ...pytree import Pytree
from ..reached import DROPPED, RUNNING, Reached, half_square


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


def _finite(residuals: Callable, candidates: jax.Array) -> jax.Array:
    losses = jax.vmap(jax.vmap(lambda x: half_square(residuals(x))))(candidates)
    return jnp.where(jnp.isfinite(losses), losses, jnp.inf)


def _lowest(population: jax.Array, losses: jax.Array) -> Reached:
    index = jnp.argmin(losses, axis=1)
    lowest = jnp.min(losses, axis=1)
    theta = jnp.take_along_axis(population, index[:, None, None], 1)[:, 0]
    return Reached(theta, lowest, jnp.where(jnp.isfinite(lowest), RUNNING, DROPPED))
