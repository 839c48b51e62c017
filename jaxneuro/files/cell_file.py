"""A model as a file and back: its classes by room and name and its numbers, in JSON. Nothing in a file is ever executed."""

import dataclasses
import json
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ..arithmetic import Values
from ..checks import refuse
from ..pytree import Pytree
from .classes import Classes, fits, hints, method, stored_name
from .whole import writing

FORMAT, BEFORE = "jaxneuro model 2", "jaxneuro model 1"
DEEPEST = 100  # a model within a model within ...
KINDS = {
    "bool",
    *(f"{u}int{b}" for u in ("", "u") for b in (8, 16, 32, 64)),
    "float16",
    "bfloat16",
    "float32",
    "float64",
}
REMEDY = "the file was edited or damaged; write it anew with save_cell or `jaxneuro fit`"


def save_cell(path: str | Path, cell: PyTree) -> None:
    """Write a cell, a network, a point neuron, a spiking network, a stimulus or any other model to a file.

    What is there is replaced when all is written, and not before.

    Args:
        path: The file to write, by convention `.json`.
        cell: The model: a pytree of numbers.

    Raises:
        TypeError: if the model holds something that is neither number, text nor such a pytree.
        OSError: if the file cannot be written.
    """
    content = {"format": FORMAT, "jaxneuro": _version(), "model": _encode(cell, "model")}
    text = json.dumps(content, indent=1) + "\n"
    with writing(path) as file:
        file.write(text)


def load_cell(path: str | Path, classes: Sequence[type] = ()) -> PyTree:
    """Read a model that `save_cell` wrote.

    A file holds names and numbers, no code. A class of your own is found by its module and name if that module is imported;
    nothing is imported for a file but jaxneuro's own rooms.

    Args:
        path: The file.
        classes: Classes of your own, for those that are defined elsewhere now.

    Returns:
        The model.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: for a file that is no model, a class or field that does not exist, or a number out of bounds; with file,
            place, rule and fix.
    """
    path = Path(path).expanduser()
    content = _read(path)
    old = content.get("format") == BEFORE
    known = Classes(classes)
    known.check()
    reader = Reader(path, known, same=not old and content.get("jaxneuro") == _version())
    if "model" not in content:
        raise ValueError(f"{path} holds no model: {REMEDY}.")
    model = reader.decode(content["model"], "model", 0)
    try:
        refuse(model)
    except ValueError as fault:
        raise ValueError(f"{path} holds a model that cannot be: {fault}") from None
    return model


def _version() -> str:
    import jaxneuro  # which is still being imported when this module is

    return jaxneuro.__version__


def _read(path: Path) -> dict[str, PyTree]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no model file {path}: write one with save_cell or `jaxneuro fit`.") from None
    except (ValueError, RecursionError) as fault:  # not text, not JSON, nested too deeply
        raise ValueError(f"{path} is not a model file ({fault}): write one with save_cell or `jaxneuro fit`.") from None
    if not isinstance(content, dict) or content.get("format") not in (FORMAT, BEFORE):
        raise ValueError(f"{path} is not of the format {FORMAT!r}: write it with save_cell or `jaxneuro fit`.")
    return content


def _once(pairs: list[tuple[str, PyTree]]) -> dict[str, PyTree]:
    """An object whose names are there once each: of two, which is meant?"""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _encode(value: PyTree, place: str) -> PyTree:
    if isinstance(value, Pytree) or method(type(value)):
        fields = dataclasses.fields(value)  # pyright: ignore[reportArgumentType]
        inner = {f.name: _encode(getattr(value, f.name), f"{place}.{f.name}") for f in fields if f.init}
        return {"class": stored_name(type(value)), "fields": inner}
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"dict": {name: _encode(item, f"{place}.{name}") for name, item in value.items()}}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_encode(item, f"{place}.{i}") for i, item in enumerate(value)]}
    if isinstance(value, jax.Array | np.ndarray | np.generic) and not isinstance(value, Tracer):
        if str(value.dtype) in KINDS:
            array = np.asarray(value)
            return {"array": array.tolist(), "dtype": str(array.dtype)} | ({} if array.size else {"shape": array.shape})
    elif value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"{place} is a {type(value).__name__}, {str(value)[:60]!r}, and cannot be saved: a model file holds numbers, text and "
        "pytrees of them, outside of jit."
    )


