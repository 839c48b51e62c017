"""A graph of the Neuromorphic Intermediate Representation as a network."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..network import INPUT, Connection, Network
from .linear import LINEAR, apply
from .neurons import SECOND, from_node, package

NEURONS = ("LIF", "CubaLIF", "LI", "CubaLI")
UNROLLED = ("Conv2d", "SumPool2d", "AvgPool2d")
KNOWN = ("Input", "Output", "NIRGraph", "Delay", *NEURONS, *LINEAR)


def from_nir(graph: Any, *, dt: float) -> tuple[Network, list[str]]:
    """Import a network from NIR.

    Args:
        graph: A `nir.NIRGraph`, or the path of a file with one. Files hold numbers and names only: nothing in them is executed.
        dt: Step for which the graph was made: NIR's spikes are currents that last one step [ms].

    Returns:
        The network, and a sentence for everything that is not as in the graph; these are also warned of.

    Raises:
        ValueError: for a node that is not known, or a graph that is no network of neurons; the message names it.
        ImportError: if the package `nir` is not installed.
    """
    if isinstance(graph, (str, Path)):
        graph = package().read(graph)
    _check(graph)
    nodes, edges = _flat(graph)
    losses: list[str] = []
    made: dict[str, Any] = {name: from_node(node, dt) for name, node in nodes.items() if _kind(node) in NEURONS}
    populations = {name: population for name, (population, _, _) in made.items()}
    connections: dict[str, Connection] = {}
    for post, (population, jump, lasting) in made.items():
        for pre, chain in _routes(nodes, edges, post):
            name, connection, bias = _connection(nodes, pre, chain, post)
            while name in connections:
                name += "_"
            connections[name] = connection.replace(weight=connection.weight * jump)
            population = population.replace(bias=population.bias + bias * lasting)
            losses += _losses(nodes, post, chain, bias)
        populations[post] = population
    (source,) = (node for node in graph.nodes.values() if _kind(node) == "Input")
    network = Network(int(np.prod(source.input_type["input"])), populations, connections, _readout(nodes, edges))
    network.check()
    losses = list(dict.fromkeys(losses))
    if losses:
        warnings.warn("the network differs from the NIR graph: " + " ".join(losses), stacklevel=2)
    return network, losses


def _kind(node: Any) -> str:
    return type(node).__name__


def _check(graph: Any, where: str = "") -> None:
    for name, node in graph.nodes.items():
        if _kind(node) not in KNOWN:
            raise ValueError(f"NIR node {where + name!r} is {_kind(node)}; the nodes known are {', '.join(KNOWN)}.")
        if _kind(node) == "NIRGraph":
            _check(node, f"{where}{name}.")
    for kind in ("Input", "Output"):
        count = sum(_kind(node) == kind for node in graph.nodes.values())
        if count != 1:
            raise ValueError(f"NIR graph {where[:-1] or 'given'!r} has {count} {kind} nodes: give one.")


def _flat(graph: Any, prefix: str = "") -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Nodes and edges with the graphs within dissolved; the input and output of one within are links that change nothing."""
    nodes, edges, ends = {}, [], {}
    for name, node in graph.nodes.items():
        if _kind(node) == "NIRGraph":
            inner, inner_edges = _flat(node, f"{prefix}{name}.")
            nodes, edges = nodes | inner, edges + inner_edges
            ends[name] = {_kind(x): f"{prefix}{name}.{k}" for k, x in node.nodes.items()}
        else:
            nodes[prefix + name] = node
    for pre, post in graph.edges:
        edges.append((ends.get(pre, {}).get("Output", prefix + pre), ends.get(post, {}).get("Input", prefix + post)))
    return nodes, edges


def _routes(nodes: dict, edges: list, end: str, beyond: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The neurons, or the input, that reach a node, each with the names of the nodes between."""
    for pre in (a for a, b in edges if b == end):
        if pre in beyond:
            raise ValueError(f"NIR node {pre!r} feeds itself with no neuron between: such a loop has no state.")
        if _kind(nodes[pre]) in NEURONS:
            yield pre, beyond
        elif not any(b == pre for _, b in edges):
            yield INPUT, beyond
        else:
            yield from _routes(nodes, edges, pre, (pre, *beyond))


def _connection(nodes: dict, pre: str, chain: tuple[str, ...], post: str) -> tuple[str, Connection, Any]:
    """The name, the connection and the constant input that a chain of nodes comes to."""
    linear = [name for name in chain if _kind(nodes[name]) in LINEAR]
    first = [*chain, post][0]
    size = int(np.prod(next(iter(nodes[first].input_type.values()))))
    basis = jnp.concatenate([jnp.eye(size), jnp.zeros((1, size))])
    for name in linear:
        basis = apply(nodes[name], basis)
    name = next((name for name in linear if "weight" in vars(nodes[name])), f"{pre}_to_{post}")
    delay = _delay(nodes, chain, linear)
    connection = Connection(pre, post, basis[:-1] - basis[-1], delay)
    return name.removeprefix("connections."), connection, basis[-1]


def _delay(nodes: dict, chain: tuple[str, ...], linear: list[str]) -> Any:
    """Delays before all linear nodes are the presynaptic neurons', those after all the postsynaptic's."""
    total: Any = 0.0
    for position, name in enumerate(chain):
        if _kind(nodes[name]) != "Delay":
            continue
        delay = SECOND * jnp.ravel(jnp.asarray(nodes[name].delay, float))
        if not any(other in linear for other in chain[:position]):
            total = total + delay[:, None]
        elif not any(other in linear for other in chain[position:]):
            total = total + delay[None, :]
        else:
            raise ValueError(f"NIR delay {name!r} lies between two linear nodes: put it before or after both.")
    return total


def _losses(nodes: dict, post: str, chain: tuple[str, ...], bias: Any) -> list[str]:
    unrolled = [name for name in chain if _kind(nodes[name]) in UNROLLED]
    losses = [f"{_kind(nodes[name])} {name!r} becomes a dense matrix." for name in unrolled]
    if _kind(nodes[post]) == "CubaLIF" and np.any(bias != 0):
        losses.append(f"the constant input to {post!r} acts at once, not through its synapse.")
    return losses


def _readout(nodes: dict, edges: list) -> str:
    (out,) = (name for name in nodes if _kind(nodes[name]) == "Output" and not any(a == name for a, _ in edges))
    before = [a for a, b in edges if b == out]
    while len(before) == 1 and _kind(nodes[before[0]]) in ("Output", "Flatten"):
        before = [a for a, b in edges if b == before[0]]
    if len(before) != 1 or _kind(nodes[before[0]]) not in NEURONS:
        raise ValueError(f"the NIR graph's output comes from {before}: it must come from one of {', '.join(NEURONS)}.")
    return before[0]
