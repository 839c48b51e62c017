"""Dotted paths into a tree: groups are hidden by position, and what may mean two things is refused."""

import dataclasses
import difflib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from jaxtyping import PyTree

from .base import Pytree


class Place(NamedTuple):
    """Where something is in a tree: its keys from the root, its path without groups, "" if it is a group, and with them."""

    keys: tuple[Any, ...]
    short: str
    full: str
    node: PyTree

    @property
    def parameter(self) -> bool:
        """Whether it is a leaf that holds something."""
        return self.node is not None and not isinstance(self.node, dict | Pytree)


def places(node: PyTree, keys: tuple = (), shown: tuple = ()) -> Iterator[Place]:
    """Everything below a node, depth first."""
    for key, child, hidden in _parts(node):
        here, seen = (*keys, key), shown if hidden else (*shown, str(key))
        yield Place(here, "" if hidden else ".".join(seen), ".".join(_quoted(key) for key in here), child)
        yield from places(child, here, seen)


def children(node: PyTree) -> dict[Any, PyTree]:
    """The named parts of a node that hold parameters: a dict's items, or the fields of a pytree that are no structure."""
    return {key: child for key, child, _ in _parts(node)}


def _parts(node: PyTree) -> list[tuple[Hashable, PyTree, bool]]:
    """Name, value, and whether paths leave it out, of the parts of a node that hold parameters."""
    if isinstance(node, dict):
        return [(key, child, False) for key, child in node.items()]
    if not isinstance(node, Pytree):
        return []
    fields: tuple = dataclasses.fields(node)  # pyright: ignore[reportArgumentType]
    held = [f for f in fields if not f.metadata.get("static") and f.metadata.get("parameter", True)]
    return [(f.name, getattr(node, f.name), bool(f.metadata.get("group"))) for f in held]


def _quoted(key: Hashable) -> str:
    """A key as it stands in a full path, so that no two places share one."""
    return repr(key) if not isinstance(key, str) or any(c in key for c in ".'\"") else key


class Index:
    """What is in a tree, and what a path to it is.

    Attributes:
        everything: All places, depth first.
        listed: The parameters by the path that each is listed under: without groups where that is its own, else with them.
    """

    def __init__(self, tree: PyTree):
        self.everything = list(places(tree))
        self.listed = _listed(self.everything)

    def at(self, path: str) -> Place | None:
        """What a path means: a parameter that is listed, else what goes by this name, else by its full path.

        Raises:
            KeyError: if it may mean several things.
        """
        if path in self.listed:
            return self.listed[path]
        named = [place for place in self.everything if place.short and path in (place.short, place.full)]
        if len(named) > 1:
            raise KeyError(several(path, [place.full for place in named]))
        return next(iter(named or [place for place in self.everything if place.full == path]), None)

    def like(self, pattern: str) -> dict[str, Place]:
        """The parameters, or if none the mechanisms, whose paths match a pattern."""
        mechanisms = {place.short: place for place in self.everything if place.short and isinstance(place.node, Pytree)}
        sought = next((them for them in (self.listed, mechanisms) if matching(them, pattern)), {})
        return {path: sought[path] for path in matching(sought, pattern)}


def _listed(everything: list[Place]) -> dict[str, Place]:
    found = [place for place in everything if place.parameter]
    shorts, fulls = Counter(place.short for place in found), {place.full: place for place in found}

    def own(place: Place) -> bool:
        return bool(place.short) and shorts[place.short] == 1 and fulls.get(place.short, place) is place

    return {place.short if own(place) else place.full: place for place in found}


def matching(known: Iterable[str], pattern: str) -> list[str]:
    """The paths that match a pattern, such as `connections.*.weight`; one that is a path matches itself alone."""
    known = list(known)
    return [pattern] if pattern in known else [path for path in known if fnmatchcase(path, pattern)]


def find(tree: PyTree, path: str) -> Place:
    """The place that a path means; see `Index.at`.

    Raises:
        KeyError: if the path does not exist or may mean several things; the message lists those that do.
    """
    index = Index(tree)
    place = index.at(path)
    if place is None:
        raise KeyError(unknown(path, list(index.listed)))
    return place


def several(path: str, meant: Iterable[str]) -> str:
    """What to say of a path that may mean several things."""
    return f"{path!r} may be {' or '.join(meant)}: write the one that is meant."


def held(tree: PyTree, keys: Iterable[Any]) -> PyTree:
    """What is at keys from a root."""
    for key in keys:
        tree = tree[key] if isinstance(tree, dict) else getattr(tree, key)
    return tree


def unknown(path: str, known: list[str]) -> str:
    """What to say of a path that does not exist."""
    close = difflib.get_close_matches(path, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no parameter {path!r}.{hint} The paths are: {', '.join(known)}."
