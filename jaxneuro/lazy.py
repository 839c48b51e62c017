"""Names of a package that are imported when they are first used, because they bring libraries that others do not need."""

import importlib
from collections.abc import Callable
from typing import Any


def importer(package: str, places: dict[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Args:
        package: Its name.
        places: By name the module that holds it, such as `.solve.staggered`; a module of that name is meant itself.
    """

    def attribute(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(places[name], package)
        return module if places[name] == f".{name}" else getattr(module, name)

    return attribute
