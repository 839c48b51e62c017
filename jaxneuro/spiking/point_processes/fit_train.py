"""Maximum likelihood of a point process by gradient."""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .process import log_likelihood, log_rates


def fit_train(
    process: Any,
    stimulus: jax.Array,
    train: jax.Array,
    dt: float,
    *,
    free: Iterable[str],
    positive: Iterable[str] = (),
    steps: int = 100,
    warm_up: int = 0,
    penalty: Callable[[Any], Any] | None = None,
) -> tuple[Any, np.ndarray]:
    """The parameters that make a train likeliest, by L-BFGS.

    Args:
        process: Where to start.
        stimulus: In each bin (time,), or of several runs (run, time).
        train: Spikes, 0 or 1, of the same shape.
        dt: Bin [ms].
        free: Paths of the parameters that may change.
        positive: Paths of those that must also stay positive, searched on a logarithmic scale.
        steps: Iterations.
        warm_up: So many bins at the beginning of each run are not judged: they only set the state.
        penalty: Function of the process, added to the loss [nat/spike].

    Returns:
        The best process, and the loss after each step: minus log-likelihood per spike, with the penalty (step,).

    Raises:
        KeyError: for an unknown path.
        ValueError: for a parameter that is to stay positive and is not, or a train without a spike.
    """
    positive = tuple(positive)
    start = {path: jnp.asarray(process.get(path), float) for path in (*free, *positive)}
    for path in positive:
        if not np.all(np.asarray(start[path]) > 0):
            raise ValueError(f"{path} = {start[path]}: it is to stay positive: start above 0.")
    stimulus, train = jnp.atleast_2d(stimulus), jnp.atleast_2d(train)
    count = jnp.sum(train[:, warm_up:])
    if not count > 0:
        raise ValueError("the train has no spike: there is nothing to fit.")

    def model(theta: dict) -> Any:
        changed = process
        for path, value in theta.items():
            changed = changed.set(path, jnp.exp(value) if path in positive else value)
        return changed

    def loss(theta: dict) -> jax.Array:
        now = model(theta)
        of_run = lambda s, y: log_likelihood(log_rates(now, s, y, dt)[warm_up:], y[warm_up:], dt)
        value = -jnp.sum(jax.vmap(of_run)(stimulus, train)) / count
        return value if penalty is None else value + penalty(now)

    theta = {path: jnp.log(value) if path in positive else value for path, value in start.items()}
    theta, losses = _minimise(loss, theta, steps)
    return model(theta), np.asarray(losses)


def _minimise(loss: Callable, theta: dict, steps: int) -> tuple[dict, jax.Array]:
    """The lowest point that L-BFGS finds, and the lowest loss so far after each step."""
    optimiser = optax.lbfgs()
    slope = optax.value_and_grad_from_state(loss)

    def step(carry: tuple, _: None) -> tuple:
        theta, state, best, lowest = carry
        value, gradient = slope(theta, state=state)
        better = value < lowest
        best = jax.tree.map(lambda x, y: jnp.where(better, y, x), best, theta)
        lowest = jnp.where(better, value, lowest)
        changes, state = optimiser.update(gradient, state, theta, value=value, grad=gradient, value_fn=loss)
        return (optax.apply_updates(theta, changes), state, best, lowest), lowest

    @jax.jit
    def run(theta: dict) -> tuple:
        start = (theta, optimiser.init(theta), theta, jnp.asarray(jnp.inf))
        (_, _, best, _), losses = jax.lax.scan(step, start, None, length=steps)
        return best, losses

    return run(theta)
