"""Frozen dataclasses that JAX maps over, and what may be said of their fields.

Not by `jax.tree_util.register_dataclass`, nor `flax.struct` which rests on it: the structures of two classes so registered
compare equal if their fields do (jaxlib 0.10.1), so that `jax.jit`, whose cache asks for equality where hashes collide, now
and then runs what was traced for another class, such as the derivative of another surrogate.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Self, dataclass_transform

import jax
from jaxtyping import PyTree

from ..checks import BOUNDS, INFINITY, Bounds, Checked
from ..summary import Summarised


def static(*, default: Any = dataclasses.MISSING) -> PyTree:
    """A field that is structure: compared and hashed, never traced or differentiated."""
    return dataclasses.field(default=default, metadata={"static": True})


def group(**options: Any) -> PyTree:
    """A field whose own name is left out of paths: what it holds goes by its names, such as the channels of a cell."""
    return dataclasses.field(**options, metadata={"group": True})


def computed(**options: Any) -> PyTree:
    """A field that JAX maps over but that is no parameter, and has no path."""
    return dataclasses.field(**options, metadata={"parameter": False})


def varied(of: str, *, default_factory: Callable[[], dict] = dict) -> PyTree:
    """A dict of other values for parameters of what the field `of` holds, by their names there."""
    return dataclasses.field(default_factory=default_factory, metadata={"of": of})


def parameter(
    *,
    default: Any = dataclasses.MISSING,
    unit: str = "",
    least: float = -INFINITY,
    most: float = INFINITY,
    above: float = -INFINITY,
    finite: bool = True,
    linear: bool = False,
    room: str = "",
) -> PyTree:
    """A field that holds numbers, and what they may be: `g_max: Any = parameter(default=120.0, unit="mS/cm²", least=0.0)`.

    A model's `set`, `load_cell` and `simulate` refuse a number out of bounds; a traced one makes `ok` False. One that is
    not negative stays positive where it is trained.

    Args:
        default: The value if none is given.
        unit: Of the number.
        least: The smallest that it may be.
        most: The largest.
        above: What it must be greater than.
        finite: Whether it must be finite. NaN is refused always, also in a field that is declared without this.
        linear: Whether a current through a membrane is proportional to it, whatever the voltage: a fit finds such numbers by
            balance of currents.
        room: Name of the static field beside it that says the most that it may be where it is trained.
    """
    bounds = Bounds(least, most, above, finite, unit, linear, room)
    return dataclasses.field(default=default, metadata={BOUNDS: bounds})


@dataclass_transform(
    frozen_default=True, field_specifiers=(static, group, computed, varied, parameter, dataclasses.field)
)
class Pytree(Checked):
    """Base class: a subclass is a frozen dataclass and a JAX pytree, nothing more to declare."""

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        _register(dataclasses.dataclass(frozen=True, repr=not issubclass(cls, Summarised))(cls))

    def replace(self, **changes: PyTree) -> Self:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # pyright: ignore[reportArgumentType]


def _register(cls: type) -> None:
    """Let JAX map over a dataclass: its fields are children, or structure where they are static."""
    fields = dataclasses.fields(cls)
    data, structure = ([f.name for f in fields if bool(f.metadata.get("static")) is kind] for kind in (False, True))
    keys = [jax.tree_util.GetAttrKey(name) for name in data]

    def flatten(node: PyTree) -> tuple:
        held = node.__dict__
        return [held[name] for name in data], tuple([held[name] for name in structure])

    def flatten_with_keys(node: PyTree) -> tuple:
        values, held = flatten(node)
        return list(zip(keys, values, strict=True)), held

    def unflatten(held: tuple, values: PyTree) -> PyTree:
        node = object.__new__(cls)
        node.__dict__.update(zip(data, values, strict=True), **dict(zip(structure, held, strict=True)))
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
