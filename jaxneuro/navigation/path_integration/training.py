"""Training of path integrators: paths, derivatives and updates in one scan on the device, many seeds at once."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from tqdm import tqdm

from ...pytree import Pytree
from ...spiking.training import checkpoints
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

    parameters: Any
    moments: Any
    cells: Any
    key: jax.Array
    update: jax.Array


@dataclass(frozen=True)
class Trained:
    """What training came to.

    Attributes:
        recipe: What was trained.
        state: Its last state.
        history: A row for each chunk of updates: update, loss (a list where there are several seeds), seconds.
        status: "finished", "interrupted", or "not finite" with the first update that was not.
    """

    recipe: Recipe
    state: Training
    history: list[dict[str, Any]]
    status: str


@jax.jit
def begin(recipe: Recipe, key: jax.Array) -> Training:
    """An untrained network, the cells it will learn to predict, and an optimiser."""
    weights, cells, later = jax.random.split(key, 3)
    parameters = nnx.to_pure_dict(nnx.state(network(recipe, weights), nnx.Param))
    state = Training(parameters, _optimiser(recipe).init(parameters), targets(recipe, cells), later, jnp.zeros((), int))
    return jax.tree.map(
        lambda x: jax.lax.convert_element_type(x, x.dtype), state
    )  # weak types would compile updates twice


def train(
    recipe: Recipe,
    key: jax.Array,
    updates: int = 10_000,
    *,
    chunk: int = 500,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: bool = False,
) -> Trained:
    """Train one network, or one for each of several keys at once. Ctrl-C ends it after the last whole chunk.

    Args:
        recipe: What and how.
        key: One key, or several (seed,).
        updates: In all; those before a resumption count.
        chunk: Updates between which progress is shown and a checkpoint written.
        checkpoint: Folder that keeps the state, by orbax.
        resume: Go on from there, if there is something, as if nothing had happened.
        progress: Show a bar.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    recipe.check()
    if updates < 1 or chunk < 1:
        raise ValueError(f"updates = {updates}, chunk = {chunk}: give 1 or more of both.")
    state = (jax.vmap(begin, (None, 0)) if jnp.ndim(key) else begin)(recipe, key)
    state, history = _load(checkpoint, state) if resume else (state, [])
    done, status = int(np.max(state.update)), ""
    bar = tqdm(total=updates, initial=done, unit="update", dynamic_ncols=True, disable=not progress)
    try:
        while done < updates and not status:
            began, count = time.perf_counter(), min(chunk, updates - done)
            after, losses = updates_of(recipe, state, count)
            losses = np.asarray(losses)
            status = _fault(losses, done)
            if status:
                break
            state, done = after, done + count
            last = losses[..., -min(count, 100) :].mean(-1).tolist()
            history = [*history, {"update": done, "loss": last, "seconds": time.perf_counter() - began}]
            checkpoints.save(checkpoint, _plain(state), history)
            bar.update(count)
            bar.set_postfix_str(f"loss {np.mean(last):.4f}")
    except KeyboardInterrupt:
        status = "interrupted"
    finally:
        bar.close()
    return Trained(recipe, state, history, status or "finished")


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


def answer(recipe: Recipe, parameters: Any, batch: Batch, key: Any = None) -> Answer:
    """What the network says along paths; its linear units drop out where a key is given."""
    model = nnx.eval_shape(lambda: network(recipe, jax.random.key(0)))
    graph, weights, rest = nnx.split(model, nnx.Param, ...)
    nnx.replace_by_pure_dict(weights, parameters)
    if jax.tree.leaves(rest):
        rest = nnx.state(network(recipe, jax.random.key(0)), nnx.Not(nnx.Param))
    return nnx.merge(graph, weights, rest)(batch.moves, batch.start, key=key)


def _loss(parameters: Any, recipe: Recipe, batch: Batch, key: jax.Array) -> jax.Array:
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


def _heads(parameters: dict[str, Any]) -> dict[str, Any]:
    """Which parameters are of the heads."""
    return {name: jax.tree.map(lambda _, name=name: name == "heads", part) for name, part in parameters.items()}


def _fault(losses: np.ndarray, done: int) -> str:
    bad = ~np.isfinite(losses).reshape(-1, losses.shape[-1]).all(0)
    return f"not finite: update {done + int(bad.argmax())}" if bad.any() else ""


def _load(checkpoint: str | Path | None, state: Training) -> tuple[Training, list]:
    found, history = checkpoints.load(checkpoint, _plain(state))
    places = state.cells[0].replace(centres=found.cells)
    return found.replace(key=jax.random.wrap_key_data(found.key), cells=(places, *state.cells[1:])), history


def _plain(state: Training) -> Any:
    """The state as orbax takes it: its key as numbers, and of the cells what is random."""
    return state.replace(key=jax.random.key_data(state.key), cells=state.cells[0].centres)
