"""What is asked of a graph before it is taken for a network, and its nodes and edges without graphs within."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .heaps import check_heaps
from .linear import LINEAR, kind
from .neurons import NEURONS, package

if TYPE_CHECKING:
    pass


KNOWN = ("Input", "Output", "NIRGraph", "Delay", *NEURONS[:-1], *LINEAR)  # the last is ours
Nodes = dict[str, Any]
Edges = list[tuple[str, str]]


def read_by(reader: Callable, source: Any, dt: float) -> Any:
    """What a function of a graph and dt gives, the graph being read first where it is a file.

    Files hold numbers and names only: nothing in them is executed.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: for a file that is damaged or none of NIR, and whatever the function raises of a graph.
    """
    if not isinstance(source, (str, Path)):
        return reader(source, dt)
    nir = package()
    if not Path(source).is_file():
        raise FileNotFoundError(f"{source}: there is no such file.")
    try:
        check_heaps(source)
        return reader(nir.read(source, type_check=False), dt)  # nir 1.0 takes groups and oblong kernels for faults
    except Exception as fault:  # whatever h5py, nir and numpy make of damaged bytes: a dozen types
        said = " ".join(str(fault).split()) or type(fault).__name__
        hint = (
            "" if isinstance(fault, ValueError) else f": it is damaged, or no NIR graph (HDF5), {type(fault).__name__}"
        )
        raise ValueError(f"{source}{hint}: {said[:300]}") from fault


def check(graph: Any, where: str = "") -> None:
    """Refuse a graph with nodes that are not known or with numbers that are none.

    Raises:
        ValueError: with the node.
    """
    if kind(graph) != "NIRGraph":
        raise ValueError(f"a {kind(graph)} is no NIR graph: give a NIRGraph, or a file that nir.write made of one.")
    for name, node in graph.nodes.items():
        if kind(node) not in KNOWN:
            raise ValueError(f"NIR node {where + name!r} is {kind(node)}; the nodes known are {', '.join(KNOWN)}.")
        if kind(node) == "NIRGraph":
            check(node, f"{where}{name}.")
        _check_numbers(where + name, node)
    counts = {k: sum(kind(node) == k for node in graph.nodes.values()) for k in ("Input", "Output")}
    for k, count in counts.items():
        if count != 1 and (where or k == "Input" or not count):
            raise ValueError(f"NIR graph {where[:-1] or 'given'!r} has {count} {k} nodes: give one.")


def _check_numbers(name: str, node: Any) -> None:
    for field, value in vars(node).items():
        if field in ("metadata", "input_type", "output_type", "nodes", "edges"):
            continue
        values = np.asarray(value)
        if values.dtype.kind in "cO":
            raise ValueError(f"NIR node {name!r}: {field} is {values.dtype}: give real numbers.")
        if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
            bad = values[~np.isfinite(values)].ravel()[0]
            raise ValueError(f"NIR node {name!r}: {field} holds {bad}: give finite numbers.")


def flat(graph: Any, prefix: str = "") -> tuple[Nodes, Edges]:
    """Nodes and edges with the graphs within dissolved; the input and output of one within are links that change nothing.

    The edges are in the order of the nodes: a graph keeps them in a set, whose order differs from run to run.

    Raises:
        ValueError: for an edge from or to a node that there is not.
    """
    nodes, edges, ends = {}, [], {}
    for name, node in graph.nodes.items():
        if kind(node) == "NIRGraph":
            inner, inner_edges = flat(node, f"{prefix}{name}.")
            nodes, edges = nodes | inner, edges + inner_edges
            ends[name] = {kind(x): f"{prefix}{name}.{k}" for k, x in node.nodes.items()}
        else:
            nodes[prefix + name] = node
    for pre, post in graph.edges:
        for name in (pre, post):
            if name not in graph.nodes:
                raise ValueError(f"NIR edge ({pre!r}, {post!r}): there is no node {prefix + name!r}.")
        edges.append((ends.get(pre, {}).get("Output", prefix + pre), ends.get(post, {}).get("Input", prefix + post)))
    place = {name: number for number, name in enumerate(nodes)}
    return nodes, sorted(edges, key=lambda edge: (place[edge[0]], place[edge[1]]))
