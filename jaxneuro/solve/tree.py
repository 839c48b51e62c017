"""Linear systems whose matrix is a tree: solved in as many operations as there are nodes.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69.
"""

import jax
import jax.numpy as jnp
import numpy as np


def laplacian(parent: np.ndarray, conductance: jax.Array, v: jax.Array) -> jax.Array:
    """What flows out of each node to its neighbours (node,), for conductances to the parents (node,) and potentials v."""
    above = np.maximum(parent, 0)
    flow = conductance * (v - v[above])
    return flow.at[above].add(-flow)


def degree(parent: np.ndarray, conductance: jax.Array) -> jax.Array:
    """Sum of the conductances at each node (node,): the diagonal of the Laplacian."""
    return conductance.at[np.maximum(parent, 0)].add(conductance)


def solve_tree(parent: np.ndarray, shunt: jax.Array, conductance: jax.Array, right: jax.Array) -> jax.Array:
    """x with `shunt x + laplacian(x) = right`. Derivatives are solves of the same tree, not of the loop.

    Args:
        parent: Index of each node's parent, less than its own; -1 for a root (node,).
        shunt: What is added to the diagonal, not negative, and positive somewhere in each tree (node,).
        conductance: Between each node and its parent; 0 for a root (node,).
        right: Right-hand side (node,).
    """
    above = np.maximum(parent, 0)
    diagonal = shunt + degree(parent, conductance)

    def multiply(x: jax.Array) -> jax.Array:
        return shunt * x + laplacian(parent, conductance, x)

    def solve(_: object, b: jax.Array) -> jax.Array:
        return _eliminate(jnp.asarray(above), diagonal, conductance, b)

    return jax.lax.custom_linear_solve(multiply, right, solve, symmetric=True)


def _eliminate(above: jax.Array, diagonal: jax.Array, conductance: jax.Array, b: jax.Array) -> jax.Array:
    """Children into parents from the last node to the first, then back."""
    size = above.shape[0]

    def up(k: jax.Array, both: tuple) -> tuple:
        d, b = both
        i = size - 1 - k
        j, factor = above[i], conductance[i] / d[i]
        return d.at[j].add(-factor * conductance[i]), b.at[j].add(factor * b[i])

    def down(i: jax.Array, x: jax.Array) -> jax.Array:
        return x.at[i].set(x[i] + share[i] * x[above[i]])

    d, b = jax.lax.fori_loop(0, size - 1, up, (diagonal, b))
    share = conductance / d
    return jax.lax.fori_loop(1, size, down, b / d)
