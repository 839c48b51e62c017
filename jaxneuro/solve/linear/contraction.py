"""The same elimination in a number of rounds that grows as the logarithm of the tree: for accelerators.

In each round about half of the nodes go, all at once: leaves, and nodes between two others, no two of them neighbours.
What remains is a smaller tree.

Source: Miller & Reif (1985), FOCS 26:478 (tree contraction); on a chain it is the cyclic reduction of Hockney (1965), J.
ACM 12:95.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

AT_MOST = 2  # children that one node loses in a round


class Round(NamedTuple):
    """What happens in a round. Nodes are numbered so that those that go are the last.

    Attributes:
        left: How many nodes remain.
        above: Which of those that go, counted from 1, is the parent of each that remains; 0 for none (left,).
        below: Which are its children (AT_MOST, left).
        parent: The parent of each that goes (gone,).
        child: Its child; 0, a root, for none (gone,).
    """

    left: int
    above: np.ndarray
    below: np.ndarray
    parent: np.ndarray
    child: np.ndarray


def rounds(parent: tuple[int, ...]) -> tuple[np.ndarray, list[Round]]:
    """The nodes in the order of their new numbers (node,), and the rounds."""
    above, below = list(parent), [set() for _ in parent]
    for node, its in enumerate(parent):
        if its >= 0:
            below[its].add(node)
    stay, gone = list(range(len(parent))), []
    while going := _independent(stay, above, below):
        gone.append([(node, above[node], next(iter(below[node]), -1)) for node in sorted(going)])
        for node, its, child in gone[-1]:
            below[its].remove(node)
            if child >= 0:
                below[its].add(child)
                above[child] = its
        stay = [node for node in stay if node not in going]
    order = np.array([*stay, *(node for each in reversed(gone) for node, _, _ in each)], np.int32)
    number = np.argsort(order)
    sizes = len(parent) - np.cumsum([len(each) for each in gone], dtype=int)
    return order, [_round(each, number, left) for each, left in zip(gone, sizes.tolist(), strict=True)]


def _independent(stay: list[int], above: list[int], below: list[set[int]]) -> set[int]:
    """Nodes that can go at once: no roots, at most one child each, and no two of them neighbours."""
    going: set[int] = set()
    losses = dict.fromkeys(stay, 0)
    for node in reversed(stay):
        its = above[node]
        if its >= 0 and len(below[node]) < 2 and its not in going and not below[node] & going and losses[its] < AT_MOST:
            going.add(node)
            losses[its] += 1
    return going


def _round(gone: list[tuple[int, int, int]], number: np.ndarray, left: int) -> Round:
    above, below, used = np.zeros(left, np.int32), np.zeros((AT_MOST, left), np.int32), np.zeros(left, int)
    parent, child = np.zeros((2, len(gone)), np.int32)
    for k, (_, its, under) in enumerate(gone):
        parent[k] = number[its]
        below[used[parent[k]], parent[k]] = k + 1
        used[parent[k]] += 1
        if under >= 0:
            child[k] = number[under]
            above[child[k]] = k + 1
    return Round(left, above, below, parent, child)


@functools.lru_cache
def contract(parent: tuple[int, ...]) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
    """A function of shunt, link and right-hand side (node,) that solves a tree in rounds."""
    order, each = rounds(parent)
    root = np.array(parent)[order] < 0

    def solve(shunt: jax.Array, link: jax.Array, right: jax.Array) -> jax.Array:
        s, l, b = shunt[order], jnp.where(root.reshape(-1, *[1] * (link.ndim - 1)), 0.0, link[order]), right[order]
        kept = []
        for one in each:
            s, l, b, back = _eliminate(one, s, l, b)
            kept.append(back)
        x = b / s
        for one, (own, up, down) in zip(reversed(each), reversed(kept), strict=True):
            x = jnp.concatenate([x, own + up * x[one.parent] + down * x[one.child]])
        return x[np.argsort(order).astype(np.int32)]

    return solve


def _eliminate(one: Round, s: jax.Array, l: jax.Array, b: jax.Array) -> tuple:
    """The system after a round, and what the nodes that went are: their own part, and shares of parent and child."""
    shunt, to_parent, own, to_child = s[one.left :], l[one.left :], b[one.left :], l[one.child]
    whole = shunt + to_parent + to_child
    up, down = to_parent / whole, to_child / whole
    s = s[: one.left] + _left_behind(one, shunt * up, shunt * down)
    b = b[: one.left] + _left_behind(one, own * up, own * down)
    l = l[: one.left] * _with(1.0, up)[one.above]
    return s, l, b, (own / whole, up, down)


def _left_behind(one: Round, to_parent: jax.Array, to_child: jax.Array) -> jax.Array:
    """What those that remain receive from the nodes that went."""
    by_children = _with(0.0, to_parent)[one.below].sum(axis=0)
    return by_children + _with(0.0, to_child)[one.above]


def _with(first: float, x: jax.Array) -> jax.Array:
    return jnp.concatenate([jnp.full_like(x[:1], first), x])
