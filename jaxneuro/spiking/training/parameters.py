"""Which numbers of a network are trained, as arrays without bounds: what cannot be negative stays positive, delays stay in
their room."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import bounds_of, put, room_of
from ..network import Network

Theta = dict[str, jax.Array]  # by path
REACH = 5.0  # a delay starts no nearer than 0.7 % of its room to the ends, where its derivative would vanish


def chosen(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """The names of single values that names are short for, such as `connections.*.weight`.

    Raises:
        KeyError: for a name that means nothing; the message lists the paths.
        ValueError: for none at all, or two that mean the same.
    """
    names = tuple(names)
    if not names:
        raise ValueError(f"trainable is empty: name paths or patterns, such as {network.paths()[-1]!r}.")
    found = network.free(*names)
    order = {path: n for n, path in enumerate(network.paths())}
    return tuple(sorted(found, key=lambda name: order.get(name, len(order))))


def free(network: Network, names: Iterable[str]) -> Theta:
    """The parameters of names, transformed so that they may take any value.

    Raises:
        ValueError: for one that must be positive and is not, or a delay without room to move.
    """
    theta = {}
    for name, value in network.free(*names).items():
        value, bounds = jnp.asarray(value, float), bounds_of(network, name)
        if bounds.room:
            value = jnp.clip(jax.scipy.special.logit(value / room_of(network, name)), -REACH, REACH)
        elif bounds.positive:
            if np.any(np.asarray(value) <= 0):
                raise ValueError(
                    f"{name} = {np.min(value):g} {bounds.unit} is trained and must be positive: give more than 0."
                )
            value = jnp.log(value)
        theta[name] = value
    return theta


def with_free(network: Network, theta: Theta) -> Network:
    """The network with parameters that `free` has transformed."""
    return put(network, {name: _bounded(network, name, value) for name, value in theta.items()})


def _bounded(network: Network, name: str, value: jax.Array) -> jax.Array:
    bounds = bounds_of(network, name)
    if bounds.room:
        return room_of(network, name) * jax.nn.sigmoid(value)
    return jnp.exp(value) if bounds.positive else value
