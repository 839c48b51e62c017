"""Many starts at once: the loop that every optimiser runs in, with progress, interruption and resumption."""

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from ..files import fingerprint, kept, locked
from ..pytree import Pytree
from .checkpoint import load, require_unused, save

STATUS = ("running", "converged", "stalled", "dropped", "interrupted", "finished")
RUNNING, CONVERGED, STALLED, DROPPED, INTERRUPTED, FINISHED = range(len(STATUS))
LONGEST_CHUNK = 256  # steps between two looks at the outside world
LONGEST_HISTORY = 500_000_000  # losses, 4 GB
PATIENCE = 0.5  # s: what a chunk should take, so that progress shows and Ctrl-C is answered


class Reached(Pytree):
    """Where every start has come to.

    Attributes:
        theta: Best parameter vector so far (start, parameter).
        loss: Its loss (start,); infinite if none was finite.
        status: Index into `STATUS` (start,).
    """

    theta: jax.Array
    loss: jax.Array
    status: jax.Array


class Optimiser(Protocol):
    """What `optimise` asks of a method; all starts are advanced together.

    A method that runs on the host, instead of inside `jit`, has `on_host = True`.
    """

    def init(self, residuals: Callable, starts: jax.Array, key: jax.Array) -> Any:
        """State before the first step; any pytree of arrays."""
        ...

    def step(self, residuals: Callable, state: Any) -> Any:
        """State after one more step."""
        ...

    def reached(self, state: Any) -> Reached:
        """The best so far, in a state."""
        ...


class Optimised(Pytree):
    """What an optimisation came to.

    Attributes:
        theta: Best parameter vector of every start (start, parameter).
        loss: Its loss, half the sum of squared residuals (start,).
        history: Best loss so far after each step (start, step); NaN for steps that were not made.
        status: Index into `STATUS` (start,).
    """

    theta: Any
    loss: Any
    history: Any
    status: Any

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


