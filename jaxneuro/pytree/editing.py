"""Reading, setting and freeing the parameters of any tree, by the names of `names`."""

import dataclasses
from collections.abc import Iterable, Mapping

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ..checks import refuse
from .kinds import check, shape
from .names import Part, bounds_at, each_once, entries, joined, meant
from .owners import mask, reached, route
from .places import Index, held, matching, several, unknown


def paths(tree: PyTree, *patterns: str) -> list[str]:
    """Every path to a parameter of a tree, or those that match any pattern.

    Raises:
        KeyError: for a pattern that matches nothing; the message lists the paths.
    """
    known = list(Index(tree).listed)
    found = {path for pattern in patterns for path in _some(known, pattern)}
    return [path for path in known if path in found] if patterns else known


def _some(known: list[str], pattern: str) -> list[str]:
    if not (found := matching(known, pattern)):
        raise KeyError(unknown(pattern, known))
    return found


def get(tree: PyTree, name: str) -> PyTree:
    """See `Editable.get`."""
    part, *others = (part for term in meant(tree, name) for part in term)
    if others:
        raise KeyError(several(name, [p.name for p in (part, *others)]))
    return _value(tree, part)


def changed(tree: PyTree, name: str, value: PyTree, where: PyTree = None) -> PyTree:
    """See `Editable.set`."""
    for part in joined(tree, name):
        if part.region and where is not None:
            raise ValueError(f"{name!r} names a region, and where another: give one of them.")
        tree = _changed(tree, part, value, part.region or where)
    return tree


def free(tree: PyTree, names: Iterable[str]) -> dict[str, PyTree]:
    """See `Editable.free`."""
    chosen = {entry: parts for name in names for entry, parts in entries(tree, name).items()}
    each_once(chosen, lambda part: reached(tree, part))
    return {entry: _shared([_free(_value(tree, part)) for part in parts]) for entry, parts in chosen.items()}


def put(tree: PyTree, values: Mapping[str, PyTree]) -> PyTree:
    """See `Editable.put`."""
    for name, value in values.items():
        for part in joined(tree, name):
            tree = _changed(tree, part, value if part.region else _as_large(part, value), part.region or None)
    return tree


def _as_large(part: Part, value: PyTree) -> PyTree:
    """A number as large as what it replaces."""
    check(part.path, part.place.node, value)
    here, there = shape(value), shape(part.place.node)
    return value if here is None or there is None else jnp.broadcast_to(value, np.broadcast_shapes(here, there))


def _changed(tree: PyTree, part: Part, value: PyTree, where: PyTree) -> PyTree:
    path, keys = part.path, part.place.keys
    for model, below in route(tree, keys):
        value = model.given(below, path, value)
    if where is not None:
        value = _only(tree, part, value, where)
    check(path, part.place.node, value)
    refuse(value, path, bounds_at(tree, keys))
    return _put(tree, keys, value)


def _only(tree: PyTree, part: Part, value: PyTree, where: PyTree) -> PyTree:
    """A parameter with a value in a region, and elsewhere what it is."""
    if not part.place.parameter:
        raise ValueError(
            f"{part.path!r} is no parameter, so it cannot differ between regions: use insert(..., where=...)."
        )
    here, old = mask(tree, part, where), held(tree, part.place.keys)  # which another region may have changed
    value = _spread(here, value)
    check(part.path, old, value)
    return jnp.where(here, jnp.asarray(value), jnp.asarray(old))


def _spread(here: PyTree, value: PyTree) -> PyTree:
    """Numbers of which there is one for each compartment of a region, laid over all compartments; others as they are."""
    count = 1 if isinstance(here, Tracer) else np.sum(here)
    if count in (1, np.size(here)) or np.shape(value)[-1:] != (count,):
        return value
    value = jnp.asarray(value)
    return jnp.zeros((*value.shape[:-1], np.size(here)), value.dtype).at[..., np.flatnonzero(here)].set(value)


def _value(tree: PyTree, part: Part) -> PyTree:
    """What is at a place; in a region the values there, if they differ between compartments."""
    node = part.place.node
    if not part.region:
        return node
    here = np.asarray(reached(tree, part))
    return jnp.asarray(node)[..., here] if np.shape(node)[-1:] == here.shape else node


def _free(value: PyTree) -> PyTree:
    """A number as an array that has a derivative."""
    if shape(value) is None:
        return value
    value = jnp.asarray(value)
    return value if jnp.issubdtype(value.dtype, jnp.inexact) else value.astype(float)


def _shared(values: list[PyTree]) -> PyTree:
    """One value for several that are to have one: the first, or its first number where they are of several sizes."""
    return values[0] if len({shape(value) for value in values}) == 1 else jnp.ravel(values[0])[0]


def _put(node: PyTree, keys: tuple, value: PyTree) -> PyTree:
    if not keys:
        return value
    child = _put(held(node, keys[:1]), keys[1:], value)
    return {**node, keys[0]: child} if isinstance(node, dict) else dataclasses.replace(node, **{keys[0]: child})
