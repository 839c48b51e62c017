"""Weights that neurons at different places share: a kernel that is laid over a population of maps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Sides = tuple[int, ...]  # one number for each axis of space
DIMENSIONS = {1: ("NCH", "OIH", "NCH"), 2: ("NCHW", "OIHW", "NCHW")}


def each_axis(value: Any, axes: int) -> Sides:
    """One whole number for each axis of space, of which one may stand for all.

    Raises:
        ValueError: for another number of them.
    """
    given = np.ravel(value)
    if given.size not in (1, axes):
        raise ValueError(f"{tuple(given.tolist())}: give one number, or one for each of the {axes} axes.")
    return tuple(int(n) for n in np.broadcast_to(given, (axes,)))


@dataclass(frozen=True)
class Pool:
    """Sums, or means, over windows of each map; what is beyond the edge is 0.

    Attributes:
        window: Its size along each axis.
        stride: From one window to the next; by default its size.
        padding: Zeros at either end.
        mean: Whether the sum is divided by the size of the window.
    """

    window: Any
    stride: Any = None
    padding: Any = 0
    mean: bool = False

    def over(self, maps: jax.Array) -> jax.Array:
        """Maps (sample, channel, *space) to smaller maps."""
        axes = maps.ndim - 2
        window = each_axis(self.window, axes)
        stride = window if self.stride is None else each_axis(self.stride, axes)
        padding = [(0, 0), (0, 0), *((p, p) for p in each_axis(self.padding, axes))]
        total = jax.lax.reduce_window(maps, 0.0, jax.lax.add, (1, 1, *window), (1, 1, *stride), padding)
        return total / math.prod(window) if self.mean else total


@dataclass(frozen=True)
class Convolution:
    """How a kernel is laid over the maps of a presynaptic population, whose neurons count channel by channel, row by row.

    The weight of such a connection is the kernel (channel out, channel in / groups, *space), with which maps are correlated, as
    deep learning does it. It is structure: compared and hashed.

    Attributes:
        shape: Of the presynaptic population (channel, *space), with one or two axes of space.
        stride: From one place of the kernel to the next.
        padding: Zeros at either end of each axis, or "same" or "valid".
        dilation: Distance of the kernel's rows.
        groups: Groups of channels that do not mix.
        before: Pools that the maps go through first.
        after: Pools that the result goes through.
    """

    shape: tuple[int, ...]
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1
    before: tuple[Pool, ...] = ()
    after: tuple[Pool, ...] = ()

    def __call__(self, kernel: Any, x: jax.Array) -> jax.Array:
        """What arrives (..., post), of what is sent (..., pre)."""
        maps = self._maps(kernel, jnp.reshape(x, (-1, *self.shape)))
        return jnp.reshape(maps, (*x.shape[:-1], -1))

    def sizes(self, kernel: Any) -> tuple[int, int]:
        """Number of presynaptic and of postsynaptic neurons."""
        return math.prod(self.shape), math.prod(self.maps(kernel))

    def maps(self, kernel: Any) -> tuple[int, ...]:
        """The shape of what arrives (channel, *space).

        Raises:
            ValueError: for a kernel that does not fit.
        """
        self.check(kernel)
        given = jax.ShapeDtypeStruct((1, *self.shape), jnp.result_type(float))
        weight = jax.ShapeDtypeStruct(jnp.shape(kernel), jnp.result_type(float))
        return jax.eval_shape(self._maps, weight, given).shape[1:]

    def check(self, kernel: Any) -> None:
        """Refuse a kernel that does not fit.

        Raises:
            ValueError: with the value, the rule and the fix.
        """
        shape, axes = jnp.shape(kernel), len(self.shape) - 1
        if axes not in DIMENSIONS:
            raise ValueError(f"shape = {self.shape}: give (channel, x) or (channel, x, y).")
        if len(shape) != axes + 2 or shape[1] * self.groups != self.shape[0] or shape[0] % self.groups:
            raise ValueError(
                f"a kernel of shape {shape} over maps {self.shape} in {self.groups} groups: give (channel out, "
                f"{self.shape[0]} / groups, {axes} sides of the window)."
            )

    def _maps(self, kernel: Any, maps: jax.Array) -> jax.Array:
        for pool in self.before:
            maps = pool.over(maps)
        axes, one = len(self.shape) - 1, self.padding
        padding = one.upper() if isinstance(one, str) else [(p, p) for p in each_axis(one, axes)]
        maps = jax.lax.conv_general_dilated(
            maps,
            jnp.asarray(kernel, maps.dtype),
            each_axis(self.stride, axes),
            padding,
            rhs_dilation=each_axis(self.dilation, axes),
            dimension_numbers=DIMENSIONS[axes],
            feature_group_count=self.groups,
        )
        for pool in self.after:
            maps = pool.over(maps)
        return maps


def matrix(layout: Convolution, kernel: Any) -> jax.Array:
    """The weights of a convolution, one for each pair of neurons (pre, post)."""
    return layout(kernel, jnp.eye(math.prod(layout.shape)))


def pooled(layout: Convolution) -> tuple[int, ...]:
    """The shape of the maps (channel, *space) that the kernel itself is laid over, after the pools before it."""
    maps = jax.ShapeDtypeStruct((1, *layout.shape), jnp.result_type(float))
    for pool in layout.before:
        maps = jax.eval_shape(pool.over, maps)
    return maps.shape[1:]


def pooling(shape: Sequence[int], pool: Pool) -> tuple[Convolution, np.ndarray]:
    """A pool as a convolution in which each channel is a group of its own, and its kernel."""
    axes = len(shape) - 1
    window = each_axis(pool.window, axes)
    stride = window if pool.stride is None else each_axis(pool.stride, axes)
    layout = Convolution(tuple(shape), stride, each_axis(pool.padding, axes), 1, shape[0])
    share = 1 / math.prod(window) if pool.mean else 1.0
    return layout, np.full((shape[0], 1, *window), share)
