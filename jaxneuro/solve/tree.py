"""Linear systems whose matrix is a tree: solved in as many operations as there are nodes.

Nodes come after their parents, most of them directly: then a neighbour is one place away, and only the others are
gathered and scattered.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69.
"""

import jax
import jax.numpy as jnp
import numpy as np


def from_parents(parent: np.ndarray, x: jax.Array) -> jax.Array:
    """A quantity of nodes at the parent of each (node,); at a root whatever."""
    shifted = jnp.concatenate([x[:1], x[:-1]])
    branch = _branches(parent)
    return shifted.at[branch].set(x[parent[branch]]) if branch.size else shifted


def to_parents(parent: np.ndarray, x: jax.Array) -> jax.Array:
    """The sum of a quantity over the children of each node (node,); that of roots must be 0."""
    branch = _branches(parent)
    direct = x.at[branch].set(0.0) if branch.size else x
    total = jnp.concatenate([direct[1:], jnp.zeros_like(x[:1])])
    return total.at[parent[branch]].add(x[branch]) if branch.size else total


def laplacian(parent: np.ndarray, conductance: jax.Array, v: jax.Array) -> jax.Array:
    """What flows out of each node to its neighbours (node,), for conductances to the parents (node,) and potentials v."""
    flow = conductance * (v - from_parents(parent, v))
    return flow - to_parents(parent, flow)


def solve_tree(parent: np.ndarray, diagonal: jax.Array, link: jax.Array, right: jax.Array) -> jax.Array:
    """x with `diagonal x - (link x at the parent and at the children) = right`.

    Derivatives are solves of the same tree, not of the loop.

    Args:
        parent: Index of each node's parent, less than its own; -1 for a root (node,).
        diagonal: At least the sum of a node's links, and more than it somewhere in each tree (node,).
        link: What couples each node and its parent, not negative; 0 for a root (node,).
        right: Right-hand side (node,).
    """

    def multiply(x: jax.Array) -> jax.Array:
        return diagonal * x - link * from_parents(parent, x) - to_parents(parent, link * x)

    def solve(_: object, b: jax.Array) -> jax.Array:
        return _eliminate(jnp.asarray(np.maximum(parent, 0)), diagonal, link, b)

    return jax.lax.custom_linear_solve(multiply, right, solve, symmetric=True)


def _branches(parent: np.ndarray) -> np.ndarray:
    """Nodes that do not follow their parent directly."""
    return np.flatnonzero((parent >= 0) & (parent != np.arange(parent.size) - 1))


@jax.custom_batching.custom_vmap
def _eliminate(above: jax.Array, diagonal: jax.Array, link: jax.Array, b: jax.Array) -> jax.Array:
    """Children into parents from the last node to the first, then back; each (node, ...)."""
    size = above.shape[0]

    def up(k: jax.Array, both: tuple) -> tuple:
        d, b = both
        i = size - 1 - k
        j, factor = above[i], link[i] / d[i]
        return _put(d, j, d[j] - factor * link[i]), _put(b, j, b[j] + factor * b[i])

    def down(i: jax.Array, x: jax.Array) -> jax.Array:
        return _put(x, i, x[i] + share[i] * x[above[i]])

    d, b = jax.lax.fori_loop(0, size - 1, up, (diagonal, b))
    share = link / d
    return jax.lax.fori_loop(1, size, down, b / d)


def _put(x: jax.Array, i: jax.Array, value: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_index_in_dim(x, value, i, 0)


@_eliminate.def_vmap
def _eliminate_many(size: int, batched: list, above: jax.Array, *systems: jax.Array) -> tuple[jax.Array, bool]:
    """Many trees at once, with the nodes as the first axis, so that an operation is on neighbouring numbers."""
    last = [jnp.moveaxis(x, 0, -1) if has else jnp.broadcast_to(x[..., None], (*x.shape, size))
            for x, has in zip(systems, batched[1:], strict=True)]  # fmt: skip
    return jnp.moveaxis(_eliminate(above, *last), -1, 0), True
