"""Frozen dataclasses that JAX maps over, and dotted paths into them.

Not by `jax.tree_util.register_dataclass`, nor `flax.struct` which rests on it: the structures of two classes so registered
compare equal if their fields do (jaxlib 0.10.1), so that `jax.jit`, whose cache asks for equality where hashes collide, now
and then runs what was traced for another class, such as the derivative of another surrogate.
"""

import dataclasses
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np

from .checks import BOUNDS, INFINITY, Bounds, Checked, field_bounds, refuse


def static(*, default: Any = dataclasses.MISSING) -> Any:
    """A field that is structure: compared and hashed, never traced or differentiated."""
    return dataclasses.field(default=default, metadata={"static": True})


def group(**options: Any) -> Any:
    """A field whose own name is left out of paths: what it holds goes by its names, such as the channels of a cell."""
    return dataclasses.field(**options, metadata={"group": True})


def computed(**options: Any) -> Any:
    """A field that JAX maps over but that is no parameter, and has no path."""
    return dataclasses.field(**options, metadata={"parameter": False})


def parameter(
    *,
    default: Any = dataclasses.MISSING,
    unit: str = "",
    least: float = -INFINITY,
    most: float = INFINITY,
    above: float = -INFINITY,
    finite: bool = True,
) -> Any:
    """A field that holds numbers, and what they may be: `g_max: Any = parameter(default=120.0, unit="mS/cm²", least=0.0)`.

    A model's `set`, `load_cell` and `simulate` refuse a number out of bounds; a traced one makes `ok` False.

    Args:
        default: The value if none is given.
        unit: Of the number.
        least: The smallest that it may be.
        most: The largest.
        above: What it must be greater than.
        finite: Whether it must be finite. NaN is refused always, also in a field that is declared without this.
    """
    return dataclasses.field(default=default, metadata={BOUNDS: Bounds(least, most, above, finite, unit)})


@dataclass_transform(frozen_default=True, field_specifiers=(static, group, computed, parameter, dataclasses.field))
class Pytree(Checked):
    """Base class: a subclass is a frozen dataclass and a JAX pytree, nothing more to declare."""

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        _register(dataclasses.dataclass(frozen=True)(cls))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # pyright: ignore[reportArgumentType]


def _register(cls: type) -> None:
    """Let JAX map over a dataclass: its fields are children, or structure where they are static."""
    fields = dataclasses.fields(cls)
    data, structure = ([f.name for f in fields if bool(f.metadata.get("static")) is kind] for kind in (False, True))
    keys = [jax.tree_util.GetAttrKey(name) for name in data]

    def flatten(node: Any) -> tuple:
        held = node.__dict__
        return [held[name] for name in data], tuple([held[name] for name in structure])

    def flatten_with_keys(node: Any) -> tuple:
        values, held = flatten(node)
        return list(zip(keys, values, strict=True)), held

    def unflatten(held: tuple, values: Any) -> Any:
        node = object.__new__(cls)
        node.__dict__.update(zip(data, values, strict=True), **dict(zip(structure, held, strict=True)))
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


class Editable(Pytree):
    """A pytree whose parameters have dotted paths, without the names of its groups; see `group`.

    Names are free, dots included. Where two parameters would have one path, both are listed with their groups.
    """

    def paths(self) -> list[str]:
        """The dotted paths that `set` and `get` take, such as `connections.hidden.weight` of a spiking network."""
        return paths(self)

    def get(self, path: str) -> Any:
        """The parameter, or the mechanism, at a path.

        Raises:
            KeyError: for an unknown path, or one that may mean several things; the message lists those that exist.
        """
        return find(self, path).node

    def set(self, path: str, value: Any) -> Self:
        """A copy with the parameter at a path replaced, or with a mechanism by another of its kind.

        Raises:
            KeyError: for an unknown path, or one that may mean several things; the message lists those that exist.
            ValueError: for what is no number where a parameter is, or of a shape that does not broadcast with it; for what is
                no mechanism of the kind that is there; for a number out of the bounds of its `parameter`.
        """
        place = find(self, path)
        check(path, place.node, value)
        refuse(value, path, field_bounds(self, place.keys))
        return _put(self, place.keys, value)


class Place(NamedTuple):
    """Where something is in a tree: its keys from the root, its path without groups, "" if it is a group, and with them."""

    keys: tuple[Any, ...]
    short: str
    full: str
    node: Any

    @property
    def parameter(self) -> bool:
        """Whether it is a leaf that holds something."""
        return self.node is not None and not isinstance(self.node, dict | Pytree)


def places(node: Any, keys: tuple = (), shown: tuple = ()) -> Iterator[Place]:
    """Everything below a node, depth first."""
    for key, child, hidden in _parts(node):
        here, seen = (*keys, key), shown if hidden else (*shown, str(key))
        yield Place(here, "" if hidden else ".".join(seen), ".".join(_quoted(key) for key in here), child)
        yield from places(child, here, seen)


def children(node: Any) -> dict[Any, Any]:
    """The named parts of a node that hold parameters: a dict's items, or the fields of a pytree that are no structure."""
    return {key: child for key, child, _ in _parts(node)}


