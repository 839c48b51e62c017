"""Linear systems whose matrix is a tree: solved in as many operations as there are nodes.

A tree is solved from its leaves to its root and back. It matters little which node is the root, so it is the one in the
middle: chains of operations that wait for one another are then at most half as long as the tree.

Source: Hines (1984), Int. J. Biomed. Comput. 15:69; without subtractions, after Grassmann, Taksar & Heyman (1985), Oper.
Res. 33:1107, so that a strong coupling costs no digits.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float, Int

from ..method import SOLVED
from .contraction import contract


def to_parents(parent: Int[np.ndarray, "node"], x: Float[Array, "node"]) -> Float[Array, "node"]:
    """The sum of a quantity over the children of each node (node,)."""
    linked = np.flatnonzero(parent >= 0).astype(np.int32)
    return jnp.zeros_like(x).at[parent[linked]].add(x[linked])


def laplacian(
    parent: Int[np.ndarray, "node"], conductance: Float[Array, "node"], v: Float[Array, "node"]
) -> Float[Array, "node"]:
    """What flows out of each node to its neighbours (node,), for conductances to the parents (node,) and potentials v."""
    flow = jnp.where(parent >= 0, conductance, 0.0) * (v - v[np.maximum(parent, 0).astype(np.int32)])
    return flow - to_parents(parent, flow)


def solve_tree(
    parent: Int[np.ndarray, "node"],
    shunt: Float[Array, "node"],
    link: Float[Array, "node"],
    right: Float[Array, "node"],
) -> Float[Array, "node"]:
    """x with `shunt x + laplacian(x) = right`.

    Derivatives are solves of the same tree, not of the loop. On accelerators many nodes are eliminated at once, see
    `contraction`; on the CPU one after the other is faster.

    Args:
        parent: Index of each node's parent; -1 for a root (node,).
        shunt: What is on the diagonal beside the links; not negative, and positive somewhere in each tree (node,).
        link: What couples each node and its parent, not negative (node,).
        right: Right-hand side (node,).
    """
    return _solution(tuple(parent.tolist()), shunt, link, right)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _solution(tree: tuple[int, ...], shunt: jax.Array, link: jax.Array, right: jax.Array) -> jax.Array:
    method = elimination if jax.default_backend() == "cpu" else contract
    return method(tree)(shunt, link, right)


@functools.partial(_solution.defjvp, symbolic_zeros=True)
def _derivative(tree: tuple[int, ...], at: tuple, along: tuple) -> tuple[jax.Array, jax.Array]:
    """shunt dx + laplacian(dx) = dright - dshunt x - dlaplacian(x): another solve of the same tree."""
    shunt, link, _ = at
    parent = np.array(tree, np.int32)
    x = checkpoint_name(_solution(tree, *at), SOLVED)
    parts = [d if which is None else -which(d, x)
             for d, which in zip(along, (jnp.multiply, functools.partial(laplacian, parent), None), strict=True)
             if not isinstance(d, SymbolicZero)]  # fmt: skip

    def multiply(y: jax.Array) -> jax.Array:
        return shunt * y + laplacian(parent, link, y)

    def solve(_: object, right: jax.Array) -> jax.Array:
        return _solution(tree, shunt, link, right)

    return x, lax.custom_linear_solve(multiply, sum(parts[1:], parts[0]), solve, symmetric=True)


class Sequence(NamedTuple):
    """The order of an elimination.

    Attributes:
        nodes: Those nearest to a root first (node,).
        above: The neighbour of each, in that order, on the way to the root (node,).
        owner: Whose link it is that leads there, by node; -1 of a root (node,).
        roots: How many trees there are.
    """

    nodes: np.ndarray
    above: np.ndarray
    owner: np.ndarray
    roots: int


def sequence(parent: tuple[int, ...]) -> Sequence:
    """Order for a tree, or several, each rooted in its middle."""
    links: list[list[int]] = [[] for _ in parent]
    for node, above in enumerate(parent):
        if above >= 0:
            links[node].append(above)
            links[above].append(node)
    middles = [_middle(links, root) for root in np.flatnonzero(np.array(parent) < 0).tolist()]
    above, depth = np.full(len(parent), -1), np.zeros(len(parent), int)
    for middle in middles:
        for node, before in _walk(links, middle).items():
            if before >= 0:
                above[node], depth[node] = before, depth[before] + 1
    owner = np.where(above < 0, -1, np.where(np.array(parent) == above, np.arange(len(parent)), above))
    nodes = np.argsort(depth, kind="stable")
    return Sequence(nodes, np.maximum(above, 0)[nodes], owner, len(middles))


def _walk(links: list[list[int]], start: int) -> dict[int, int]:
    """The node before each on the way from the start, nearest first."""
    before, waiting = {start: -1}, [start]
    for node in waiting:
        new = [other for other in links[node] if other not in before]
        before.update(dict.fromkeys(new, node))
        waiting += new
    return before


def _middle(links: list[list[int]], root: int) -> int:
    """The node in the middle of a longest path."""
    before = _walk(links, [*_walk(links, root)][-1])
    path = [[*before][-1]]
    while before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[len(path) // 2]


@functools.lru_cache
def elimination(parent: tuple[int, ...]) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
    """A function of shunt, link and right-hand side (node, ...) that solves a tree one node after the other."""
    order = sequence(parent)
    nodes, above, owner = (x.astype(np.int32) for x in order[:3])  # int64 would not do in a float32 program
    size, roots = len(parent), order.roots

    @jax.custom_batching.custom_vmap
    def solve(shunt: jax.Array, link: jax.Array, right: jax.Array) -> jax.Array:
        at, to = jnp.asarray(nodes), jnp.asarray(above)
        linked = (owner >= 0).reshape(-1, *[1] * (link.ndim - 1))
        link = jnp.where(linked, link[np.maximum(owner, 0)], 0.0)

        def up(k: jax.Array, both: tuple) -> tuple:
            s, b = both
            i, j = _take(at, size - 1 - k)[0], _take(to, size - 1 - k)[0]
            share = _take(link, i) / (_take(s, i) + _take(link, i))
            return _put(s, j, _take(s, j) + share * _take(s, i)), _put(b, j, _take(b, j) + share * _take(b, i))

        def down(k: jax.Array, x: jax.Array) -> jax.Array:
            i, j = _take(at, k)[0], _take(to, k)[0]
            return _put(x, i, _take(x, i) + _take(share, i) * _take(x, j))

        s, b = lax.fori_loop(0, size - roots, up, (shunt, right))
        inverse = 1 / (s + link)
        share = link * inverse
        return lax.fori_loop(roots, size, down, b * inverse)

    @solve.def_vmap
    def solve_many(number: int, batched: list, *systems: jax.Array) -> tuple[jax.Array, bool]:
        # the nodes first, so that every operation is on neighbouring numbers
        last = [jnp.moveaxis(x, 0, -1) if has else jnp.broadcast_to(x[..., None], (*x.shape, number))
                for x, has in zip(systems, batched, strict=True)]  # fmt: skip
        return jnp.moveaxis(solve(*last), -1, 0), True

    return solve


# slices of one, and no negative indices: the forms that XLA updates in place in one kernel


def _take(x: jax.Array, i: jax.Array) -> jax.Array:
    return lax.dynamic_slice(x, _corner(x, i), (1, *x.shape[1:]), allow_negative_indices=False)


def _put(x: jax.Array, i: jax.Array, value: jax.Array) -> jax.Array:
    return lax.dynamic_update_slice(x, value, _corner(x, i), allow_negative_indices=False)


def _corner(x: jax.Array, i: jax.Array) -> tuple:
    return (i, *[jnp.zeros_like(i)] * (x.ndim - 1))
