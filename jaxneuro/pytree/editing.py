"""Reading, setting and freeing the parameters of any tree, by the names of `names`."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..checks import field_bounds, refuse
from .base import Pytree
from .kinds import check, shape
from .names import Part, each_once, entries, joined, meant
from .places import Index, held, matching, several, unknown


class Editable(Pytree):
    """A pytree whose parameters have names: dotted paths, without the names of its groups, and what `names` makes of them.

    Keys are free, dots included. Where two parameters would have one path, both are listed with their groups.
    """

    def paths(self, *patterns: str) -> list[str]:
        """The paths of the parameters, such as `connections.hidden.weight`, of all or of those that match any pattern."""
        return paths(self, *patterns)

    def get(self, name: str) -> Any:
        """The parameter, or the mechanism, of a name; of `path@region` the values there.

        Raises:
            KeyError: for an unknown path, or a name that may mean several things; the message lists those that exist.
        """
        return get(self, name)

    def set(self, name: str, value: Any, where: Any = None) -> Self:
        """A copy with the parameter of a name replaced, or a mechanism by another of its kind; with all, if it has several.

        Args:
            name: Such as `na.g_max`, `*.g_max`, `na.g_max@apical`, `k.e+m.e` or `capacitance`.
            value: Its value; or, in a cell with a morphology, a function from path distance (compartment,) [µm] to values.
            where: Only in this region of a cell, as `@region`: also a mask (compartment,), or a predicate of the cable.

        Raises:
            KeyError: for an unknown path, or one that may mean several things; the message lists those that exist.
            ValueError: for what is no number where a parameter is, or of a shape that does not broadcast with it; for what is
                no mechanism of the kind that is there; for a number out of the bounds of its `parameter`; for several of
                different kinds; for a region that does not exist, or that the mechanism is not in.
        """
        return changed(self, name, value, where)

    def free(self, *names: str) -> dict[str, Any]:
        """The values of parameters by name, a pattern giving one for each of its matches: to differentiate, map or train.

            values = cell.free("*.g_max", "k.e+m.e", "na.g_max@soma")
            jax.grad(lambda values: loss(cell.put(values)))(values)

        Those of a name for several are one value, that of the first.

        Raises:
            KeyError: as `get`.
            ValueError: where two names mean the same number.
        """
        return free(self, names)

    def put(self, values: Mapping[str, Any]) -> Self:
        """A copy with the values of `free`, or others like them, in their places: each as large as what it replaces.

        Raises:
            KeyError, ValueError: as `set`.
        """
        return put(self, values)

    # --- what a model may say of its own parameters -------------------------------------------------------------------

    def given(self, keys: tuple, path: str, value: Any) -> Any:
        """What a value becomes before it stands at keys below this model; what would change nothing is refused."""
        del keys, path
        return value

    def reached(self, keys: tuple, path: str, where: Any) -> Any:
        """Which compartments of this model a region is, for what is at keys below it (compartment,)."""
        del keys
        raise ValueError(
            f"{path}@{where} names a region, and {type(self).__name__} has none: leave out '@{where}'."
            if isinstance(where, str)
            else f"{path!r} in a region: {type(self).__name__} has none, leave out where."
        )


def paths(tree: Any, *patterns: str) -> list[str]:
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


def get(tree: Any, name: str) -> Any:
    """See `Editable.get`."""
    part, *others = (part for term in meant(tree, name) for part in term)
    if others:
        raise KeyError(several(name, [p.name for p in (part, *others)]))
    return _value(tree, part)


def changed(tree: Any, name: str, value: Any, where: Any = None) -> Any:
    """See `Editable.set`."""
    for part in joined(tree, name):
        if part.region and where is not None:
            raise ValueError(f"{name!r} names a region, and where another: give one of them.")
        tree = _changed(tree, part, value, part.region or where)
    return tree


def free(tree: Any, names: Iterable[str]) -> dict[str, Any]:
    """See `Editable.free`."""
    chosen = {entry: parts for name in names for entry, parts in entries(tree, name).items()}
    each_once(chosen, lambda part: reached(tree, part))
    return {entry: _shared([_free(_value(tree, part)) for part in parts]) for entry, parts in chosen.items()}


def put(tree: Any, values: Mapping[str, Any]) -> Any:
    """See `Editable.put`."""
    for name, value in values.items():
        for part in joined(tree, name):
            tree = _changed(tree, part, value if part.region else _as_large(part, value), part.region or None)
    return tree


def _as_large(part: Part, value: Any) -> Any:
    """A number as large as what it replaces."""
    check(part.path, part.place.node, value)
    here, there = shape(value), shape(part.place.node)
    return value if here is None or there is None else jnp.broadcast_to(value, np.broadcast_shapes(here, there))


def reached(tree: Any, part: Part) -> Any:
    """Which compartments a part of a name is in (compartment,), or True where it names no region.

    Raises:
        ValueError: for a region that does not exist, or that the mechanism is not in.
    """
    return _mask(tree, part, part.region) if part.region else np.True_


def _changed(tree: Any, part: Part, value: Any, where: Any) -> Any:
    path, keys = part.path, part.place.keys
    for model, below in _route(tree, keys):
        value = model.given(below, path, value)
    if where is not None:
        value = _only(tree, part, value, where)
    check(path, part.place.node, value)
    refuse(value, path, field_bounds(tree, keys))
    return _put(tree, keys, value)


def _only(tree: Any, part: Part, value: Any, where: Any) -> Any:
    """A parameter with a value in a region, and elsewhere what it is."""
    if not part.place.parameter:
        raise ValueError(
            f"{part.path!r} is no parameter, so it cannot differ between regions: use insert(..., where=...)."
        )
    mask, old = _mask(tree, part, where), held(tree, part.place.keys)  # which another region may have changed
    value = _spread(mask, value)
    check(part.path, old, value)
    return jnp.where(mask, jnp.asarray(value), jnp.asarray(old))


def _spread(mask: Any, value: Any) -> Any:
    """Numbers of which there is one for each compartment of a region, laid over all compartments; others as they are."""
    count = 1 if isinstance(mask, Tracer) else np.sum(mask)
    if count in (1, np.size(mask)) or np.shape(value)[-1:] != (count,):
        return value
    value = jnp.asarray(value)
    return jnp.zeros((*value.shape[:-1], np.size(mask)), value.dtype).at[..., np.flatnonzero(mask)].set(value)


def _value(tree: Any, part: Part) -> Any:
    """What is at a place; in a region the values there, if they differ between compartments."""
    node = part.place.node
    if not part.region:
        return node
    mask = np.asarray(reached(tree, part))
    return jnp.asarray(node)[..., mask] if np.shape(node)[-1:] == mask.shape else node


def _free(value: Any) -> Any:
    """A number as an array that has a derivative."""
    if shape(value) is None:
        return value
    value = jnp.asarray(value)
    return value if jnp.issubdtype(value.dtype, jnp.inexact) else value.astype(float)


def _shared(values: list[Any]) -> Any:
    """One value for several that are to have one: the first, or its first number where they are of several sizes."""
    return values[0] if len({shape(value) for value in values}) == 1 else jnp.ravel(values[0])[0]


def _mask(tree: Any, part: Part, where: Any) -> Any:
    *_, model = [(None, ()), *_route(tree, part.place.keys)]
    if model[0] is None:
        raise ValueError(f"{part.name!r} names a region, and a {type(tree).__name__} has none: leave out '@{where}'.")
    return model[0].reached(model[1], part.path, where)


def _route(tree: Any, keys: tuple) -> Iterator[tuple[Editable, tuple]]:
    """The models on the way to a place, the outermost first, and the keys from each."""
    for n, key in enumerate(keys):
        if isinstance(tree, Editable):
            yield tree, keys[n:]
        tree = tree[key] if isinstance(tree, dict) else getattr(tree, key)


def _put(node: Any, keys: tuple, value: Any) -> Any:
    if not keys:
        return value
    child = _put(held(node, keys[:1]), keys[1:], value)
    return {**node, keys[0]: child} if isinstance(node, dict) else dataclasses.replace(node, **{keys[0]: child})
