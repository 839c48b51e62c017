"""What a number may be: declared once, on the field that holds it, and held against every number of a model.

`refuse` raises for a number that is known; one that is traced makes `possible` False, and with it the `ok` of a recording.
See `Checked` for rules of several numbers together.
"""

import dataclasses
import functools
import operator
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

INFINITY = float("inf")
VOLTAGE_LIMIT = 1000.0  # mV, which no membrane survives: a run beyond it has diverged
HERE = 10_000  # numbers: larger arrays are looked through where they are, and two numbers come back
ARRAYS = jax.Array | np.ndarray | np.generic
BOUNDS = "bounds"  # key in the metadata of a field


class Bounds(NamedTuple):
    """What a number may be; none may be NaN.

    Attributes:
        least: The smallest.
        most: The largest.
        above: What it must be greater than.
        finite: Whether it must be finite.
        unit: Its unit.
        linear: Whether a membrane current is proportional to it.
        room: Name of the static field beside it that says the most that it may be where it is trained; "" for none.
    """

    least: float = -INFINITY
    most: float = INFINITY
    above: float = -INFINITY
    finite: bool = True
    unit: str = ""
    linear: bool = False
    room: str = ""

    @property
    def positive(self) -> bool:
        """Whether it is never negative."""
        return max(self.least, self.above) >= 0

    def hold(self, low: Any, high: Any) -> Any:
        """Whether numbers between these are allowed, a bool or an array of them; NaN is not."""
        kept = (low >= self.least) & (high <= self.most)
        if self.above > -INFINITY:
            kept = kept & (low > self.above)
        return kept & (low > -INFINITY) & (high < INFINITY) if self.finite else kept

    @property
    def rule(self) -> str:
        """The rule in words."""
        parts = [f"above {self.above:g}"] * (self.above > -INFINITY) + [f"at least {self.least:g}"] * (
            self.least > -INFINITY
        )
        parts += [f"at most {self.most:g}"] * (self.most < INFINITY) + ["finite"] * self.finite
        return " and ".join(parts) if parts else "a number, not NaN"


_LOOKED_THROUGH: dict[int, tuple[weakref.ref, tuple[float, float]]] = {}
ANYTHING = Bounds(finite=False)  # of fields that say nothing


class Rule(NamedTuple):
    """Something that must hold of several numbers.

    Attributes:
        holds: A bool, or an array of them.
        text: What to say, with the fix, if it does not.
    """

    holds: Any
    text: str


def refuse(tree: Any, path: str = "", bounds: Bounds = ANYTHING) -> None:
    """Raise for a number out of its bounds; what is traced passes, and leaves it to `possible`.

    Args:
        tree: A model, a part of one, or a number.
        path: What it is called.
        bounds: Of the numbers in it that have none of their own.

    Raises:
        ValueError: with the path, the value, the rule and the fix.
    """
    for node in _walk(tree, path, bounds):
        if isinstance(node, Rule):
            if not isinstance(node.holds, Tracer) and not _all(node.holds):
                raise ValueError(f"{path}: {node.text}" if path else node.text)
        elif not isinstance(node.value, Tracer):
            _refuse_number(node)


def check_key(key: Any) -> None:
    """Refuse what is no random key, such as a seed."""
    if not isinstance(key, jax.Array | np.ndarray):
        raise ValueError(f"key = {repr(key)[:60]}: give a random key, such as jax.random.key(0).")


class Checked:
    """What a part of a model may say of what must hold in it."""

    def checked(self) -> Any:
        """What stands in its place when numbers are held against their bounds: by default itself."""
        return self

    def rules(self) -> list[Rule]:
        """What must hold of several parameters."""
        return []


def possible(tree: Any) -> jax.Array:
    """Whether all numbers of a model are within their bounds, and its rules hold: a traced bool."""
    checks = [jnp.asarray(True)]
    for node in _walk(tree, "", ANYTHING):
        holds = node.holds if isinstance(node, Rule) else node.bounds.hold(*[_floating(node.value)] * 2)
        checks.append(jnp.all(holds))
    return functools.reduce(operator.and_, checks)


def field_bounds(tree: Any, keys: tuple) -> Bounds:
    """The bounds of the numbers at the keys from a root, which are those of the last field on it that has any."""
    bounds = ANYTHING
    for key in keys:
        if dataclasses.is_dataclass(tree):
            bounds = _of_fields(type(tree)).get(key, bounds)
        tree = tree[key] if isinstance(tree, dict) else getattr(tree, key)
    return bounds


