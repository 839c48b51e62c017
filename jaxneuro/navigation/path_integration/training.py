"""Training of path integrators: updates in one scan on the device, many seeds at once, with checkpoints between."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from ...learn import Chunk, Progress, Trained, keeping, loop
from .recipe import Recipe
from .update import Training, begin, updates_of

LAST = 100  # updates at the end of a chunk whose loss is told


def train(
    recipe: Recipe,
    key: jax.Array,
    updates: int = 10_000,
    *,
    chunk: int = 500,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress = True,
) -> Trained[Training]:
    """Train one network, or one for each of several keys at once. Ctrl-C ends it after the last whole chunk.

    Args:
        recipe: What and how.
        key: One key, or several (seed,).
        updates: In all; those before a resumption count.
        chunk: Updates between which progress is shown and a checkpoint written.
        checkpoint: Folder that keeps the state, by orbax.
        resume: Go on from there, if there is something, as if nothing had happened.
        progress: Function of each row of the history; True for a bar, False or None for nothing.

    Returns:
        The last state; a row for each chunk, with `updates` made, loss (a list where there are several seeds) and seconds; and
        "finished", "interrupted", or "not finite" with the first update that was not.

    Raises:
        ValueError: with the value, the rule and the fix.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    recipe.check()
    start = jax.vmap(begin, (None, 0)) if jnp.ndim(key) else begin

    def advance(state: Training, done: int, count: int) -> Chunk:
        after, losses = updates_of(recipe, state, count)
        losses = np.asarray(losses)
        if fault := _fault(losses, done):
            return Chunk(state, {}, 0, fault)
        return Chunk(after, {"loss": losses[..., -min(count, LAST) :].mean(-1).tolist()}, count)

    with keeping(checkpoint, resume) as kept:
        return loop(
            advance, start(recipe, key), updates, chunk=chunk, unit="updates", progress=progress, checkpoint=kept,
            problem={"recipe": recipe, "key": key},
        )  # fmt: skip


def _fault(losses: np.ndarray, done: int) -> str:
    bad = ~np.isfinite(losses).reshape(-1, losses.shape[-1]).all(0)
    return f"not finite: update {done + int(bad.argmax())}" if bad.any() else ""
