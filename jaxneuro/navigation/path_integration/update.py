"""One update of a path integrator, on paths of its own: answers, loss, optimiser."""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import PyTree

from ...pytree import Pytree
from .networks import Answer, network
from .paths import Batch, paths, targets
from .recipe import Recipe


class Training(Pytree):
    """The state of a training; a leading axis of seeds where there are several.

    Attributes:
        parameters: Of the network.
        moments: Of the optimiser.
        cells: The place and head-direction cells to be predicted.
        key: Random key; each update takes its own from it and from its number.
        update: Number of updates made.
    """

    parameters: PyTree
    moments: PyTree
    cells: PyTree
    key: jax.Array
    update: jax.Array


@jax.jit
def begin(recipe: Recipe, key: jax.Array) -> Training:
    """An untrained network, the cells it will learn to predict, and an optimiser."""
    weights, cells, later = jax.random.split(key, 3)
    parameters = nnx.to_pure_dict(nnx.state(network(recipe, weights), nnx.Param))
    state = Training(parameters, _optimiser(recipe).init(parameters), targets(recipe, cells), later, jnp.zeros((), int))
    return jax.tree.map(
        lambda x: jax.lax.convert_element_type(x, x.dtype), state
    )  # weak types would compile updates twice


@partial(jax.jit, static_argnames="count")
def updates_of(recipe: Recipe, state: Training, count: int) -> tuple[Training, jax.Array]:
    """Make updates; also the loss before each of them (..., update)."""
    many = lambda one: jax.lax.scan(lambda s, _: update(recipe, s), one, None, length=count)
    return (jax.vmap(many) if jnp.ndim(state.update) else many)(state)


def update(recipe: Recipe, state: Training) -> tuple[Training, jax.Array]:
    """One update on paths of its own."""
    run, drop = jax.random.split(jax.random.fold_in(state.key, state.update))
    batch = paths(recipe, state.cells, run)
    loss, slope = jax.value_and_grad(_loss)(state.parameters, recipe, batch, drop)
    change, moments = _optimiser(recipe).update(slope, state.moments, state.parameters)
    parameters = optax.apply_updates(state.parameters, change)
    return state.replace(parameters=parameters, moments=moments, update=state.update + 1), loss


def answer(recipe: Recipe, parameters: PyTree, batch: Batch, key: jax.Array | None = None) -> Answer:
    """What the network says along paths; its linear units drop out where a key is given."""
    model = nnx.eval_shape(lambda: network(recipe, jax.random.key(0)))
    graph, weights, rest = nnx.split(model, nnx.Param, ...)
    nnx.replace_by_pure_dict(weights, parameters)
    if jax.tree.leaves(rest):
        rest = nnx.state(network(recipe, jax.random.key(0)), nnx.Not(nnx.Param))
    return nnx.merge(graph, weights, rest)(batch.moves, batch.start, key=key)


def _loss(parameters: PyTree, recipe: Recipe, batch: Batch, key: jax.Array) -> jax.Array:
    said = answer(recipe, parameters, batch, key)
    loss = jnp.mean(optax.softmax_cross_entropy(said.place, batch.place))
    if recipe.heading_cells:
        loss = loss + jnp.mean(optax.softmax_cross_entropy(said.heading, batch.heading))
    decayed = parameters["heads" if recipe.network == "lstm" else "recurrent"]["kernel"]
    return loss + recipe.weight_decay * jnp.sum(decayed**2)


def _optimiser(recipe: Recipe) -> optax.GradientTransformation:
    if recipe.optimiser == "adam":
        rule = optax.adam(recipe.learning_rate)
    else:
        rule = optax.rmsprop(recipe.learning_rate, decay=0.9, eps=1e-10, momentum=0.9)
    if not recipe.clip:
        return rule
    clip = optax.clip(recipe.clip)
    return optax.chain(optax.masked(clip, _heads) if recipe.clip_heads_only else clip, rule)


def _heads(parameters: dict[str, PyTree]) -> dict[str, PyTree]:
    """Which parameters are of the heads."""
    return {name: jax.tree.map(lambda _, name=name: name == "heads", part) for name, part in parameters.items()}
