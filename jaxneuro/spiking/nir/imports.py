"""A graph of the Neuromorphic Intermediate Representation as a network."""

import dataclasses
import math
import warnings
from typing import Any

import numpy as np

from ...arithmetic import Values
from ..network import MOST, Connection, SpikingNetwork
from ..neurons.base import Neuron
from .connections import connected
from .graphs import Edges, Nodes, check, flat, read_by
from .linear import CONVOLUTIONS, MATRICES, kind
from .neurons import NEURONS, SECOND, Fired, check_step, from_node
from .order import shapes_of
from .recurrence import as_on_a_grid
from .routes import Routes

MEMBRANES = ("LI", "CubaLI", "I")


def from_nir(graph: Any, *, dt: float) -> tuple[SpikingNetwork, list[str]]:
    """Import a network from NIR.

    Convolutions between neurons stay convolutions, alone or with pools. A `Threshold` that reads the potential of one LI,
    CubaLI or I is the threshold of that membrane, which nothing resets. Of several outputs the first is the readout. A spike that
    goes round a loop of populations is the current of the step that follows it, once for each connection of the loop.

    Args:
        graph: A `nir.NIRGraph`, or the path of a file with one. Files hold numbers and names only: nothing in them is executed.
        dt: Step for which the graph was made: NIR's spikes are currents that last one step [ms].

    Returns:
        The network, and a sentence for everything that is not as in the graph; these are also warned of.

    Raises:
        ValueError: for a node that is not known, a number that is not finite, a graph that is no network of neurons, or a file
            that is damaged; the message names it.
        FileNotFoundError: if there is no such file.
        ImportError: if the package `nir` is not installed.
    """
    check_step(dt)
    network, losses = read_by(_network, graph, dt)
    if losses:
        warnings.warn("the network differs from the NIR graph: " + " ".join(losses), stacklevel=2)
    return network, losses


def _network(graph: Any, dt: float) -> tuple[SpikingNetwork, list[str]]:
    check(graph)
    nodes, edges = fused(*flat(graph))
    (source,) = (name for name, node in graph.nodes.items() if kind(node) == "Input")
    given = {name: _own_shape(node) for name, node in nodes.items() if kind(node) in NEURONS or name == source}
    for name, shape in given.items():
        if not 0 < math.prod(shape) <= MOST:
            raise ValueError(f"NIR node {name!r} has shape {shape}: give 1 to {MOST} neurons or channels.")
    shapes = shapes_of(nodes, edges, given)
    readout, losses = _readout(graph, nodes, edges)
    losses += _in_steps(nodes, dt)
    routes, populations, connections = Routes(nodes, edges, shapes, source), {}, {}
    for name in (name for name, node in nodes.items() if kind(node) in NEURONS):
        populations[name], coming, lost = _population(routes, name, dt)
        connections |= {_unused(key, connections): connection for key, connection in coming}
        losses += lost
    network = as_on_a_grid(SpikingNetwork(math.prod(shapes[source]), populations, connections, readout), dt)
    network.check()
    return network, list(dict.fromkeys(losses))


def fused(nodes: Nodes, edges: Edges) -> tuple[Nodes, Edges]:
    """A graph in which thresholds that read the potential of one membrane have it within them."""
    into: dict[str, list[str]] = {name: [] for name in nodes}
    for pre, post in edges:
        into[post].append(pre)
    pairs = {
        name: into[name][0]
        for name, node in nodes.items()
        if kind(node) == "Threshold" and len(into[name]) == 1 and kind(nodes[into[name][0]]) in MEMBRANES
    }
    inner = set(pairs.items())
    nodes = {n: Fired(nodes[pairs[n]], x.threshold) if n in pairs else x for n, x in nodes.items()}
    edges = [edge for edge in edges if edge[::-1] not in inner]
    edges += [(pre, name) for name, membrane in pairs.items() for pre in into[membrane]]
    idle = set(pairs.values()) - {pre for pre, _ in edges}
    return {n: x for n, x in nodes.items() if n not in idle}, [edge for edge in edges if edge[1] not in idle]


def _own_shape(node: Any) -> tuple[int, ...]:
    if kind(node) == "Input":
        return tuple(int(n) for n in np.ravel(node.input_type["input"]))
    membrane = node.membrane if kind(node) == "Fired" else node
    own = [
        np.shape(x) for x in dataclasses.asdict(membrane).values() if isinstance(x, np.ndarray) and x.dtype.kind == "f"
    ]
    return max(own, key=lambda shape: (math.prod(shape), len(shape)))


def _unused(name: str, taken: dict) -> str:
    while name in taken:
        name += "_"
    return name


def _population(routes: Routes, name: str, dt: float) -> tuple[Neuron, list[tuple[str, Connection]], list[str]]:
    """A population, what comes into it, and what is lost."""
    node, size = routes.nodes[name], math.prod(routes.shapes[name])
    population, jump, lasting = from_node(node, size, dt)
    constant: Values = 0.0
    coming, losses = [], []
    for route in routes.into(name):
        key = next(
            (n for n in route.names or () if kind(routes.nodes[n]) in (*MATRICES, *CONVOLUTIONS)),
            f"{route.pre}_to_{name}",
        )
        connection, lost = connected(routes, route, name, jump)
        coming.append((key.removeprefix("connections."), connection))
        losses += lost
        constant = constant + routes.constant(route)
    if np.any(constant != 0):
        population: Any = population
        population = population.replace(bias=population.bias + constant * lasting)
        if kind(node).startswith("Cuba") or (isinstance(node, Fired) and kind(node.membrane) == "CubaLI"):
            losses.append(f"the constant input to {name!r} acts at once, not through its synapse.")
    return population, coming, losses


def _in_steps(nodes: Nodes, dt: float) -> list[str]:
    """A sentence for neurons without leak that count in steps, as Sinabs writes them: by NIR's equation they count seconds."""
    counted = [n for n, x in nodes.items() if kind(x) in ("IF", "I") and np.all(np.asarray(x.r) == 1)]
    if not counted or dt == SECOND:
        return []
    return [
        f"{', '.join(counted)}: r = 1 per second, so that a spike adds {dt / SECOND:g} of its weight to a neuron without leak; "
        f"if r is per step, as in graphs of Sinabs, give dt = {SECOND:g} here and to the engine."
    ]


def _readout(graph: Any, nodes: Nodes, edges: Edges) -> tuple[str, list[str]]:
    """The population that the first output comes from, and a sentence if there are more."""
    outputs = {name: _source(nodes, edges, name) for name, node in graph.nodes.items() if kind(node) == "Output"}
    (first, readout), *others = outputs.items()
    if not others:
        return readout, []
    said = ", ".join(f"{name!r} of {population!r}" for name, population in others)
    return readout, [f"the readout is {readout!r}, the output {first!r}; there are more outputs: {said}."]


def _source(nodes: Nodes, edges: Edges, out: str) -> str:
    before = [a for a, b in edges if b == out]
    while len(before) == 1 and kind(nodes[before[0]]) in ("Output", "Input", "Flatten"):
        before = [a for a, b in edges if b == before[0]]
    if len(before) != 1 or kind(nodes[before[0]]) not in NEURONS:
        known = ", ".join(NEURONS[:-1])
        raise ValueError(f"the NIR graph's output comes from {before}: it must come from one of {known}.")
    return before[0]
