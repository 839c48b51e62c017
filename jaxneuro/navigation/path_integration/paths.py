"""Paths for a network: movements, the code at the start, and the targets, made on the device."""

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...pytree import Pytree
from ..codes.direction import HeadDirectionCells, head_direction_cells
from ..codes.place import PlaceCells, place_cells
from ..motion.raudies_hasselmo import raudies_hasselmo
from .recipe import Recipe


class Batch(Pytree):
    """Paths of a batch.

    Attributes:
        moves: What the network is told of each step (time, batch, input): the displacement [m], or, for an LSTM, speed [m/s],
            sine and cosine of the turn.
        start: Codes at the start (batch, cell).
        place: Targets of the place cells (time, batch, cell).
        heading: Targets of the head-direction cells (time, batch, cell).
        position: Where the animal is (time, batch, 2) [m].
        direction: Where it heads (time, batch) [rad].
    """

    moves: jax.Array
    start: jax.Array
    place: jax.Array
    heading: jax.Array
    position: jax.Array
    direction: jax.Array


def targets(recipe: Recipe, key: jax.Array) -> tuple[PlaceCells, HeadDirectionCells | None]:
    """The place cells and head-direction cells that a network learns to predict."""
    places = place_cells(
        key, recipe.arena, recipe.place_cells, width=recipe.width, surround=recipe.surround, kind=recipe.place_kind
    )
    if not recipe.heading_cells:
        return places, None
    return places, head_direction_cells(recipe.heading_cells, kappa=recipe.kappa, kind="softmax")


def paths(recipe: Recipe, cells: tuple[PlaceCells, PyTree], key: jax.Array, batch: int | None = None) -> Batch:
    """Random paths of a recipe, by default as many as its batch."""
    run, noise = jax.random.split(key)
    steps = recipe.steps * recipe.substeps

    def one(key: jax.Array) -> tuple[jax.Array, ...]:
        path = raudies_hasselmo(key, recipe.arena, steps, recipe.dt, recipe.motion).every(recipe.substeps)
        return path.position, path.heading, path.velocity

    position, direction, velocity = jax.vmap(one, out_axes=1)(jax.random.split(run, batch or recipe.batch))
    place, heading = cells
    code = place(position)
    turned = jnp.zeros((*code.shape[:-1], 0)) if heading is None else heading(None, direction)
    moves = _moves(recipe, velocity, jnp.diff(direction, axis=0))
    moves = moves + recipe.noise * jax.random.normal(noise, moves.shape)
    start = jnp.concatenate([code[0], turned[0]], -1)
    return Batch(moves, start, code[1:], turned[1:], position[1:], direction[1:])


def _moves(recipe: Recipe, velocity: jax.Array, turn: jax.Array) -> jax.Array:
    if recipe.network != "lstm":
        return velocity * (recipe.dt * recipe.substeps)
    return jnp.stack([jnp.linalg.norm(velocity, axis=-1), jnp.sin(turn), jnp.cos(turn)], -1)
