"""Names of parameters: one grammar for every model, whatever edits, frees, fits or trains it.

    na.g_max                a path
    *.g_max                 a pattern of paths: all that match
    na.g_max@apical         in one region of a cell
    k.e+m.e                 several that have one value

A name that is a path means that path, whatever signs are in it.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import PyTree

from ..checks import Bounds, field_bounds
from .base import Pytree
from .kinds import contract
from .places import Index, Place, held, places, unknown


class Part(NamedTuple):
    """What a name, or a part of one, means: something at a path, in a region of a cell or, if that is "", everywhere."""

    path: str
    place: Place
    region: str = ""

    @property
    def name(self) -> str:
        return f"{self.path}@{self.region}" if self.region else self.path


def meant(tree: PyTree, name: str) -> list[list[Part]]:
    """What a name means: for each of its terms, that is of what stands between `+`, all that it matches.

    Raises:
        KeyError: for a term that means nothing, or a path that may mean several things; the message lists what there is.
    """
    return _terms(Index(tree), name)


def _terms(index: Index, text: str) -> list[list[Part]]:
    for cut in (len(text), *(i for i in reversed(range(len(text))) if text[i] == "+")):  # names may hold a +
        if found := _term(index, text[:cut]):
            return [found] if cut == len(text) else [found, *_terms(index, text[cut + 1 :])]
    path = text.partition("+")[0]
    raise KeyError(unknown(path.rpartition("@")[0] or path, list(index.listed)))


def _term(index: Index, text: str) -> list[Part]:
    path, _, region = text.rpartition("@")
    return _paths(index, text, "") or (_paths(index, path, region) if region else [])


def _paths(index: Index, text: str, region: str) -> list[Part]:
    place = index.at(text)
    found = index.like(text) if place is None else {text: place}
    return [Part(path, place, region) for path, place in found.items()]


def joined(tree: PyTree, name: str) -> list[Part]:
    """All that one value of a name is for.

    Raises:
        KeyError: as `meant`.
        ValueError: where that is of several kinds, such as a conductance and a potential.
    """
    parts = [part for term in meant(tree, name) for part in term]
    kinds: dict[str, str] = {}
    for part in parts:
        kinds.setdefault(_kind(tree, part), part.name)
    if len(known := [f"{path} [{kind}]" for kind, path in kinds.items() if kind]) > 1:
        raise ValueError(f"{name!r} gives one value to {known[0]} and to {known[1]}: name what is of one kind.")
    return parts


def _kind(tree: PyTree, part: Part) -> str:
    """The unit of a number, "" if it has none, or the kind of a mechanism."""
    node = part.place.node
    return contract(type(node)).__name__ if isinstance(node, Pytree) else bounds_at(tree, part.place.keys).unit


def bounds_at(tree: PyTree, keys: tuple) -> Bounds:
    """What the numbers at keys from a root may be; those of `varied` what they stand for may be."""
    for n, key in enumerate(keys[:-1]):
        holder = held(tree, keys[:n])
        fields = dataclasses.fields(holder) if isinstance(holder, Pytree) else ()  # pyright: ignore[reportArgumentType]
        if of := next((f.metadata["of"] for f in fields if f.name == key and "of" in f.metadata), ""):
            return bounds_of(held(holder, (of,)), keys[n + 1])
    return field_bounds(tree, keys)


def entries(tree: PyTree, name: str) -> dict[str, list[Part]]:
    """The names of single values that a name is short for, and what each means: a pattern is one for each of its matches.

    Raises:
        KeyError, ValueError: as `joined`.
    """
    terms = meant(tree, name)
    return {name: joined(tree, name)} if len(terms) > 1 else {part.name: [part] for part in terms[0]}


def bounds_of(tree: PyTree, name: str) -> Bounds:
    """What the first of the numbers of a name may be, its unit, and whether currents are linear in it.

    Raises:
        KeyError: as `meant`.
    """
    return bounds_at(tree, meant(tree, name)[0][0].place.keys)


def unit_of(tree: PyTree, name: str) -> str:
    """The unit of a parameter, "" if none is declared.

    Raises:
        KeyError: as `meant`.
    """
    return bounds_of(tree, name).unit


def label_of(tree: PyTree, name: str) -> str:
    """A name with its unit, for tables and the axes of figures: `na.g_max [mS/cm²]`.

    Raises:
        KeyError: as `meant`.
    """
    unit = unit_of(tree, name)
    return f"{name} [{unit}]" if unit else name


def room_of(tree: PyTree, name: str) -> float:
    """The most that the numbers of a name may be where they are trained, which the `room` of their fields says.

    Raises:
        KeyError: as `meant`.
        ValueError: if that is 0.
    """
    rooms = []
    for part in joined(tree, name):
        holder = held(tree, part.place.keys[:-1])
        bounds = bounds_at(tree, part.place.keys)
        rooms.append(vars(holder)[bounds.room])
        if not rooms[-1]:
            raise ValueError(
                f"{part.path} is trained and has no room: give the {type(holder).__name__} a {bounds.room} > 0 [{bounds.unit}]."
            )
    return min(rooms)


def each_once(chosen: dict[str, list[Part]], reached: Callable[[Part], PyTree]) -> None:
    """Refuse names of which two mean the same number in the same place.

    Args:
        chosen: Names and what they mean, from `entries`.
        reached: Function of a part that says which compartments it reaches (compartment,), or True for all.

    Raises:
        ValueError: naming the path.
    """
    seen: dict[tuple, PyTree] = {}
    for part in (part for parts in chosen.values() for part in parts):
        here, root = reached(part), part.place.keys
        inner = [] if part.place.parameter else [(*root, *place.keys) for place in places(part.place.node)]
        for keys in (root, *inner):  # a mechanism is all that is in it
            if np.any(here & seen.get(keys, np.False_)):
                raise ValueError(f"free names {part.path!r} twice: name it once in each compartment.")
            seen[keys] = here | seen.get(keys, np.False_)
