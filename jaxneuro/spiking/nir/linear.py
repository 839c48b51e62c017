"""The linear nodes of NIR between neurons, each applied to a batch of signals."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def apply(node: Any, x: jax.Array) -> jax.Array:
    """What a linear node makes of signals (batch, channel), their axes flattened."""
    return jnp.reshape(LINEAR[type(node).__name__](node, x), (x.shape[0], -1))


def _affine(node: Any, x: jax.Array) -> jax.Array:
    return x @ jnp.asarray(node.weight).T + getattr(node, "bias", 0.0)


def _image(node: Any, x: jax.Array) -> jax.Array:
    return jnp.reshape(x, (x.shape[0], *(int(n) for n in node.input_type["input"])))


def _pair(value: Any) -> tuple[int, int]:
    first, second = np.broadcast_to(np.ravel(value), (2,))
    return int(first), int(second)


def _convolution(node: Any, x: jax.Array) -> jax.Array:
    padding = node.padding.upper() if isinstance(node.padding, str) else [(p, p) for p in _pair(node.padding)]
    image, kernel = _image(node, x), jnp.asarray(node.weight, x.dtype)
    groups, dilation = int(node.groups), _pair(node.dilation)
    y = jax.lax.conv_general_dilated(
        image, kernel, _pair(node.stride), padding, rhs_dilation=dilation, feature_group_count=groups
    )
    return y + jnp.broadcast_to(jnp.asarray(node.bias, x.dtype), kernel.shape[:1])[:, None, None]


def _sum_pool(node: Any, x: jax.Array) -> jax.Array:
    window, stride = (1, 1, *_pair(node.kernel_size)), (1, 1, *_pair(node.stride))
    padding = [(0, 0), (0, 0), *((p, p) for p in _pair(node.padding))]
    return jax.lax.reduce_window(_image(node, x), 0.0, jax.lax.add, window, stride, padding)


LINEAR = {
    "Affine": _affine,
    "Linear": _affine,
    "Scale": lambda node, x: x * jnp.ravel(node.scale),
    "Flatten": lambda node, x: x,
    "Conv2d": _convolution,
    "SumPool2d": _sum_pool,
    "AvgPool2d": lambda node, x: _sum_pool(node, x) / np.prod(_pair(node.kernel_size)),
}