class _Number(NamedTuple):
    path: str
    value: Any
    bounds: Bounds


def _walk(node: Any, path: str, bounds: Bounds) -> Iterator[_Number | Rule]:
    """Every number of a tree with its path and bounds, and every rule."""
    if isinstance(node, Checked):
        node = node.checked()
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        own = _of_fields(type(node))
        items = [(name, getattr(node, name), own[name]) for name in own]
        yield from node.rules() if isinstance(node, Checked) else ()
    elif isinstance(node, dict):
        items = [(name, value, bounds) for name, value in node.items()]
    elif isinstance(node, tuple | list) and any(not isinstance(value, float | int) for value in node):
        items = [(str(i), value, bounds) for i, value in enumerate(node)]
    else:
        if _is_number(node):
            yield _Number(path, node, bounds)
        return
    for name, value, of_field in items:
        if value is not None:
            yield from _walk(value, f"{path}.{name}" if path else str(name), of_field)


@functools.cache
def _of_fields(kind: type) -> dict[str, Bounds]:
    """The bounds of the fields of a dataclass that are no structure."""
    fields = [f for f in dataclasses.fields(kind) if not f.metadata.get("static")]
    return {f.name: f.metadata.get(BOUNDS, ANYTHING) for f in fields}


def _is_number(x: Any) -> bool:
    if isinstance(x, float | int):
        return True
    dtype = np.asarray(x).dtype if isinstance(x, tuple | list) else x.dtype if isinstance(x, ARRAYS) else None
    return dtype is not None and jnp.issubdtype(dtype, jnp.number) and 0 not in np.shape(x)


def _extremes_there(x: jax.Array) -> tuple[float, float]:
    """The extremes of an array where it is; only once of each array, as none ever changes."""
    known = _LOOKED_THROUGH.get(id(x))
    if known is None or known[0]() is not x:
        place = id(x)
        with jax.ensure_compile_time_eval():  # it is known, also where other things are traced
            found = float(jnp.min(x)), float(jnp.max(x))
        known = _LOOKED_THROUGH[place] = weakref.ref(x, lambda _: _LOOKED_THROUGH.pop(place, None)), found
    return known[1]


def _refuse_number(number: _Number) -> None:
    if isinstance(number.value, jax.Array) and not number.value.is_fully_addressable:
        return  # of other hosts too: left to `possible`
    if number.bounds == ANYTHING and isinstance(number.value, jax.Array) and number.value.dtype.kind in "iu":
        return  # indices, which cannot be NaN
    low, high = _extremes(number.value)
    if number.bounds.hold(low, high):
        return
    worst = low if not number.bounds.hold(low, low) else high
    where = "" if np.ndim(number.value) == 0 else ", the worst of its numbers"
    raise ValueError(
        f"{number.path} = {worst:g}{number.bounds.unit and ' ' + number.bounds.unit}{where}: it must be "
        f"{number.bounds.rule}. Give such a number; jnp.clip keeps one that is drawn or fitted within bounds."
    )


def increasing(x: Any, *, strictly: bool) -> Any:
    """Whether numbers increase along their last axis, each but the first."""
    x = x if isinstance(x, ARRAYS) else jnp.asarray(x)
    return x[..., 1:] > x[..., :-1] if strictly else x[..., 1:] >= x[..., :-1]


def _all(holds: Any) -> bool:
    return bool(jnp.all(holds) if isinstance(holds, jax.Array) and holds.size > HERE else np.all(holds))


def _floating(x: Any) -> jax.Array:
    x = jnp.asarray(x)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(jnp.result_type(float))


def lowest(x: Any) -> Any:
    """The smallest number."""
    return jnp.min(x) if isinstance(x, Tracer) else _extremes(x)[0]


def highest(x: Any) -> Any:
    """The largest number."""
    return jnp.max(x) if isinstance(x, Tracer) else _extremes(x)[1]


def _extremes(x: Any) -> tuple[float, float]:
    """The smallest and the largest number, NaN if there is one."""
    if isinstance(x, float | int):
        return x, x
    if isinstance(x, jax.Array) and x.size > HERE:
        return _extremes_there(x)
    x = np.asarray(x)
    if not x.size:
        return INFINITY, -INFINITY
    if x.dtype.kind == "c":
        raise ValueError(f"{x.ravel()[0]} is complex: a parameter is a real number.")
    return float(x.min()), float(x.max())