class Reader(NamedTuple):
    """What is known while a file is read: its path, the classes, and whether this version wrote it."""

    path: Path
    classes: Classes
    same: bool

    def decode(self, value: PyTree, place: str, depth: int) -> PyTree:
        """What a part of a file stands for.

        Raises:
            ValueError: with file, place, rule and fix.
        """
        if depth > DEEPEST:
            raise self.fault(place[:60], f"lies {depth} levels deep, more than any model")
        inner = partial(self.decode, depth=depth + 1)
        match value:
            case {"class": str(name), "fields": dict(fields), **rest} if not rest:
                return self.build(name, {k: inner(v, f"{place}.{k}") for k, v in fields.items()}, place)
            case {"dict": dict(items), **rest} if not rest:
                return {name: inner(item, f"{place}.{name}") for name, item in items.items()}
            case {"tuple": list(items), **rest} if not rest:
                return tuple(inner(item, f"{place}.{i}") for i, item in enumerate(items))
            case {"list": list(items), **rest} if not rest:
                return [inner(item, f"{place}.{i}") for i, item in enumerate(items)]
            case {"array": numbers, "dtype": str(kind), **rest} if kind in KINDS and not set(rest) - {"shape"}:
                return self.array(numbers, kind, rest.get("shape"), place)
            case int() if abs(value) >= 2**63:
                raise self.fault(place, "is a whole number of more than 64 bits")
            case None | bool() | int() | float() | str():
                return value
        raise self.fault(place, f"is {str(value)[:60]!r}, which is no part of a model")

    def array(self, numbers: PyTree, kind: str, shape: PyTree, place: str) -> np.ndarray | jax.Array:
        """An array of a type, and of a shape where it is empty."""
        try:
            found = np.asarray(numbers)
            made = found.astype(jnp.dtype(kind)) if shape is None else np.zeros(shape, jnp.dtype(kind))
        except (ValueError, TypeError, OverflowError, MemoryError, RecursionError):
            raise self.fault(place, "holds rows of different length, or no numbers") from None
        exact = made.dtype.kind not in "iub" or np.array_equal(made, found)
        if made.size != found.size or (found.size and (found.dtype.kind not in "biuf" or not exact)):
            raise self.fault(place, f"is no array of {kind}")
        whole = made.dtype.kind in "iub" and jax.dtypes.canonicalize_dtype(made.dtype) == made.dtype
        return (
            jnp.asarray(made) if whole else made
        )  # indices stay indices: `simulate` takes other numbers for parameters

    def build(self, name: str, fields: dict[str, PyTree], place: str) -> PyTree:
        """The instance of a class, if its fields are all there and of their kind."""
        try:
            kind = self.classes.find(name, set(fields))
        except LookupError as fault:
            raise ValueError(f"{self.path}: {place} is a {name}, {fault.args[0]}") from None
        known = {f.name: f for f in dataclasses.fields(kind) if f.init}
        unknown, absent = sorted(set(fields) - set(known)), sorted(set(known) - set(fields))
        if unknown:
            raise ValueError(
                f"{self.path}: {place}: {kind.__name__} has no field {unknown[0]!r}, only {', '.join(known)}: correct the file."
            )
        if absent:
            self.defaults(kind, absent, known, place)
        for field, value in fields.items():
            hint, lacks = hints(kind).get(field, Any), value is None and isinstance(known[field].default, float | int)
            if lacks or not fits(value, hint, bool(known[field].metadata.get("static"))):
                wanted = (
                    "number" if hint in (Any, float, Values) else (hint.__name__ if isinstance(hint, type) else hint)
                )
                raise self.fault(
                    f"{place}.{field}", f"is the {type(value).__name__} {str(value)[:40]!r}, and no {wanted}"
                )
        try:
            return kind(**fields)
        except (TypeError, ValueError, AttributeError, OverflowError, LookupError) as fault:
            raise self.fault(place, f"is no {kind.__name__} ({fault})") from fault

    def defaults(self, kind: type, absent: list[str], known: dict[str, PyTree], place: str) -> None:
        """Refuse fields that are missing, but for those that an older version did not have, and say so."""
        needed = [n for n in absent if known[n].default is known[n].default_factory is dataclasses.MISSING]
        if needed or self.same:
            raise self.fault(place, f"is a {kind.__name__} without {(needed or absent)[0]!r}")
        warnings.warn(
            f"{self.path}: {place}: {kind.__name__} has no {', '.join(absent)}, which another version of jaxneuro did not "
            "write: the defaults are taken.",
            stacklevel=3,
        )

    def fault(self, place: str, what: str) -> ValueError:
        """What is wrong with the file, and where."""
        return ValueError(f"{self.path}: {place} {what}: {REMEDY}.")