def optimise(
    residuals: Callable,
    starts: jax.Array,
    *,
    optimiser: Any,
    steps: int,
    key: jax.Array | None = None,
    progress: Callable[[int, float], Any] | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    chunk: int | None = None,
    seconds: float | None = None,
) -> Optimised:
    """Minimise half the sum of squared residuals from many starts at once.

    Starts whose loss is not finite are dropped and counted. Ctrl-C ends the run and returns what was reached, with the
    status `interrupted`; the same call with `resume=True` goes on exactly where it was.

    Args:
        residuals: Function of a parameter vector (parameter,), not constrained, to residuals (residual,). If it is a
            pytree, such as a `jax.tree_util.Partial`, other data of the same shape do not compile again.
        starts: Parameter vectors (start, parameter).
        optimiser: `LevenbergMarquardt()`, `CMAES()`, `DifferentialEvolution()`, or any optax transformation.
        steps: Number of steps in all; those made before a resumption count.
        key: Random key of the methods that draw.
        progress: Called with the steps made and the best loss.
        checkpoint: File that keeps the state (NPZ); written at every look. If it cannot be, the run goes on with a warning.
        resume: Go on from `checkpoint` if it exists.
        chunk: Steps between two looks; chosen to take half a second by default.
        seconds: Stop after so many seconds of processor time, compilation included.

    Returns:
        What every start came to.

    Raises:
        ValueError: for starts of a wrong shape, steps < 1, a checkpoint of another problem, or one that is there already and
            not to be resumed; `resume` without one.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    starts = jnp.asarray(starts, float)
    _check(starts, steps, checkpoint, resume)
    method = _as_optimiser(optimiser)
    residuals = _as_tree(residuals)
    key = jax.random.key(0) if key is None else key  # only methods that draw use it
    with locked(checkpoint):
        require_unused(checkpoint, resume)
        return _run(method, residuals, starts, key, steps, progress, checkpoint, resume, chunk, seconds)


def _run(
    method: Any, residuals: Callable, starts: jax.Array, key: jax.Array, steps: int, progress: Callable | None, checkpoint: Any,
    resume: bool, chunk: int | None, seconds: float | None,
) -> Optimised:  # fmt: skip
    problem = {} if checkpoint is None else fingerprint(**_named(residuals), optimiser=method, key=key)
    state = _init(method, residuals, starts, key)
    history, done, size = np.full((len(starts), steps), np.nan), 0, chunk or 1
    if checkpoint is not None and resume and Path(checkpoint).exists():
        state, before = load(checkpoint, state, starts, problem)
        done = min(before.shape[1], steps)
        history[:, :done] = before[:, :done]
    began, interrupted = time.process_time(), False
    try:
        while done < steps and np.any(np.asarray(method.reached(state).status) == RUNNING):
            started = time.monotonic()
            state, rows = _advance(method, residuals, state, min(size, steps - done))
            made = len(rows)
            history[:, done : done + made] = rows.T
            done += made
            if chunk is None:
                size = _resize(size, time.monotonic() - started)
            if checkpoint is not None:
                kept(save, checkpoint, state, history[:, :done], starts, problem)
            if progress is not None:
                progress(done, float(np.min(history[:, done - 1])))
            if seconds is not None and time.process_time() - began > seconds:
                break
    except KeyboardInterrupt:
        interrupted = True
    reached = method.reached(state)
    ended = INTERRUPTED if interrupted else FINISHED
    status = jnp.where(reached.status == RUNNING, ended, reached.status)
    return Optimised(reached.theta, reached.loss, history, status)


def _named(residuals: Any) -> dict[str, Any]:
    """What the residuals are made of, in words for `fingerprint`."""
    if not dataclasses.is_dataclass(residuals):
        return {"residuals": residuals}
    words = {"box": "bounds", "target": "data", "weights": "loss", "function": "loss"}
    fields = {f.name: getattr(residuals, f.name) for f in dataclasses.fields(residuals)}
    return {"kind_of_loss": type(residuals), **{words.get(name, name): part for name, part in fields.items()}}


def _advance(method: Any, residuals: Callable, state: Any, count: int) -> tuple[Any, np.ndarray]:
    """The state after at most `count` steps, and the best losses after each (step, start)."""
    if getattr(method, "on_host", False):
        state = method.step(residuals, state)
        return state, np.asarray(method.reached(state).loss)[None]
    state, rows, made = _advance_compiled(method, residuals, state, min(count, LONGEST_CHUNK))
    return state, np.asarray(rows)[: int(made)]


@partial(jax.jit, static_argnums=0)
def _advance_compiled(method: Any, residuals: Callable, state: Any, count: Any) -> tuple[Any, jax.Array, jax.Array]:
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
    return _definite(state), rows, made


def _init(method: Any, residuals: Callable, starts: jax.Array, key: jax.Array) -> Any:
    if getattr(method, "on_host", False):
        return method.init(residuals, starts, key)
    return _init_compiled(method, residuals, starts, key)


@partial(jax.jit, static_argnums=0)
def _init_compiled(method: Any, residuals: Callable, starts: jax.Array, key: jax.Array) -> Any:
    return _definite(method.init(residuals, starts, key))


def _definite(state: Any) -> Any:
    """The state with every number of a definite type, so that no step compiles again what another has compiled."""
    return jax.tree.map(lambda x: jax.lax.convert_element_type(x, jnp.asarray(x).dtype), state)


def _resize(size: int, took: float) -> int:
    if took < 0.5 * PATIENCE:
        return min(2 * size, LONGEST_CHUNK)
    return max(size // 2, 1) if took > 2 * PATIENCE else size


def _as_optimiser(optimiser: Any) -> Any:
    if hasattr(optimiser, "reached"):
        return optimiser
    if hasattr(optimiser, "update"):
        from .gradient import Gradient

        return Gradient(optimiser)
    raise TypeError(
        f"optimiser = {optimiser!r}: must be LevenbergMarquardt(), CMAES(), DifferentialEvolution() or an optax "
        "transformation such as optax.adam(0.05)."
    )


def _as_tree(residuals: Callable) -> Callable:
    """The residuals as a pytree of arrays of definite type, so that other numbers do not compile again."""
    if jax.tree_util.treedef_is_leaf(jax.tree.structure(residuals)):
        return jax.tree_util.Partial(residuals)
    return jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), residuals)


def _check(starts: jax.Array, steps: int, checkpoint: Any, resume: bool) -> None:
    if starts.ndim != 2 or 0 in starts.shape:
        raise ValueError(f"starts has shape {starts.shape}: must be (start, parameter), at least one of each.")
    if steps < 1:
        raise ValueError(f"steps = {steps}: must be at least 1.")
    if len(starts) * steps > LONGEST_HISTORY:
        raise ValueError(
            f"steps = {steps} of {len(starts)} starts are more than {LONGEST_HISTORY} losses, which are all kept: take fewer."
        )
    if resume and checkpoint is None:
        raise ValueError("resume=True without a checkpoint: name the file, checkpoint='fit.npz'.")
