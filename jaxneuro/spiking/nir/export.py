"""A network as a graph of the Neuromorphic Intermediate Representation."""

import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..network import INPUT, Connection, Network
from .neurons import SECOND, package, to_node


def to_nir(network: Network, path: str | Path | None = None, *, dt: float) -> tuple[Any, list[str]]:
    """Export a network to NIR.

    Args:
        network: Its populations `LIF`, `CurrentLIF` or `LeakyIntegrator`; of an `AdaptiveLIF` the adaptation is lost.
        path: File to write (HDF5), or none.
        dt: Step of whoever will run the graph: NIR's spikes are currents that last one step [ms].

    Returns:
        The `nir.NIRGraph`, and a sentence for everything that NIR cannot say of the network; these are also warned of.

    Raises:
        ValueError: for a neuron that no node of NIR resembles.
        ImportError: if the package `nir` is not installed.
    """
    nir = package()
    network.check()
    nodes, losses = {INPUT: nir.Input({"input": np.array([network.inputs])})}, []
    for name, population in network.populations.items():
        nodes[name], lost = to_node(name, population, dt)
        losses += lost
    edges = []
    for name, connection in network.connections.items():
        chain, lost = _connect(name, connection)
        nodes, losses = nodes | chain, losses + lost
        edges += itertools.pairwise([connection.pre, *chain, connection.post])
    out = "output" if "output" not in nodes else "network_output"
    nodes[out] = nir.Output({"output": np.array([network.size(network.readout)])})
    graph = nir.NIRGraph(nodes, [*edges, (network.readout, out)])
    if losses:
        warnings.warn("NIR cannot say all of this network: " + " ".join(losses), stacklevel=2)
    if path is not None:
        nir.write(path, graph)
    return graph, losses


def _connect(name: str, connection: Connection) -> tuple[dict[str, Any], list[str]]:
    """The nodes from a population to another, in order: a delay for each neuron before or after the weights."""
    nir = package()
    weight = np.asarray(connection.weight)
    chain: dict[str, Any] = {f"connections.{name}": nir.Linear(weight.T)}
    delay = np.asarray(connection.delay, weight.dtype)
    if not np.any(delay):
        return chain, []
    rows = np.broadcast_to(delay, weight.shape)
    losses = []
    if delay.ndim == 2 and delay.shape[0] == 1 < weight.shape[0]:
        return chain | {f"delays.{name}": nir.Delay(rows[0] / SECOND)}, losses
    if np.any(rows != rows[:, :1]):
        losses = [f"connection {name!r}: delays of single synapses become their mean for each presynaptic neuron."]
    return {f"delays.{name}": nir.Delay(rows.mean(axis=1) / SECOND)} | chain, losses
