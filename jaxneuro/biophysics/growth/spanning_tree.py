"""The wiring rule after Cajal: a greedy tree that balances wire against the length of the way to the root."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ...arithmetic import Values


class _Growing(NamedTuple):
    """A tree while it grows; all (point,). `node` of a point in the tree is its parent, of an open one its best choice."""

    open: jax.Array
    cost: jax.Array
    node: jax.Array
    path: jax.Array
    rank: jax.Array
    children: jax.Array
    count: jax.Array


@partial(jax.jit, static_argnames=("roots", "binary"))
def minimum_spanning_tree(
    points: jax.Array, balance: Values, mask: jax.Array | None = None, *, roots: int = 1, binary: bool = False
) -> tuple[jax.Array, jax.Array]:
    """Connect points to a tree, always adding the cheapest one.

    cost of joining P to T = |P - T| + balance × (length of the way from the root to T)

    Balance 0 gives the Euclidean minimum spanning tree, a large one a star. Every open point remembers the best node for it,
    so a step looks at each point once and the tree costs O(points²). With `binary`, a remembered node may have filled up
    meanwhile; its cost is then too low, so it comes up early and is looked for again.

    Args:
        points: Where the tree has to go (point, 3) [µm]; the first `roots` of them are where it begins, and are not masked.
        balance: Weight of the way to the root against wire (bf in the source), not negative; 0.4 to 0.85 where it
            was fitted to pyramidal and granule cells.
        mask: False for points that only fill up the array (point,); without it all count.
        roots: Number of points from which the tree starts at once; more than one give a forest.
        binary: Allow no point more than two children.

    Returns:
        order: Indices into `points` in the order in which they joined, padding last (point,).
        parent: Parents in this new order, each before its children (point,); -1 for roots, 0 for padding.
        Neither has a derivative; lengths along the tree are differentiable in `points[order]`.

    Raises:
        ValueError: for points that are no list of places, or more roots than points.

    Source: Cuntz, Forstner, Borst & Häusser (2010), PLoS Comput. Biol. 6:e1000877, rule in fig. 2, values in fig. 4 and 7.
    """
    if points.ndim != 2 or not 1 <= roots <= points.shape[0]:
        raise ValueError(f"points has shape {points.shape} and roots = {roots}: give (point, 3) and 1 to point roots.")
    points, balance = jax.lax.stop_gradient((points, jnp.asarray(balance, points.dtype)))
    size = points.shape[0]
    index = jnp.arange(size)
    root = index < roots
    real = jnp.ones(size, bool) if mask is None else mask | root
    start = _distance(points[:, None], points[None, :roots])
    tree = _Growing(
        real & ~root, start.min(1), start.argmin(1), jnp.zeros(size, points.dtype), jnp.where(root, index, size),
        jnp.zeros(size, index.dtype), jnp.asarray(roots, index.dtype),
    )  # fmt: skip
    step = partial(_step, points, balance, real, 2 if binary else size)
    tree = jax.lax.while_loop(lambda t: t.count < real.sum(), step, tree)
    order = jnp.argsort(tree.rank)
    parent = jnp.where(root, -1, jnp.where(real, jnp.argsort(order)[tree.node], 0))
    return order, parent[order]


def _step(points: jax.Array, balance: jax.Array, real: jax.Array, limit: int, tree: _Growing) -> _Growing:
    """Join the cheapest open point; if the node it remembers is full, only remember another one."""
    new = jnp.argmin(jnp.where(tree.open, tree.cost, jnp.inf))
    distance = _distance(points, points[new])
    full = tree.children[tree.node[new]] >= limit
    return jax.lax.cond(full, partial(_look_again, balance, real, limit), partial(_join, balance), tree, new, distance)


def _join(balance: jax.Array, tree: _Growing, new: jax.Array, distance: jax.Array) -> _Growing:
    near = tree.node[new]
    path = tree.path[near] + distance[near]
    open_ = tree.open.at[new].set(False)
    cost = distance + balance * path
    better = open_ & (cost < tree.cost)
    return _Growing(
        open_, jnp.where(better, cost, tree.cost), jnp.where(better, new, tree.node), tree.path.at[new].set(path),
        tree.rank.at[new].set(tree.count), tree.children.at[near].add(1), tree.count + 1,
    )  # fmt: skip


def _look_again(
    balance: jax.Array, real: jax.Array, limit: int, tree: _Growing, new: jax.Array, distance: jax.Array
) -> _Growing:
    room = real & ~tree.open & (tree.children < limit)
    cost = jnp.where(room, distance + balance * tree.path, jnp.inf)
    return tree._replace(cost=tree.cost.at[new].set(cost.min()), node=tree.node.at[new].set(cost.argmin()))


def _distance(a: jax.Array, b: jax.Array) -> jax.Array:
    """Distances (...) [µm]; finite for points at infinity, which would never find a node with room."""
    return jnp.minimum(jnp.linalg.norm(a - b, axis=-1), 1e15)
