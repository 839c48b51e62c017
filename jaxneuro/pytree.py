"""Frozen dataclasses that JAX maps over, and dotted paths into them.

Not by `jax.tree_util.register_dataclass`, nor `flax.struct` which rests on it: the structures of two classes so registered
compare equal if their fields do (jaxlib 0.10.1), so that `jax.jit`, whose cache asks for equality where hashes collide, now
and then runs what was traced for another class, such as the derivative of another surrogate.
"""

import dataclasses
import difflib
from typing import Any, Self, dataclass_transform

import jax

from .checks import BOUNDS, INFINITY, Bounds, field_bounds, refuse


def static(*, default: Any = dataclasses.MISSING) -> Any:
    """A field that is structure: compared and hashed, never traced or differentiated."""
    return dataclasses.field(default=default, metadata={"static": True})


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


@dataclass_transform(frozen_default=True, field_specifiers=(static, parameter, dataclasses.field))
class Pytree:
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
    """A pytree whose parameters have dotted paths."""

    def paths(self) -> list[str]:
        """The dotted paths that `set` and `get` take, such as `connections.hidden.weight` of a spiking network."""
        return paths(self)

    def get(self, path: str) -> Any:
        """The parameter at a path."""
        return get(self, path)

    def set(self, path: str, value: Any) -> Self:
        """A copy with the parameter at a path replaced.

        Raises:
            KeyError: for an unknown path; the message lists those that exist.
            ValueError: for a number out of the bounds of its `parameter`.
        """
        return put_checked(self, path, path, value)


def children(node: Any) -> dict[str, Any]:
    """The named parts of a node that hold traced values: a dataclass's fields or a dict's items."""
    if isinstance(node, dict):
        return node
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        return {f.name: getattr(node, f.name) for f in dataclasses.fields(node) if not f.metadata.get("static")}
    return {}


def paths(node: Any, prefix: str = "") -> list[str]:
    """Every dotted path to a leaf, such as `na.g_max`."""
    found = []
    for name, child in children(node).items():
        if child is None or (isinstance(child, dict) and not child):
            continue
        found += paths(child, f"{prefix}{name}.") if children(child) else [prefix + name]
    return found


def get(node: Any, path: str) -> Any:
    """The value at a dotted path.

    Raises:
        KeyError: if the path does not exist; the message lists those that do.
    """
    if not has(node, path):
        raise KeyError(unknown(path, paths(node)))
    for name in path.split("."):
        node = children(node)[name]
    return node


def has(node: Any, path: str) -> bool:
    """Whether a dotted path exists."""
    for name in path.split("."):
        if name not in children(node):
            return False
        node = children(node)[name]
    return True


def put(node: Any, path: str, value: Any) -> Any:
    """A copy of the tree with the value at a dotted path replaced.

    Raises:
        KeyError: if the path does not exist; the message lists those that do.
    """
    get(node, path)
    return _put(node, path.split("."), value)


def put_checked(node: Any, path: str, called: str, value: Any) -> Any:
    """`put`, for numbers within their bounds only.

    Args:
        node: The tree.
        path: The dotted path.
        called: What the path is called in a message.
        value: What to put there.

    Raises:
        KeyError: if the path does not exist; the message lists those that do.
        ValueError: for a number out of the bounds of its `parameter`.
    """
    get(node, path)
    refuse(value, called, field_bounds(node, path.split(".")))
    return put(node, path, value)


def _put(node: Any, names: list[str], value: Any) -> Any:
    if not names:
        return value
    child = _put(children(node)[names[0]], names[1:], value)
    return {**node, names[0]: child} if isinstance(node, dict) else dataclasses.replace(node, **{names[0]: child})


def unknown(path: str, known: list[str]) -> str:
    """What to say of a path that does not exist."""
    close = difflib.get_close_matches(path, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no parameter {path!r}.{hint} The paths are: {', '.join(known)}."
