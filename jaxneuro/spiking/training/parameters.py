"""Which numbers of a network are trained, as arrays without bounds: time constants stay positive, delays stay in their room."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import unknown
from ..network import SpikingNetwork

Theta = dict[str, jax.Array]  # by path
REACH = 5.0  # a delay starts no nearer than 0.7 % of its room to the ends, where its derivative would vanish


def chosen(network: SpikingNetwork, patterns: Iterable[str]) -> tuple[str, ...]:
    """The paths that match any pattern, such as `connections.*.weight`.

    Raises:
        KeyError: for a pattern that matches nothing; the message lists the paths.
        ValueError: for none at all.
    """
    known, patterns = network.paths(), tuple(patterns)
    for pattern in patterns:
        if not any(_meant(path, pattern, known) for path in known):
            raise KeyError(unknown(pattern, known))
    found = tuple(path for path in known if any(_meant(path, pattern, known) for pattern in patterns))
    if not found:
        raise ValueError(f"trainable is empty: name paths or patterns, such as {known[-1]!r}.")
    return found


def _meant(path: str, pattern: str, known: list[str]) -> bool:
    """Whether a pattern matches; a path is one that matches itself, whatever signs are in its names."""
    return path == pattern if pattern in known else fnmatchcase(path, pattern)


def free(network: SpikingNetwork, paths: Iterable[str]) -> Theta:
    """The parameters at paths, transformed so that they may take any value.

    Raises:
        ValueError: for a time constant that is not positive, or a delay without room to move.
    """
    theta = {}
    for path in paths:
        value, kind = jnp.asarray(network.get(path), float), path.rpartition(".")[2]
        if _positive(kind):
            if np.any(np.asarray(value) <= 0):
                raise ValueError(f"{path} = {np.min(value):g} ms is trained and must be positive: give more than 0.")
            value = jnp.log(value)
        elif kind == "delay":
            value = jnp.clip(jax.scipy.special.logit(value / _room(network, path)), -REACH, REACH)
        theta[path] = value
    return theta


def with_free(network: SpikingNetwork, theta: Theta) -> SpikingNetwork:
    """The network with parameters that `free` has transformed."""
    for path, value in theta.items():
        kind = path.rpartition(".")[2]
        if _positive(kind):
            value = jnp.exp(value)
        elif kind == "delay":
            value = _room(network, path) * jax.nn.sigmoid(value)
        network = network.set(path, value)
    return network


def _positive(kind: str) -> bool:
    return kind.startswith("tau") or kind == "refractory"


def _room(network: SpikingNetwork, path: str) -> float:
    connection: Any = network.get(path.rpartition(".")[0])
    if not connection.max_delay:
        raise ValueError(f"{path} is trained and has no room: give the connection a max_delay > 0 [ms].")
    return connection.max_delay
