"""The linear nodes of NIR between neurons, each applied to a batch of signals, with the shapes that go with them."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..convolution import Convolution, Pool, each_axis
from ..network import MOST

Shape = tuple[int, ...]
POOLS = ("SumPool2d", "AvgPool2d")
CONVOLUTIONS = ("Conv1d", "Conv2d")
MATRICES = ("Affine", "Linear")
LINEAR = (*MATRICES, "Scale", "Flatten", *CONVOLUTIONS, *POOLS)


def kind(node: Any) -> str:
    """The name of a node's primitive."""
    return type(node).__name__


def apply(name: str, node: Any, x: jax.Array, shape: Shape) -> tuple[jax.Array, Shape]:
    """What a linear node makes of signals (batch, channel), and of their shape, the channels flattened.

    Raises:
        ValueError: where the node does not take that shape.
    """
    if kind(node) == "Flatten":
        return x, _flattened(node, shape)
    if kind(node) == "Scale":
        return x * jnp.ravel(_fitting(name, node.scale, shape)), shape
    if kind(node) in MATRICES:
        y = _matrix(name, node, x, shape)
        return y, (y.shape[1],)
    spatial(name, node, shape)
    image = jnp.reshape(x, (-1, *shape))
    y = pool(node).over(image) if kind(node) in POOLS else _convolved(node, image, shape)
    return jnp.reshape(y, (x.shape[0], -1)), y.shape[1:]


def pool(node: Any) -> Pool:
    """The window of a pooling node."""
    window, stride, padding = (each_axis(x, 2) for x in (node.kernel_size, node.stride, node.padding))
    return Pool(window, stride, padding, kind(node) == "AvgPool2d")


def layout(node: Any, shape: Shape) -> Convolution:
    """How the kernel of a convolution lies over maps."""
    axes = len(shape) - 1
    padding = _text(node.padding)
    padding = padding if isinstance(padding, str) else each_axis(padding, axes)
    stride, dilation = each_axis(node.stride, axes), each_axis(node.dilation, axes)
    return Convolution(shape, stride, padding, dilation, int(node.groups))


def spatial(name: str, node: Any, shape: Shape) -> None:
    """Refuse maps that a node cannot convolve or pool.

    Raises:
        ValueError: with the node and the shapes, or with a padding that is negative or fills the memory.
    """
    wanted = 2 if kind(node) == "Conv1d" else 3
    if len(shape) != wanted:
        axes = "(channel, x)" if wanted == 2 else "(channel, x, y)"
        raise ValueError(f"NIR {kind(node)} {name!r} is given signals of shape {shape}: it takes {axes}.")
    padding = _text(node.padding)
    beyond = (0,) if isinstance(padding, str) else each_axis(padding, wanted - 1)
    if min(beyond) < 0 or shape[0] * math.prod(side + 2 * max(beyond) for side in shape[1:]) > MOST:
        raise ValueError(
            f"NIR {kind(node)} {name!r}: padding = {beyond} of maps {shape}: give at least 0, and far less."
        )


def _text(value: Any) -> Any:
    value = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    return value.decode() if isinstance(value, bytes) else value


def _flattened(node: Any, shape: Shape) -> Shape:
    first, last = int(node.start_dim) % len(shape), int(node.end_dim) % len(shape)
    return (*shape[:first], int(np.prod(shape[first : last + 1])), *shape[last + 1 :])


def _fitting(name: str, values: Any, shape: Shape) -> jax.Array:
    values = jnp.asarray(values, float)
    if values.size not in (1, int(np.prod(shape))):
        raise ValueError(
            f"NIR Scale {name!r} has {values.size} values for signals of shape {shape}: give one for each."
        )
    return values


def _matrix(name: str, node: Any, x: jax.Array, shape: Shape) -> jax.Array:
    weight = jnp.asarray(node.weight, x.dtype)
    if weight.ndim != 2 or weight.shape[1] != x.shape[1]:
        raise ValueError(
            f"NIR {kind(node)} {name!r} has weights {weight.shape} for signals of shape {shape}: they do not fit."
        )
    return x @ weight.T + jnp.asarray(node.bias if kind(node) == "Affine" else 0.0, x.dtype)


def _convolved(node: Any, image: jax.Array, shape: Shape) -> jax.Array:
    placed = layout(node, shape)
    maps = placed(node.weight, jnp.reshape(image, (image.shape[0], -1)))
    maps = jnp.reshape(maps, (image.shape[0], *placed.maps(node.weight)))
    bias = jnp.broadcast_to(jnp.asarray(node.bias, maps.dtype), maps.shape[1:2])
    return maps + jnp.reshape(bias, (-1, *(1,) * (maps.ndim - 2)))
