"""What a long computation is of, as a few words to compare: a digest of each of its parts."""

import dataclasses
import functools
import hashlib
import types
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import PyTree

LENGTH = 16  # hexadecimal digits


def fingerprint(**parts: object) -> dict[str, str]:
    """A digest of each part: numbers by value, arrays by type, shape and content, functions by name, code and closure.

    The same parts have the same digests in another process. What a function reads from outside itself is not seen; a class
    leaves out what it computes from the rest, which comes out a little different on another machine, by a method `identity`.
    """
    return {name: digest(part) for name, part in parts.items()}


def digest(thing: object) -> str:
    """A digest of anything that a problem is made of."""
    state = hashlib.sha256()
    _feed(state, thing)
    return state.hexdigest()[:LENGTH]


def require_same(
    where: str | Path, before: Mapping[str, str] | None, now: Mapping[str, str], kind: str = "problem"
) -> None:
    """Refuse to go on with a computation of another `kind`; one that was kept without a fingerprint passes with a warning.

    Raises:
        ValueError: naming what differs and the fix.
    """
    if before is None:
        warnings.warn(f"{where} does not say of which {kind} it is, as an older version wrote it.", stacklevel=4)
    elif what := [name.replace("_", " ") for name in {**before, **now} if before.get(name) != now.get(name)]:
        raise ValueError(
            f"{where} belongs to another {kind}, with another {', another '.join(what)}: give what it began with to go on, "
            "or name another place for a new one."
        )


@runtime_checkable
class Identified(Protocol):
    """What says itself which part of it counts."""

    def identity(self) -> object:
        """A dataclass."""
        ...


def _feed(state: "hashlib._Hash", thing: PyTree, above: tuple[int, ...] = ()) -> None:
    """Add a thing to a digest; `above` are those that it is a part of, so that what refers to itself comes to an end."""
    if thing is None or isinstance(thing, bool | int | float | complex | str | bytes):
        return state.update(f"{type(thing).__name__} {thing!r};".encode())
    if isinstance(thing, jax.Array | np.ndarray | np.generic) or (
        hasattr(thing, "__array__") and not isinstance(thing, type)
    ):
        return _feed_array(state, thing)
    if id(thing) in above:
        return state.update(f"again {above.index(id(thing))};".encode())
    state.update(f"{_name(thing)}(".encode())
    for part in _parts(thing):
        _feed(state, part, (*above, id(thing)))
    state.update(b");")


def _feed_array(state: "hashlib._Hash", array: PyTree) -> None:
    if isinstance(array, jax.Array) and jax.numpy.issubdtype(array.dtype, jax.dtypes.prng_key):
        state.update(f"{array.dtype} ".encode())
        array = jax.random.key_data(array)
    array = np.asarray(array)
    state.update(f"array {array.dtype} {array.shape} ".encode())
    if array.dtype.hasobject:
        return _feed(state, array.ravel().tolist())
    state.update(np.ascontiguousarray(array).tobytes())


def _name(thing: object) -> str:
    """Its name and package: a module that moves within a package is the same."""
    named = thing if isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType) else type(thing)
    return f"{(named.__module__ or '').partition('.')[0]}:{named.__qualname__}"


def _parts(thing: PyTree) -> PyTree:
    """What a thing consists of."""
    if isinstance(thing, type | types.ModuleType | types.BuiltinFunctionType):
        return ()
    if isinstance(thing, Mapping):
        return [part for key in sorted(thing, key=repr) for part in (key, thing[key])]
    if isinstance(thing, list | tuple):
        return thing
    if isinstance(thing, set | frozenset):
        return sorted(thing, key=repr)
    if isinstance(thing, types.CodeType):
        return thing.co_code, thing.co_names, thing.co_consts
    if isinstance(thing, types.FunctionType):
        return (
            thing.__code__,
            thing.__defaults__,
            thing.__kwdefaults__,
            [_held(cell) for cell in thing.__closure__ or ()],
        )
    if isinstance(thing, types.MethodType):
        return thing.__func__, thing.__self__
    if isinstance(thing, functools.partial):
        return thing.func, thing.args, thing.keywords
    if dataclasses.is_dataclass(thing):
        thing = thing.identity() if isinstance(thing, Identified) else thing
        return [part for f in dataclasses.fields(thing) for part in (f.name, getattr(thing, f.name, None))]
    if hasattr(thing, "__wrapped__"):  # jitted
        return (thing.__wrapped__,)
    leaves, structure = jax.tree.flatten(thing)
    if not jax.tree_util.treedef_is_leaf(structure):
        return leaves
    return [part for key, value in sorted(getattr(thing, "__dict__", {}).items()) for part in (key, value)]


def _held(cell: Any) -> Any:
    """What a closure holds; nothing yet, in a function that is still being defined."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