def _parts(node: Any) -> list[tuple[Any, Any, bool]]:
    """Name, value, and whether paths leave it out, of the parts of a node that hold parameters."""
    if isinstance(node, dict):
        return [(key, child, False) for key, child in node.items()]
    if not isinstance(node, Pytree):
        return []
    fields: tuple = dataclasses.fields(node)  # pyright: ignore[reportArgumentType]
    held = [f for f in fields if not f.metadata.get("static") and f.metadata.get("parameter", True)]
    return [(f.name, getattr(node, f.name), bool(f.metadata.get("group"))) for f in held]


def _quoted(key: Any) -> str:
    """A key as it stands in a full path, so that no two places share one."""
    return repr(key) if not isinstance(key, str) or any(c in key for c in ".'\"") else key


def _listed(everything: Iterable[Place]) -> dict[str, Place]:
    """Every parameter by the path that it is listed under: without groups where that is its own, else with them."""
    found = [place for place in everything if place.parameter]
    shorts, fulls = Counter(place.short for place in found), {place.full: place for place in found}

    def own(place: Place) -> bool:
        return bool(place.short) and shorts[place.short] == 1 and fulls.get(place.short, place) is place

    return {place.short if own(place) else place.full: place for place in found}


def paths(node: Any) -> list[str]:
    """Every dotted path to a parameter, such as `na.g_max`."""
    return list(_listed(places(node)))


def find(node: Any, path: str) -> Place:
    """The place that a path means: a parameter that is listed, else what goes by this name, else by its full path.

    Raises:
        KeyError: if the path does not exist or may mean several things; the message lists those that do.
    """
    everything = list(places(node))
    listed = _listed(everything)
    if path in listed:
        return listed[path]
    named = [place for place in everything if place.short and path in (place.short, place.full)]
    if len(named) > 1:
        raise KeyError(f"{path!r} may be {' or '.join(place.full for place in named)}: write the one that is meant.")
    found = named or [place for place in everything if place.full == path]
    if not found:
        raise KeyError(unknown(path, list(listed)))
    return found[0]


def check(path: str, old: Any, new: Any) -> None:
    """Refuse what cannot stand at a path: numbers stay numbers, and a mechanism one of its kind.

    Raises:
        ValueError: for another kind of thing, or a shape that does not broadcast.
    """
    if isinstance(old, Pytree):
        if not isinstance(new, kind := _contract(type(old))):
            inner = ", ".join(f"{path}.{name}" for name in children(old)) or "none"
            raise ValueError(f"{path!r} is a {type(old).__name__} and {_said(new)} is no {kind.__name__}: give one, or set "
                            f"one of its parameters: {inner}.")  # fmt: skip
    elif isinstance(old, dict):
        raise ValueError(f"{path!r} is a group of {', '.join(map(repr, old)) or 'nothing'}: set one of them, or give all "
                        "of them with replace.")  # fmt: skip
    elif old is None:
        if not isinstance(new, Pytree) and _shape(new) is None:
            raise ValueError(f"{path!r} is to be {_said(new)}: give a number, an array or a mechanism.")
    elif _shape(old) is not None or not isinstance(new, type(old)):  # trees of labels or shardings hold no numbers
        _check_number(path, old, new)


def _check_number(path: str, old: Any, new: Any) -> None:
    before, after = _shape(old), _shape(new)
    if after is None:
        raise ValueError(
            f"{path!r} is a parameter and {_said(new)} is no number: give a number or an array of numbers."
        )
    if before is None:
        return
    try:
        np.broadcast_shapes(before, after)
    except ValueError:
        raise ValueError(
            f"{path!r} has shape {before} and {after} does not broadcast with it: give one number or an array of shape "
            f"{before}; a model of another size is built anew. Many models are one under jax.vmap."
        ) from None


def _contract(kind: type) -> type:
    """What all mechanisms that may stand in for one have in common: the class just below those of this file."""
    return next(c for c in reversed(kind.__mro__) if issubclass(c, Pytree) and c not in (Pytree, Editable))


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of a number, or of an array or nested sequence of numbers; None for anything else."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        inner = [_shape(item) for item in value] or [()]
        return None if inner[0] is None or any(other != inner[0] for other in inner) else (len(value), *inner[0])
    if isinstance(value, bool | int | float):
        return ()
    dtype = getattr(value, "dtype", None)
    if dtype is None or jnp.issubdtype(dtype, jnp.complexfloating):
        return None
    known = any(jnp.issubdtype(dtype, kind) for kind in (jnp.number, jnp.bool_, jax.dtypes.extended))
    return np.shape(value) if known else None


def _said(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 60 else text[:60] + ' ...'}"


def _put(node: Any, keys: tuple, value: Any) -> Any:
    if not keys:
        return value
    held = node[keys[0]] if isinstance(node, dict) else getattr(node, keys[0])
    child = _put(held, keys[1:], value)
    return {**node, keys[0]: child} if isinstance(node, dict) else dataclasses.replace(node, **{keys[0]: child})


def unknown(path: str, known: list[str]) -> str:
    """What to say of a path that does not exist."""
    close = difflib.get_close_matches(path, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no parameter {path!r}.{hint} The paths are: {', '.join(known)}."
