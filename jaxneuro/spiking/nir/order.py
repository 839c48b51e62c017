"""In which order the nodes of a graph can be gone through, and the shapes of what they send."""

from graphlib import CycleError, TopologicalSorter
from typing import Any

import jax.numpy as jnp
import numpy as np

from .graphs import Edges, Nodes
from .linear import LINEAR, Shape, apply, kind
from .neurons import NEURONS


def in_order(nodes: Nodes, before: dict[str, list[str]], source: str) -> list[str]:
    """The nodes that are neither neurons nor the source, each after those that reach it.

    Raises:
        ValueError: for a loop without neurons.
    """
    between = [name for name, node in nodes.items() if kind(node) not in NEURONS and name != source]
    chosen = set(between)
    try:
        return list(
            TopologicalSorter({name: [pre for pre in before[name] if pre in chosen] for name in between}).static_order()
        )
    except CycleError as fault:
        raise ValueError(
            f"NIR node {fault.args[1][0]!r} feeds itself with no neuron between: such a loop has no state."
        ) from fault


def shapes_of(nodes: Nodes, edges: Edges, given: dict[str, Shape]) -> dict[str, Shape]:
    """The shape of what each node sends; neurons of one number for all (shape () or (1,)) take that of what reaches them.

    Args:
        nodes: The nodes by name.
        edges: The edges.
        given: Shapes of what neurons and the source send, as their own numbers have it.
    """
    open_ended = [name for name, shape in given.items() if int(np.prod(shape)) == 1]
    known = {name: shape for name, shape in given.items() if name not in open_ended}
    following: dict[str, list[str]] = {}
    for pre, post in edges:
        following.setdefault(pre, []).append(post)
    ready = list(known)
    while ready:
        name = ready.pop()
        for post in following.get(name, []):
            if post not in known:
                known[post] = known[name] if post in open_ended else _sent(post, nodes[post], known[name])
                ready.append(post)
    return given | known


def _sent(name: str, node: Any, shape: Shape) -> Shape:
    if kind(node) not in LINEAR:
        return shape
    return apply(name, node, jnp.zeros((1, int(np.prod(shape)))), shape)[1]
