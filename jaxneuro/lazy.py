"""Names of a room that are imported when they are first used, because they bring libraries that others do not need.

Such a room writes them once, where type checkers read them:

    if TYPE_CHECKING:
        from .training import decoders as decoders
        from .training.train import train as train

    __getattr__, __dir__ = importer(__name__, __file__)
"""

import ast
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
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

    return attribute, listing(file)


def listing(file: str) -> Callable[[], list[str]]:
    """The `__dir__` of a room: the names that its `__init__` gives, and not the files that were imported on the way."""

    def given() -> list[str]:
        body = ast.parse(Path(file).read_text()).body
        nodes = [node for part in body for node in (part.body if isinstance(part, ast.If) else [part])]
        names = {alias.asname for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
        names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        return sorted(name for name in names if name and not name.startswith("_"))

    return given


def _written(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name under `if TYPE_CHECKING`, and the module it is of."""
    for block in (node for node in tree.body if isinstance(node, ast.If)):
        for node in block.body:
            if isinstance(node, ast.ImportFrom):
                yield from ((alias.name, "." * node.level + (node.module or "")) for alias in node.names)
