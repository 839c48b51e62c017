"""What can be read, linearly, from the memory of an agent: how far the goal is, and where."""

import jax
import jax.numpy as jnp
import numpy as np

from ....pytree import Pytree
from .evaluate import Episodes

PENALTIES = np.logspace(-3, 3, 30)  # Banino et al. (2018), SI 3e


class Decoding(Pytree):
    """Correlations of decoded with true values, in episodes that the decoder was not fitted to.

    Attributes:
        distance: To the goal.
        direction: To the goal, allocentric: the mean for cosine and sine.
    """

    distance: jax.Array
    direction: jax.Array


def ridge(x: jax.Array, y: jax.Array, weight: jax.Array, penalty: jax.Array) -> jax.Array:
    """Coefficients (input, output) that minimise sum weight |x w - y|² + penalty |w|²."""
    scaled = x * weight[:, None]
    return jnp.linalg.solve(scaled.T @ x + penalty * jnp.eye(x.shape[1], dtype=x.dtype), scaled.T @ y)


def correlation(x: jax.Array, y: jax.Array, weight: jax.Array) -> jax.Array:
    """Pearson's r of each column, weighted."""
    mean = lambda a: jnp.sum(weight[:, None] * a, 0) / weight.sum()
    x, y = x - mean(x), y - mean(y)
    return mean(x * y) / jnp.sqrt(mean(x * x) * mean(y * y))


def decode_goal(episodes: Episodes, *, skip: int = 8, span: int = 12, every: int = 3) -> Decoding:
    """Read distance and direction to the goal from the memory of an agent, in stretches after it was put elsewhere.

    A ridge regression is fitted to a third of the episodes, its penalty chosen by a second third, and judged by the last.

    Args:
        episodes: At least nine.
        skip: Steps left out after each visit.
        span: Steps used then.
        every: One of so many of them is used.

    Raises:
        ValueError: for too few episodes.
    """
    steps, count, units = episodes.memory.shape
    if count < 9:
        raise ValueError(f"{count} episodes: decoding needs 9 or more, to fit, to choose and to judge.")
    visit = jax.lax.cummax(jnp.where(episodes.hit, jnp.arange(steps)[:, None], -1), axis=0)
    since = jnp.arange(steps)[:, None] - visit
    use = (visit >= 0) & (since > skip) & (since <= skip + span) & ((since - skip - 1) % every == 0)
    to_goal = episodes.goal - episodes.position
    distance = jnp.linalg.norm(to_goal, axis=-1, keepdims=True)
    y = jnp.concatenate([distance, to_goal / jnp.maximum(distance, 1e-6)], -1).reshape(-1, 3)
    x = jnp.concatenate([episodes.memory, jnp.ones((steps, count, 1))], -1).reshape(-1, units + 1)
    part = [(use & (jnp.arange(count) % 3 == i)).reshape(-1).astype(x.dtype) for i in range(3)]
    fits = jax.vmap(lambda penalty: ridge(x, y, part[0], penalty))(PENALTIES.astype(x.dtype))
    missed = jax.vmap(lambda w: jnp.sum(part[1][:, None] * (x @ w - y) ** 2, 0))(fits)
    best = jnp.argmin(missed, 0)
    decoded = x @ jnp.take_along_axis(fits, best[None, None], 0)[0]
    r = correlation(decoded, y, part[2])
    return Decoding(r[0], r[1:].mean())
