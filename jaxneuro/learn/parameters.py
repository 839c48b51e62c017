"""What of a model is trained, as arrays without bounds: what cannot be negative stays positive, what has room stays in it."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..pytree import Editable, bounds_of, put, room_of
from .bounds import REACH

Theta = dict[str, jax.Array]  # by name


def unbounded(model: Editable, names: Iterable[str]) -> Theta:
    """The parameters of names, transformed so that they may take any value, in the order of the model.

    Args:
        model: The model.
        names: Of parameters, such as `connections.*.weight`; see `pytree.names`.

    Raises:
        KeyError: for a name that means nothing; the message lists the paths.
        ValueError: for no name, two that mean the same, a number that must be positive and is not, or one without room to move.
    """
    names = tuple(names)
    if not names:
        raise ValueError(f"nothing is to be trained: name paths or patterns, such as {model.paths()[-1]!r}.")
    order = {path: n for n, path in enumerate(model.paths())}
    found = model.free(*names)
    return {name: _without(model, name, found[name]) for name in sorted(found, key=lambda x: order.get(x, len(order)))}


def bounded(model: Any, theta: Theta) -> Any:
    """The model with parameters that `unbounded` has transformed."""
    return put(model, {name: _within(model, name, value) for name, value in theta.items()})


def _without(model: Editable, name: str, value: Any) -> jax.Array:
    value, bounds = jnp.asarray(value, float), bounds_of(model, name)
    if bounds.room:  # nearer to its ends the derivative would vanish
        return jnp.clip(jax.scipy.special.logit(value / room_of(model, name)), -REACH, REACH)
    if not bounds.positive:
        return value
    known = not isinstance(value, Tracer)  # what is traced becomes NaN instead, which ends the learning
    if known and np.any(np.asarray(value) <= 0):
        unit = bounds.unit and f" {bounds.unit}"
        raise ValueError(f"{name} = {np.min(value):g}{unit} is trained and must be positive: give more than 0.")
    return jnp.log(value)


def _within(model: Any, name: str, value: jax.Array) -> jax.Array:
    bounds = bounds_of(model, name)
    if bounds.room:
        return room_of(model, name) * jax.nn.sigmoid(value)
    return jnp.exp(value) if bounds.positive else value
