"""Routes between neurons as connections: one convolution, alone or among pools, stays one; all else is a matrix."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ..convolution import Convolution, pooled, pooling
from ..network import Connection
from .linear import CONVOLUTIONS, POOLS, kind, layout, pool, spatial
from .routes import Route, Routes


def connected(routes: Routes, route: Route, post: str, gain: jax.Array) -> tuple[Connection, list[str]]:
    """The connection that a route to a population comes to, its gain included, and what is lost."""
    delay: Values = route.delay[0] if route.delay.size == 1 else jnp.asarray(route.delay)[:, None]
    if np.any(route.late):
        delay = delay + jnp.asarray(route.late)[None, :]
    delay = float(delay) if jnp.ndim(delay) == 0 else delay
    shared = _shared(routes, route, np.asarray(gain))
    if shared is not None:
        return Connection(route.pre, post, shared[1], delay, layout=shared[0]), []
    weight = routes.matrix(route, math.prod(routes.shapes[post])) * gain
    written = [n for n in route.names or () if kind(routes.nodes[n]) in (*CONVOLUTIONS, *POOLS)]
    return Connection(route.pre, post, weight, delay), [
        f"{kind(routes.nodes[n])} {n!r} becomes a dense matrix." for n in written
    ]


def _shared(routes: Routes, route: Route, gain: np.ndarray) -> tuple[Convolution, jax.Array] | None:
    """A route as one convolution with its kernel; None if it is not one convolution, or pool, alone or among pools."""
    nodes = [routes.nodes[name] for name in route.names or ()]
    kernels = [n for n, node in enumerate(nodes) if kind(node) in CONVOLUTIONS]
    pools = [n for n, node in enumerate(nodes) if kind(node) in POOLS]
    ends = [n for n, node in enumerate(nodes) if kind(node) == "Flatten"]
    scales = [np.ravel(node.scale) for node in nodes if kind(node) == "Scale"]
    others = len(nodes) - len(kernels) - len(pools) - len(ends) - len(scales)
    uniform = all(np.all(scale == scale[0]) for scale in scales)
    if (
        others
        or len(kernels) > 1
        or not kernels + pools
        or not uniform
        or min(ends, default=len(nodes)) < max(kernels + pools)
    ):
        return None
    heart = (kernels or pools[-1:])[0]
    before, after = (
        tuple(pool(nodes[n]) for n in pools if (n < heart) is early and n != heart) for early in (True, False)
    )
    names = [name for name in route.names or () if kind(routes.nodes[name]) in (*CONVOLUTIONS, *POOLS)]
    spatial(names[0], routes.nodes[names[0]], route.source)
    placed, kernel = _heart(nodes[heart], route.source, before)
    placed = dataclasses.replace(placed, shape=route.source, before=before, after=after)
    by_channel = np.reshape(gain * math.prod(float(scale[0]) for scale in scales), (kernel.shape[0], -1))
    if np.any(by_channel != by_channel[:, :1]):
        return None
    return placed, jnp.asarray(kernel, gain.dtype) * by_channel[:, 0].reshape(-1, *[1] * (kernel.ndim - 1))


def _heart(node: Any, shape: tuple[int, ...], before: tuple) -> tuple[Convolution, np.ndarray]:
    shape = pooled(Convolution(shape, before=before))
    return pooling(shape, pool(node)) if kind(node) in POOLS else (layout(node, shape), np.asarray(node.weight))
