"""What is recorded of a run, by name, and whether it can be."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from .. import checks
from ..model import Drive, Model, State


def named(record: Any) -> tuple[tuple[str, str | Callable], ...]:
    """What is recorded, with the name that it is recorded under."""
    if isinstance(record, Mapping):
        named = list(record.items())
    else:
        listed = tuple(record) if isinstance(record, Iterable) and not isinstance(record, str) else (record,)
        named = [(what if isinstance(what, str) else getattr(what, "__name__", "value"), what) for what in listed]
    for name, what in named:
        if not (isinstance(name, str) and (isinstance(what, str) or callable(what))):
            raise ValueError(
                f"record has {name!r}: {what!r}; give names of quantities or functions, by name if need be."
            )
        if any(other is not what and other != what for same, other in named if same == name):
            raise ValueError(
                f"record has several functions of the name {name!r}, and one would replace the other: name them, "
                'record={"first": ..., "second": ...}.'
            )
    return tuple(dict(named).items())


def observer(model: Model, record: tuple) -> Callable:
    def observe(state: PyTree, drive: PyTree, spike: PyTree) -> dict:
        values = {}
        for name, what in record:
            if name not in (what, what.rpartition(".")[2] if isinstance(what, str) else ""):
                _check_free(name, model, state, drive)
            if callable(what):
                values[name] = _numbers(name, what(model, state, drive))
            elif model.names_spikes(what):
                if spike is None:
                    raise ValueError(
                        "'spikes' is recorded with fixed steps only: leave stepsize out, or ask spike_times() of 'v'."
                    )
                values[name] = model.spikes_of(what, spike)
            else:
                values[name] = model.observe(what, state, drive)
        return values

    return observe


def _check_free(name: str, model: Model, state: State, drive: Drive) -> None:
    """Refuse something else under the name of a quantity of the model, which others would take it for."""
    try:
        model.observe("v" if name == "spikes" else name, state, drive)
    except KeyError:
        return
    raise ValueError(
        f"something else is recorded as {name!r}, which the model itself records: name it, record={{'my_{name}': ...}}."
    )


def _numbers(name: str, value: PyTree) -> PyTree:
    """What a function gave to be recorded, if that is arrays."""
    leaves = jax.tree.leaves(value)
    if leaves and all(isinstance(x, jax.Array | np.ndarray | np.generic | float | int) for x in leaves):
        return value
    raise ValueError(
        f"{name!r} is recorded by a function that gives {str(value)[:40]!r}: return an array, or a tree of them."
    )


def valid(what: object, x: jax.Array) -> jax.Array:
    """Whether a record is finite, and a voltage possible; where there is no spike, its time is infinity."""
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.asarray(True)
    quantity = what.rpartition(".")[2] if isinstance(what, str) else ""
    if quantity == "spikes":
        return ~jnp.isnan(x).any()
    return jnp.all(jnp.abs(x) <= checks.VOLTAGE_LIMIT) if quantity == "v" else jnp.isfinite(x).all()
