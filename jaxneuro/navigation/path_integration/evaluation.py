"""What a network came to: how well it knows where it is, and the maps of its units beside their nulls."""

from functools import partial

import jax
import jax.numpy as jnp

from ...pytree import Pytree
from ..arenas.arena import Arena
from ..scores import (
    BANINO,
    Convention,
    MapScores,
    field_shuffle,
    gridness,
    isotropic_noise,
    low_pass_noise,
    rate_map,
    score_maps,
    shuffled_scores,
    threshold,
)
from .decoding import decode, distance, read, ridge
from .paths import paths
from .recipe import Recipe
from .update import Training, answer


class Evaluation(Pytree):
    """How a network does along new paths; a leading axis of seeds where there are several.

    Attributes:
        error: Mean distance of the place of the three most active place cells (time,) [m].
        error_blind: The same of the network that is told nothing of its movement, only where it started: by what the first is
            better, it integrates (time,) [m].
        error_of_best: As `error`, of the most active alone (time,) [m].
        error_of_ridge: Mean distance of the place that a linear reading of the code gives, on other paths than its own [m].
        maps: Rate maps of the units that are scored (unit, y, x).
        scores: Of the maps.
        shuffled: Gridness of the maps with their fields shuffled (shuffle, unit).
        noise: Gridness of low-pass noise (map,).
    """

    error: jax.Array
    error_blind: jax.Array
    error_of_best: jax.Array
    error_of_ridge: jax.Array
    maps: jax.Array
    scores: MapScores
    shuffled: jax.Array
    noise: jax.Array

    @property
    def thresholds(self) -> jax.Array:
        """95th percentile of the shuffled gridness of each unit (unit,)."""
        return jnp.nanpercentile(self.shuffled, 95.0, axis=-2)


@partial(jax.jit, static_argnames=("count", "bins", "shuffles", "convention", "signs", "dropout"))
def evaluate(
    recipe: Recipe,
    state: Training,
    key: jax.Array,
    *,
    count: int = 2000,
    bins: int = 20,
    shuffles: int = 100,
    convention: Convention = BANINO,
    signs: str = "rectified",
    dropout: bool = False,
) -> Evaluation:
    """Evaluate a network, or one for each seed.

    Args:
        recipe: What was trained.
        state: Its state; that of `begin` for the untrained network.
        key: Of the paths and the nulls.
        count: Number of paths.
        bins: Along each side of the maps.
        shuffles: Of the fields of each map.
        convention: Of gridness.
        signs: What scores of rates do with negative activity.
        dropout: Whether units drop out as in training, which the code released with Banino et al. (2018) leaves on.
    """
    if jnp.ndim(state.update):
        options = {"count": count, "bins": bins, "shuffles": shuffles, "convention": convention, "signs": signs,
                   "dropout": dropout}  # fmt: skip
        return jax.lax.map(lambda one: evaluate(recipe, one, key, **options), state)
    run, fields, noise, drop = jax.random.split(key, 4)
    batch = paths(recipe, state.cells, run, count)
    arena, places = recipe.arena, state.cells[0]
    said = answer(recipe, state.parameters, batch, drop if dropout else None)
    blind = answer(recipe, state.parameters, batch.replace(moves=jnp.zeros_like(batch.moves)))
    maps = rate_map(_flat(batch.position), _flat(said.code), arena.bounds, bins)
    wrong = lambda where: jnp.mean(distance(arena, where, batch.position), -1)
    return Evaluation(
        error=wrong(decode(said.place, places, arena)),
        error_blind=wrong(decode(blind.place, places, arena)),
        error_of_best=wrong(decode(said.place, places, arena, 1)),
        error_of_ridge=_ridge_error(arena, said.code, batch.position),
        maps=maps,
        scores=score_maps(maps, convention, signs=signs),
        shuffled=jax.lax.map(
            lambda k: gridness(field_shuffle(k, maps), convention), jax.random.split(fields, shuffles)
        ),
        noise=gridness(low_pass_noise(noise, 500, bins), convention),
    )


@partial(jax.jit, static_argnames=("count", "shuffles", "convention"))
def isotropic_null(
    key: jax.Array, maps: jax.Array, *, count: int = 500, shuffles: int = 100, convention: Convention = BANINO
) -> tuple[jax.Array, jax.Array]:
    """The strictest null of an evaluation: rectified noise with the spectrum of its maps, alike in all directions.

    Args:
        key: Of the noise and of its shuffles.
        maps: Rate maps (unit, y, x).
        count: Number of maps of noise.
        shuffles: Of the fields of each.
        convention: Of gridness.

    Returns:
        Gridness of the noise (count,), and the 95th percentile of each map's own shuffles (count,).
    """
    score = lambda x: gridness(x, convention)
    noise = jnp.maximum(isotropic_noise(key, maps, count), 0.0)
    return score(noise), threshold(shuffled_scores(key, noise, score, shuffles))


def _flat(x: jax.Array) -> jax.Array:
    """Samples of all times and paths in one axis."""
    return x.reshape(-1, x.shape[-1])


def _ridge_error(arena: Arena, code: jax.Array, position: jax.Array) -> jax.Array:
    half = code.shape[1] // 2
    weights = ridge(_flat(code[:, :half]), _linear(arena, _flat(position[:, :half])))
    where = _places(arena, read(weights, code[:, half:]))
    return jnp.mean(distance(arena, where, position[:, half:]))


def _linear(arena: Arena, position: jax.Array) -> jax.Array:
    """What a linear reading is made of: the place, or, in a periodic arena, cosine and sine of its phases."""
    if arena.period is None:
        return position
    phase = 2 * jnp.pi * position / jnp.asarray(arena.period)
    return jnp.concatenate([jnp.cos(phase), jnp.sin(phase)], -1)


def _places(arena: Arena, what: jax.Array) -> jax.Array:
    """The place of what was read."""
    if arena.period is None:
        return what
    cosine, sine = jnp.split(what, 2, -1)
    return arena.wrap(jnp.arctan2(sine, cosine) / (2 * jnp.pi) * jnp.asarray(arena.period))
