"""A training that shows how far it is, keeps checkpoints, and can be stopped and resumed."""

from functools import partial
from pathlib import Path

import jax
import numpy as np

from ...learn import Chunk, Progress, Trained, keeping, loop
from ..environments.contract import Limited
from ..environments.state import EnvParams
from ..environments.tasks import as_place
from .train import Config, Learner, advance, start


@partial(jax.jit, static_argnames="updates")
def chunk(config: Config, keys: jax.Array, learners: Learner, updates: int) -> tuple[Learner, dict]:
    """Several updates of several seeds."""
    return jax.vmap(lambda key, learner: advance(config, key, learner, updates))(keys, learners)


begin = jax.jit(jax.vmap(start, (None, 0)))


def run(
    config: Config, keys: jax.Array, *, every: int = 20, checkpoint: str | Path | None = None, resume: bool = False,
    progress: Progress = True,
) -> Trained[Learner]:  # fmt: skip
    """Train several seeds at once.

    Ctrl-C ends the training after the last whole chunk; the same call with `resume=True` goes on as if nothing had happened.

    Args:
        config: Of the training; `updates` counts those before a resumption.
        keys: One for each seed.
        every: Updates in a chunk, after which progress is shown and kept.
        checkpoint: Folder that keeps the state of the last whole chunk, by orbax.
        resume: Go on from it, if there is one.
        progress: Function of each row of the history; True for a bar, False or None for nothing.

    Returns:
        The learner at the end, with a leading axis of seeds; a row for each chunk, with `updates` made, `steps` of each seed so
        far, and means over the chunk and the seeds; and "finished", "interrupted", or "not finite: <where>" (the learner is the
        last good one then).

    Raises:
        ValueError: for numbers that are not above zero, minibatches that do not divide the animals, a goal or start that is no
            place in the arena, or a checkpoint of another training.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    check(config, keys, every)

    def advance(learner: Learner, done: int, count: int) -> Chunk:
        after, figures = chunk(config, keys, learner, count)
        if wrong := [name for name, values in figures.items() if not np.isfinite(values).all()]:
            return Chunk(learner, {}, 0, f"not finite: {', '.join(wrong)} in updates {done} to {done + count - 1}")
        return Chunk(after, row(config, after, figures), count)

    problem = {"config": config.replace(updates=0), "keys": keys}  # more may follow
    with keeping(checkpoint, resume) as kept:
        return loop(
            advance, begin(config, keys), config.updates, chunk=every, unit="updates", progress=progress, checkpoint=kept,
            problem=problem,
        )  # fmt: skip


def row(config: Config, learner: Learner, figures: dict[str, jax.Array]) -> dict[str, float]:
    """Means of a chunk; `return` is the reward of an episode at the present rate, of an agent that is still learning.

    An episode of our tasks is as long as its limit; any other as actions by ends. If none ended, that is not a number, unless the
    parameters have a limit.
    """
    means = {name: float(np.mean(values)) for name, values in figures.items()}
    steps = int(learner.done[0]) * config.algorithm.horizon * config.animals
    ended = means.pop("ended")
    limit = config.agent.params.max_steps_in_episode if isinstance(config.agent.params, Limited) else np.nan
    length = limit if isinstance(config.agent.params, EnvParams) or not ended else 1 / ended
    return {"steps": steps, "return": means["reward"] * float(length), **means}


def check(config: Config, keys: jax.Array, every: int) -> None:
    """Refuse what cannot be trained."""
    for name, value in (("animals", config.animals), ("updates", config.updates), ("every", every),
                        ("units", config.agent.units), ("horizon", config.algorithm.horizon)):  # fmt: skip
        if value < 1:
            raise ValueError(f"{name} = {value}: give at least 1.")
    if isinstance(params := config.agent.params, EnvParams):
        as_place("goals", params.arena, params.goals, params.goal_spread)
        as_place("starts", params.arena, params.starts, params.start_spread)
    if config.animals % config.algorithm.minibatches:
        raise ValueError(
            f"{config.animals} animals do not divide into {config.algorithm.minibatches} minibatches: choose a multiple."
        )
    if keys.ndim != 1 or not len(keys):
        raise ValueError(f"keys have shape {keys.shape}: give one for each seed, jax.random.split(key, seeds).")
