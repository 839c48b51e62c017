"""Many starts at once, by any optimiser, in the one loop."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import PyTree

from ..pytree import Pytree
from .advancing import LONGEST_CHUNK, Chunk, loop
from .checkpoint import NOWHERE, Checkpoint
from .optimisers import Gradient
from .progress import Progress
from .pure_steps import definite
from .reached import DROPPED, FINISHED, INTERRUPTED, RUNNING, STATUS, Optimiser
from .trained import Row

LONGEST_HISTORY = 500_000_000  # losses, 4 GB


class Optimised(Pytree):
    """What an optimisation came to.

    Attributes:
        theta: Best parameter vector of every start (start, parameter).
        loss: Its loss, half the sum of squared residuals (start,).
        history: Best loss so far after each step (start, step); NaN for steps that were not made.
        status: Index into `STATUS` (start,).
    """

    theta: jax.Array
    loss: jax.Array
    history: np.ndarray
    status: jax.Array

    @property
    def statuses(self) -> list[str]:
        """The status of every start in words."""
        return [STATUS[int(code)] for code in np.asarray(self.status)]

    @property
    def dropped(self) -> int:
        """How many starts were dropped because their loss was not a finite number."""
        return int(np.sum(np.asarray(self.status) == DROPPED))

    @property
    def best(self) -> int:
        """Index of the start with the lowest loss."""
        return int(np.argmin(np.asarray(self.loss)))


class Search(Pytree):
    """The state of a method, and from where it began."""

    method: Any
    starts: jax.Array


def optimise(
    residuals: Callable,
    starts: jax.Array,
    *,
    optimiser: Any,
    steps: int,
    key: jax.Array | None = None,
    progress: Progress = True,
    checkpoint: Checkpoint = NOWHERE,
    chunk: int | None = None,
    seconds: float | None = None,
) -> Optimised:
    """Minimise half the sum of squared residuals from many starts at once.

    Starts whose loss is not finite are dropped and counted. Ctrl-C ends the run and returns what was reached, with the
    status `interrupted`; from its checkpoint it goes on exactly where it was.

    Args:
        residuals: Function of a parameter vector (parameter,), not constrained, to residuals (residual,). If it is a
            pytree, such as a `jax.tree_util.Partial`, other data of the same shape do not compile again.
        starts: Parameter vectors (start, parameter).
        optimiser: `LevenbergMarquardt()`, `CMAES()`, `DifferentialEvolution()`, any optax transformation, or any solver of
            optimistix for least squares or minimisation.
        steps: Number of steps in all; those made before a resumption count.
        key: Random key of the methods that draw.
        progress: Function of a row with `steps`, the best `loss`, and `losses` (step, start); True for a bar, False or None for
            nothing.
        checkpoint: From `keeping(folder, resume)`.
        chunk: Steps between two looks; chosen to take half a second by default.
        seconds: Stop after so many seconds of processor time, compilation included.

    Returns:
        What every start came to.

    Raises:
        ValueError: for starts of a wrong shape, steps < 1, or a checkpoint of another problem.
        TypeError: for what is no optimiser.
    """
    starts = jnp.asarray(starts, float)
    _check(starts, steps)
    method, residuals = _as_optimiser(optimiser), _as_tree(residuals)
    key = jax.random.key(0) if key is None else key  # only methods that draw use it
    problem = {**_named(residuals), "optimiser": method, "key": key}

    def advance(search: Search, done: int, count: int) -> Chunk:
        del done
        _require_near(search.starts, starts, checkpoint)
        state, rows, made = _advance(method, residuals, search.method, min(count, LONGEST_CHUNK))
        losses = np.asarray(rows)[: int(made)]
        running = np.any(np.asarray(method.reached(state).status) == RUNNING)
        row = {"loss": float(losses[-1].min()), "losses": losses} if len(losses) else {}
        return Chunk(Search(state, search.starts), row, len(losses), "" if running else "ended")

    search = Search(_init(method, residuals, starts, key), starts)
    ran = loop(
        advance, search, steps, chunk=chunk, seconds=seconds, progress=progress, checkpoint=checkpoint, problem=problem
    )
    _require_near(ran.state.starts, starts, checkpoint)
    reached = method.reached(ran.state.method)
    ended = INTERRUPTED if ran.status == "interrupted" else FINISHED
    ended = jnp.where(
        (ended == FINISHED) & ~jnp.isfinite(reached.loss), DROPPED, ended
    )  # a search found nothing finite
    status = jnp.where(reached.status == RUNNING, ended, reached.status)
    return Optimised(reached.theta, reached.loss, _history(ran.history, len(starts), steps), status)


def _history(rows: list[Row], count: int, steps: int) -> np.ndarray:
    history = np.full((count, steps), np.nan)
    made = np.concatenate([np.empty((0, count)), *(row["losses"] for row in rows)])[:steps]
    history[:, : len(made)] = made.T
    return history


def _named(residuals: object) -> Mapping[str, object]:
    """What the residuals are made of, in words for `fingerprint`."""
    if not dataclasses.is_dataclass(residuals):
        return {"residuals": residuals}
    words = {"box": "bounds", "target": "data", "weights": "loss", "function": "loss"}
    fields = {f.name: getattr(residuals, f.name) for f in dataclasses.fields(residuals)}
    return {"kind_of_loss": type(residuals), **{words.get(name, name): part for name, part in fields.items()}}


def _require_near(begun: jax.Array, starts: jax.Array, checkpoint: Checkpoint) -> None:
    """Refuse other starts than a checkpoint's; those that another machine computes are a little different."""
    if begun is not starts and not np.allclose(begun, starts, rtol=1e-4, atol=1e-4):
        raise ValueError(
            f"{checkpoint.path} belongs to another problem, which began from other starts: use the same seed and starts, or name "
            "another folder for a new one."
        )


