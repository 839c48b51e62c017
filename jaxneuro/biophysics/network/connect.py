"""Rules that draw edges; each takes sizes, and a key where chance is involved."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Values
from .edges import Edges
from .edges import edges as edges

__all__ = ["all_to_all", "by_distance", "edges", "fixed_indegree", "fixed_probability", "one_to_one"]


def __dir__() -> list[str]:
    return __all__


def one_to_one(size: int) -> Edges:
    """Each cell to the cell of the same number."""
    return edges(np.arange(size), np.arange(size), size, size)


def all_to_all(pre_size: int, post_size: int, *, loops: bool = True) -> Edges:
    """Each cell to every cell.

    Args:
        pre_size: Number of presynaptic cells.
        post_size: Number of postsynaptic cells.
        loops: Whether a cell connects to the cell of the same number; False within one population, if that is itself.
    """
    return _numbered(np.arange(pre_size * post_size), pre_size, post_size, loops)


def fixed_probability(key: jax.Array, pre_size: int, post_size: int, p: float, *, loops: bool = True) -> Edges:
    """Each pair with the same probability, in a time that grows with the edges, not with the pairs.

    Args:
        key: Random key.
        pre_size: Number of presynaptic cells.
        post_size: Number of postsynaptic cells.
        p: Probability.
        loops: See `all_to_all`.

    Raises:
        ValueError: for a probability outside [0, 1].
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"p = {p}: a probability lies in 0 to 1.")
    random, pairs = _generator(key), pre_size * post_size
    if p in (0.0, 1.0):
        return _numbered(np.arange(pairs if p else 0), pre_size, post_size, loops)
    pair, last = [], -1
    while last < pairs:  # gaps between the pairs that are drawn are geometric
        gaps = random.geometric(p, int((pairs - last) * p * 1.05) + 64)
        pair.append(last + np.cumsum(gaps))
        last = int(pair[-1][-1])
    pair = np.concatenate(pair)
    return _numbered(pair[pair < pairs], pre_size, post_size, loops)


def fixed_indegree(key: jax.Array, pre_size: int, post_size: int, count: int, *, loops: bool = True) -> Edges:
    """Each postsynaptic cell from the same number of different cells.

    Args:
        key: Random key.
        pre_size: Number of presynaptic cells.
        post_size: Number of postsynaptic cells.
        count: Edges to each cell.
        loops: See `all_to_all`.

    Raises:
        ValueError: for more edges than there are cells.
    """
    available = pre_size - (not loops)
    if not 0 <= count <= available:
        raise ValueError(
            f"count = {count}: there are {available} presynaptic cells to choose from; give 0 to {available}."
        )
    pre = _subsets(_generator(key), post_size, available, count)
    if not loops:  # the numbers above a cell's own move up by one
        pre = pre + (pre >= np.arange(post_size)[:, None])
    return edges(pre.ravel(), np.repeat(np.arange(post_size), count), pre_size, post_size)


def by_distance(
    key: jax.Array, pre: PyTree, post: PyTree, probability: Callable[[np.ndarray], Values], *, loops: bool = True
) -> Edges:
    """Each pair with a probability that depends on the distance between the cells.

    Args:
        key: Random key.
        pre: Positions of presynaptic cells (cell, dimension) [µm].
        post: Positions of postsynaptic cells (cell, dimension) [µm].
        probability: Function of distance [µm], vectorised.
        loops: See `all_to_all`.
    """
    random, pre, post = _generator(key), np.asarray(pre), np.asarray(post)
    found = []
    for i, place in enumerate(pre):
        chance = np.asarray(probability(np.linalg.norm(post - place, axis=1)))
        found.append(i * len(post) + np.flatnonzero(random.random(len(post)) < chance))
    return _numbered(np.concatenate(found), len(pre), len(post), loops)


def _numbered(pair: np.ndarray, pre_size: int, post_size: int, loops: bool) -> Edges:
    pre, post = np.divmod(pair, post_size)
    if not loops:
        pre, post = pre[pre != post], post[pre != post]
    return edges(pre, post, pre_size, post_size)


def _subsets(random: np.random.Generator, rows: int, available: int, count: int) -> np.ndarray:
    """Different numbers below `available` for each row (row, count)."""
    if 2 * count > available:
        return np.argsort(random.random((rows, available)), axis=1)[:, :count]
    chosen = np.sort(random.integers(available, size=(rows, count)), axis=1)
    # what occurs twice is drawn again until nothing does: every subset is as likely as any other
    while (twice := np.diff(chosen, axis=1, prepend=-1) == 0).any():
        chosen[twice] = random.integers(available, size=int(twice.sum()))
        chosen = np.sort(chosen, axis=1)
    return chosen


def _generator(key: jax.Array) -> np.random.Generator:
    if isinstance(key, Tracer):
        raise ValueError("the key is traced: who is connected to whom is structure. Draw the edges outside of jit.")
    data = jax.random.key_data(key) if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else key
    return np.random.default_rng(np.asarray(data).astype(np.uint32).ravel().tolist())
