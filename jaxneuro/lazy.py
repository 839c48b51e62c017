"""Names of a room that are imported when they are first used, because they bring libraries that others do not need.

Such a room writes them once, where type checkers read them:

    if TYPE_CHECKING:
        from .training import decoders as decoders
        from .training.train import train as train

    __getattr__, __dir__ = importer(__name__, __file__)
"""

import ast
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def importer(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a room.

    Args:
        room: Its name.
        file: Its `__init__`, whose imports under `if TYPE_CHECKING` are made when they are asked for.
    """
    places = dict(_written(ast.parse(Path(file).read_text())))

    def attribute(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        place = places[name]
        if place == ".":
            return importlib.import_module(f".{name}", room)
        found = getattr(importlib.import_module(place, room), name, None)
        return importlib.import_module(f"{place}.{name}", room) if found is None else found

    def shown() -> list[str]:
        return sorted(
            set(places) | {name for name, value in vars(sys.modules[room]).items() if _public(room, name, value)}
        )

    return attribute, shown


def _written(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name under `if TYPE_CHECKING`, and the module it is of."""
    for block in (node for node in tree.body if isinstance(node, ast.If)):
        for node in block.body:
            if isinstance(node, ast.ImportFrom):
                yield from ((alias.name, "." * node.level + (node.module or "")) for alias in node.names)


def _public(room: str, name: str, value: Any) -> bool:
    """Whether this is a name that a room gives, and not a file of it that was imported on the way."""
    file = isinstance(value, ModuleType) and value.__name__ == f"{room}.{name}"
    return not (file or name.startswith("_") or name == "TYPE_CHECKING")
