"""A network as a graph of the Neuromorphic Intermediate Representation."""

import dataclasses
import itertools
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..convolution import Convolution, Pool, each_axis, pooled
from ..network import INPUT, Connection, SpikingNetwork
from .neurons import PARAMETERS, SECOND, check_step, package, to_node
from .recurrence import as_in_nir

if TYPE_CHECKING:
    pass


def to_nir(network: SpikingNetwork, path: str | Path | None = None, *, dt: float) -> tuple[Any, list[str]]:
    """Export a network to NIR.

    Args:
        network: Its populations `LIF`, `CurrentLIF`, `IF`, `LeakyIntegrator` or `Integrator`; of an `AdaptiveLIF` the adaptation
            is lost.
        path: File to write (HDF5), or none.
        dt: Step of whoever will run the graph: NIR's spikes are currents that last one step [ms].

    Returns:
        The `nir.NIRGraph`, and a sentence for everything that NIR cannot say of the network; these are also warned of.

    Raises:
        ValueError: for a neuron that no node of NIR resembles, maps that NIR cannot say, or numbers that are not finite.
        ImportError: if the package `nir` is not installed.
    """
    nir = package()
    check_step(dt)
    network.check()
    _check_numbers(network)
    network, losses = as_in_nir(network, dt)
    shapes = {name: _shape(network, name) for name in (INPUT, *network.populations)}
    nodes = {INPUT: nir.Input({"input": np.array(shapes[INPUT])})}
    for name, population in network.populations.items():
        nodes[name], lost = to_node(name, population, dt)
        nodes[name] = _reshaped(nodes[name], shapes[name])
        losses += lost
    edges = []
    for name, connection in network.connections.items():
        chain, lost = _connect(name, connection, shapes)
        nodes, losses = nodes | chain, losses + lost
        edges += itertools.pairwise([connection.pre, *chain, connection.post])
    out = "output" if "output" not in nodes else "network_output"
    nodes[out] = nir.Output({"output": np.array(shapes[network.readout])})
    graph = nir.NIRGraph(
        nodes, [*edges, (network.readout, out)], type_check=False
    )  # of oblong kernels nir 1.0 makes squares
    if losses:
        warnings.warn("NIR cannot say all of this network: " + " ".join(losses), stacklevel=2)
    if path is not None:
        nir.write(path, graph)
    return graph, losses


def _check_numbers(network: SpikingNetwork) -> None:
    leaves = jax.tree_util.tree_leaves(network)
    for path, values in zip(network.paths(), (np.asarray(leaf, float) for leaf in leaves), strict=True):
        if not np.all(np.isfinite(values)):
            raise ValueError(f"{path} holds {values[~np.isfinite(values)].ravel()[0]}: give finite numbers.")


def _shape(network: SpikingNetwork, name: str) -> tuple[int, ...]:
    """The shape of a population's node: that of its maps, if it is convolved, and else one axis.

    Raises:
        ValueError: for maps of two shapes, or maps that a matrix ends on, which NIR cannot say.
    """
    out = {c.layout.shape for c in network.connections.values() if c.pre == name and c.layout is not None}
    if len(out) > 1:
        raise ValueError(f"population {name!r} is convolved as maps of shapes {sorted(out)}: NIR takes one.")
    for shape in out:
        for key, connection in network.into(name).items():
            if connection.layout is None or connection.layout.maps(connection.weight) != shape:
                raise ValueError(
                    f"connection {key!r} ends on {name!r}, which is convolved as maps {shape}, and does not end on such maps: "
                    "NIR cannot say that; export network.dense()."
                )
    return next(iter(out), (network.size(name),))


def _reshaped(node: Any, shape: tuple[int, ...]) -> Any:
    """A node of a population whose numbers have a shape."""
    fields = {f.name: getattr(node, f.name) for f in dataclasses.fields(node) if f.init and f.name in PARAMETERS}
    return type(node)(**{name: np.reshape(value, shape) for name, value in fields.items()})


def _connect(name: str, connection: Connection, shapes: dict) -> tuple[dict[str, Any], list[str]]:
    """The nodes from a population to another, in order: a delay for each neuron before or after the weights."""
    chain = _weights(name, connection, shapes)
    sizes, dtype = connection.sizes, np.asarray(connection.weight).dtype
    delay = np.asarray(connection.delay, dtype)
    if not np.any(delay):
        return chain, []
    nir, rows = package(), np.broadcast_to(delay, sizes)
    if delay.ndim == 2 and delay.shape[0] == 1 < sizes[0]:
        return chain | {f"delays.{name}": nir.Delay(rows[0].reshape(shapes[connection.post]) / SECOND)}, []
    losses = []
    if np.any(rows != rows[:, :1]):
        losses = [f"connection {name!r}: delays of single synapses become their mean for each presynaptic neuron."]
    early = nir.Delay(rows.mean(axis=1).reshape(shapes[connection.pre]) / SECOND)
    return {f"delays.{name}": early} | chain, losses


def _weights(name: str, connection: Connection, shapes: dict) -> dict[str, Any]:
    nir, weight, before = package(), np.asarray(connection.weight), shapes[connection.pre]
    flat = nir.Flatten({"input": np.array(before)}, 0, -1)
    if connection.layout is None:
        chain = {f"flatten.{name}": flat} if len(before) > 1 else {}
        return chain | {f"connections.{name}": nir.Linear(weight.T)}
    layout = connection.layout
    chain = {f"pool{n}.{name}": _pool(pool) for n, pool in enumerate(layout.before)}
    maps = pooled(layout)
    chain[f"connections.{name}"] = _convolution(layout, weight, maps)
    chain |= {f"pool{n + len(layout.before)}.{name}": _pool(pool) for n, pool in enumerate(layout.after)}
    if len(shapes[connection.post]) == 1:
        chain[f"flatten.{name}"] = nir.Flatten({"input": np.array(layout.maps(weight))}, 0, -1)
    return chain


def _convolution(layout: Convolution, weight: np.ndarray, maps: tuple[int, ...]) -> Any:
    nir, axes = package(), len(maps) - 1
    sides = [layout.stride, layout.padding, layout.dilation]
    sides = [x if isinstance(x, str) else each_axis(x, axes) for x in sides]
    bias, weight = np.zeros(weight.shape[0]), _ungrouped(layout, weight)
    if axes == 1:
        stride, padding, dilation = (x if isinstance(x, str) else x[0] for x in sides)
        return nir.Conv1d(maps[1], weight, stride, padding, dilation, 1, bias)
    stride, padding, dilation = sides
    return nir.Conv2d(maps[1:], weight, stride, padding, dilation, 1, bias)


def _ungrouped(layout: Convolution, weight: np.ndarray) -> np.ndarray:
    """The kernel from all channels, zero between groups: nir 1.0 takes the channels of one group for all there are."""
    channels, inner = weight.shape[:2]
    whole = np.zeros((channels, inner * layout.groups, *weight.shape[2:]), weight.dtype)
    for group, rows in enumerate(np.split(np.arange(channels), layout.groups)):
        whole[rows, group * inner : (group + 1) * inner] = weight[rows]
    return whole


def _pool(pool: Pool) -> Any:
    window = each_axis(pool.window, 2)
    stride = window if pool.stride is None else each_axis(pool.stride, 2)
    build = package().AvgPool2d if pool.mean else package().SumPool2d
    return build(np.array(window), np.array(stride), np.array(each_axis(pool.padding, 2)))