@partial(jax.jit, static_argnums=0)
def _advance(
    method: Optimiser, residuals: Callable, state: PyTree, count: jax.Array
) -> tuple[PyTree, jax.Array, jax.Array]:
    """Up to `count` steps, fewer if no start is running any more; `count` is traced, so one compilation serves."""
    reached = method.reached(state)
    rows = jnp.full((LONGEST_CHUNK, *reached.loss.shape), jnp.nan, reached.loss.dtype)

    def more(carry: tuple) -> jax.Array:
        state, _, made = carry
        return (made < count) & jnp.any(method.reached(state).status == RUNNING)

    def step(carry: tuple) -> tuple:
        state, rows, made = carry
        state = method.step(residuals, state)
        return state, rows.at[made].set(method.reached(state).loss), made + 1

    state, rows, made = jax.lax.while_loop(more, step, (state, rows, jnp.asarray(0)))
    return definite(state), rows, made


@partial(jax.jit, static_argnums=0)
def _init(method: Optimiser, residuals: Callable, starts: jax.Array, key: jax.Array) -> PyTree:
    return definite(method.init(residuals, starts, key))


def _as_optimiser(optimiser: Any) -> Optimiser:
    if isinstance(optimiser, Optimiser) and not isinstance(optimiser, type):
        return optimiser
    if isinstance(optimiser, optax.GradientTransformation):
        return Gradient(optimiser)
    from .optimisers import solver

    if isinstance(optimiser, solver.SOLVERS):
        return solver.Solver(optimiser)
    raise TypeError(
        f"optimiser = {optimiser!r}: must be LevenbergMarquardt(), CMAES(), DifferentialEvolution(), an optax transformation "
        "such as optax.adam(0.05), or a solver of optimistix such as optimistix.BFGS(1e-6, 1e-6)."
    )


def _as_tree(residuals: Callable) -> Callable:
    """The residuals as a pytree of arrays of definite type, so that other numbers do not compile again."""
    if jax.tree_util.treedef_is_leaf(jax.tree.structure(residuals)):
        return jax.tree_util.Partial(residuals)
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), residuals)


def _check(starts: jax.Array, steps: int) -> None:
    if starts.ndim != 2 or 0 in starts.shape:
        raise ValueError(f"starts has shape {starts.shape}: must be (start, parameter), at least one of each.")
    if len(starts) * steps > LONGEST_HISTORY:
        raise ValueError(
            f"steps = {steps} of {len(starts)} starts are more than {LONGEST_HISTORY} losses, which are all kept: take fewer."
        )
