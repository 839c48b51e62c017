"""Maximum likelihood of a point process by gradient."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import optax

from ... import learn
from ...pytree import Pytree, static
from .process import PointProcess, log_likelihood, log_rates

Process = TypeVar("Process", bound=PointProcess)
LBFGS = optax.lbfgs()


def fit_train(
    process: Process,
    stimulus: jax.Array,
    train: jax.Array,
    dt: float,
    *,
    free: Iterable[str],
    steps: int = 100,
    warm_up: int = 0,
    penalty: Callable[[Process], Any] | None = None,
    progress: learn.Progress = True,
    checkpoint: str | Path | None = None,
    resume: bool = False,
) -> learn.Trained[Process]:
    """The parameters that make a train likeliest, by L-BFGS. Ctrl-C ends it after the last whole step.

    Args:
        process: Where to start.
        stimulus: In each bin (time,), or of several runs (run, time).
        train: Spikes, 0 or 1, of the same shape.
        dt: Bin [ms].
        free: Names of the parameters that may change, see `pytree.names`; what cannot be negative is searched on a logarithmic
            scale.
        steps: Iterations in all; those before a resumption count.
        warm_up: So many bins at the beginning of each run are not judged: they only set the state.
        penalty: Function of the process, added to the loss [nat/spike].
        progress: Function of each row of the history; True for a bar, False or None for nothing.
        checkpoint: Folder that keeps the state after each step, by orbax.
        resume: Go on from it, if there is something.

    Returns:
        `state` is the best process; `history` has a row for each step: `steps` made and the lowest `loss` so far, minus
        log-likelihood per spike, with the penalty.

    Raises:
        KeyError: for an unknown name.
        ValueError: for a parameter that must be positive and is not, a train without a spike, or steps < 1.
        OSError: for a checkpoint that cannot be written, or that another process is writing.
    """
    theta = learn.unbounded(process, free)
    stimulus, train = jnp.atleast_2d(stimulus), jnp.atleast_2d(train)
    if not jnp.sum(train[:, warm_up:]) > 0:
        raise ValueError("the train has no spike: there is nothing to fit.")
    aim = Unlikelihood(process, stimulus, train, dt, warm_up, penalty)
    with learn.keeping(checkpoint, resume) as kept:
        search = Search(theta, LBFGS.init(theta), theta, jnp.asarray(jnp.inf))
        ran = learn.loop(
            learn.steps(step, aim), search, steps, chunk=1, progress=progress, checkpoint=kept,
            problem={"free": tuple(theta), **vars(aim)},
        )  # fmt: skip
    return learn.Trained(learn.bounded(process, ran.state.best), ran.history, ran.status, ran.best)


class Search(Pytree):
    """Where L-BFGS is and its state, the lowest point that it has seen, and the loss there."""

    theta: learn.Theta
    moments: optax.OptState
    best: learn.Theta
    lowest: jax.Array


class Unlikelihood(Pytree):
    """What is minimised, a function of the parameters searched: minus log-likelihood per spike, with the penalty."""

    process: PointProcess
    stimulus: jax.Array
    train: jax.Array
    dt: float = static()
    warm_up: int = static()
    penalty: Callable | None = static()

    def __call__(self, theta: learn.Theta) -> jax.Array:
        now, judged = learn.bounded(self.process, theta), slice(self.warm_up, None)
        of_run = lambda s, y: log_likelihood(log_rates(now, s, y, self.dt)[judged], y[judged], self.dt)
        told = jnp.sum(jax.vmap(of_run)(self.stimulus, self.train))
        value = -told / jnp.sum(self.train[:, judged])
        return value if self.penalty is None else value + self.penalty(now)


def step(search: Search, loss: Unlikelihood) -> tuple[Search, dict[str, jax.Array]]:
    """One line search; the loss is the lowest so far, before it."""
    value, gradient = optax.value_and_grad_from_state(loss)(search.theta, state=search.moments)
    better = value < search.lowest
    best = jax.tree.map(lambda x, y: jnp.where(better, y, x), search.best, search.theta)
    lowest = jnp.where(better, value, search.lowest)
    changes, moments = LBFGS.update(gradient, search.moments, search.theta, value=value, grad=gradient, value_fn=loss)
    moved: Any = optax.apply_updates(search.theta, changes)
    return Search(moved, moments, best, lowest), {"loss": lowest}
