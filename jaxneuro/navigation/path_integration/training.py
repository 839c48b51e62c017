"""Training of path integrators: updates in one scan on the device, many seeds at once, with checkpoints between."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from ...files import fingerprint
from ...spiking.training import checkpoints
from .recipe import Recipe
from .update import Training, begin, updates_of


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


@checkpoints.alone
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
    problem = None if checkpoint is None else fingerprint(recipe=recipe, key=key)
    state = (jax.vmap(begin, (None, 0)) if jnp.ndim(key) else begin)(recipe, key)
    state, history = _load(checkpoint, state, problem) if resume else (state, [])
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
            checkpoints.save(checkpoint, _plain(state), history, problem)
            bar.update(count)
            bar.set_postfix_str(f"loss {np.mean(last):.4f}")
    except KeyboardInterrupt:
        status = "interrupted"
    finally:
        bar.close()
    return Trained(recipe, state, history, status or "finished")


def _fault(losses: np.ndarray, done: int) -> str:
    bad = ~np.isfinite(losses).reshape(-1, losses.shape[-1]).all(0)
    return f"not finite: update {done + int(bad.argmax())}" if bad.any() else ""


def _load(checkpoint: str | Path | None, state: Training, problem: dict | None) -> tuple[Training, list]:
    found, history = checkpoints.load(checkpoint, _plain(state), problem)
    places = state.cells[0].replace(centres=found.cells)
    return found.replace(key=jax.random.wrap_key_data(found.key), cells=(places, *state.cells[1:])), history


def _plain(state: Training) -> Any:
    """The state as orbax takes it: its key as numbers, and of the cells what is random."""
    return state.replace(key=jax.random.key_data(state.key), cells=state.cells[0].centres)
