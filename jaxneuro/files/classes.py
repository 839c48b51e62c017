"""Which class a name in a file means: found where it is defined, never by its bare name, never by running anything."""

import dataclasses
import functools
import importlib
import pkgutil
import sys
import types
import typing
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import PyTree

from ..pytree import Pytree

OURS = __name__.partition(".")[0]
ROOMS = ("biophysics", "spiking", "navigation")  # imported for a file that names them
METHODS = ("diffrax",)  # a neuron without a closed form holds a method of these libraries


def stored_name(kind: type) -> str:
    """The name of a class in a file: of jaxneuro's own with their room alone, so that files may move within it."""
    top, _, rest = kind.__module__.partition(".")
    module = f"{OURS}.{rest.partition('.')[0]}" if top == OURS else kind.__module__
    return f"{module}:{kind.__qualname__}"


def method(kind: type) -> bool:
    """Whether this is a numerical method that a model may hold."""
    return kind.__module__.partition(".")[0] in METHODS and dataclasses.is_dataclass(kind)


class Classes(NamedTuple):
    """The classes that may stand in a file, those of the user's own that were given before others."""

    given: Sequence[type] = ()

    def check(self) -> None:
        """Refuse what is no class of a model.

        Raises:
            ValueError: with the fix.
        """
        for kind in self.given:
            if not (isinstance(kind, type) and issubclass(kind, Pytree)):
                raise ValueError(
                    f"classes has {kind!r}: give classes of models, such as [Leak] of class Leak(jn.Channel)."
                )

    def find(self, name: str, fields: set[str]) -> type:
        """The class of a name.

        Args:
            name: `module:name`, or in old files the name alone.
            fields: What the file has of it.

        Raises:
            LookupError: saying what to do.
        """
        module, colon, inner = name.rpartition(":")
        if not colon:
            return self._by_bare_name(name, fields)
        top, _, rest = module.partition(".")
        if top == OURS:
            return _ours(module, rest.partition(".")[0], inner)
        if top in METHODS and (kind := _defined(module, inner)) is not None and method(kind):
            return kind
        given = [kind for kind in self.given if inner in (kind.__qualname__, kind.__name__)]
        exact = [kind for kind in given if stored_name(kind) == name]
        chosen = exact or given or _theirs(module, inner)
        return _only(
            chosen, f"import {module} first, or give the class: load_cell(path, classes=[{inner.split('.')[-1]}])."
        )

    def _by_bare_name(self, name: str, fields: set[str]) -> type:
        """The class in files without modules: given, else one of jaxneuro's own with these fields, else of the user's."""
        chosen = [kind for kind in self.given if kind.__name__ == name]
        if not chosen:
            for room in ROOMS:
                _import(room)
            alike = [kind for kind in _living() if kind.__name__ == name]
            alike = [kind for kind in alike if fields <= {f.name for f in dataclasses.fields(kind)}] or alike
            ours = [kind for kind in alike if kind.__module__.partition(".")[0] == OURS]
            chosen = ours or alike
            if ours and len(alike) > len(ours):
                warnings.warn(
                    f"an old file holds a {name} without its module; jaxneuro's own is taken: for yours, "
                    f"load_cell(path, classes=[{name}]).",
                    stacklevel=2,
                )
        return _only(
            chosen, f"import the module that defines it, or give the class: load_cell(path, classes=[{name}])."
        )


def _only(kinds: Sequence[type], remedy: str) -> type:
    if len(kinds) == 1:
        return kinds[0]
    several = f"which may be {' or '.join(map(stored_name, kinds))}" if kinds else "which is not known"
    raise LookupError(f"{several}: {remedy}")


def _ours(module: str, room: str, inner: str) -> type:
    """A class of the package, by its room and its name; older files also say the module that it was in."""
    _import(room)
    found = _defined(module, inner)
    if found is not None:
        return found
    near = [kind for kind in _living() if kind.__module__.startswith(f"{OURS}.{room}") and kind.__qualname__ == inner]
    return _only(
        near,
        "this version of jaxneuro has none: load the file with the version that wrote it, `jaxneuro` in the file, and "
        "build the model anew from what it says.",
    )


def _theirs(module: str, inner: str) -> list[type]:
    """A class of the user's own: what its module now calls so; of one made inside a function, whatever is still there."""
    found = _defined(module, inner)
    if found is not None:
        return [found]
    living = (kind for kind in _living() if kind.__module__ == module and kind.__qualname__ == inner)
    return list(living) if "<locals>" in inner else []


def _import(room: str) -> None:
    """Import the modules of a room, if it is one."""
    if room not in ROOMS:
        return
    package = importlib.import_module(f"{OURS}.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.") if room == ROOMS[0] else ():
        importlib.import_module(module.name)


def _defined(module: str, inner: str) -> type | None:
    """What an imported module holds under a name; looked up, so that no code of the module runs."""
    found: Any = sys.modules.get(module)
    for part in inner.split("."):
        found = vars(found).get(part) if isinstance(found, type | types.ModuleType) else None
    return found if isinstance(found, type) and (issubclass(found, Pytree) or method(found)) else None


def _living() -> Iterator[type]:
    """All classes of models that there are now, each once."""
    ahead, seen = list(Pytree.__subclasses__()), set()
    while ahead:
        kind = ahead.pop()
        if kind not in seen:
            seen.add(kind)
            ahead += kind.__subclasses__()
            yield kind


@functools.cache
def hints(kind: type) -> dict[str, Any]:
    """What the fields of a class are declared to be; nothing where that cannot be found."""
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError, AttributeError):
        return {}


def fits(value: PyTree, hint: Any, static: bool = False) -> bool:
    """Whether a value may be what a field is declared to be. Numbers may be arrays, where they are not structure."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return static or not isinstance(value, str)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, choice, static) for choice in inner)
    if origin is dict:
        return isinstance(value, dict) and all(fits(item, inner[1], static) for item in value.values())
    if origin in (tuple, list):
        kinds = inner[:1] * len(value) if inner[1:] in ((), (...,)) and isinstance(value, origin) else inner
        alike = isinstance(value, origin) and len(value) == len(kinds)
        return alike and all(fits(item, kind, static) for item, kind in zip(value, kinds, strict=True))
    if hint in (int, float, jax.Array) and not static:
        return isinstance(value, bool | int | float | np.ndarray | jax.Array | list | tuple)
    if hint is float:
        return isinstance(value, int | float)
    checkable = isinstance(hint, type) and not getattr(hint, "_is_protocol", False)
    return isinstance(value, hint) if checkable else True
