"""What checks annotations in the tests: shapes alone, as all else is a type checker's business."""

from collections.abc import Callable
from typing import Any, get_args, get_origin

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, PyTree

NUMBERS = BeartypeConf(is_pep484_tower=True)  # whole ones are numbers too


def check(function: Callable) -> Callable:
    """The function, which refuses an array of another shape or kind than its annotations say."""
    function.__annotations__ = {name: _shapes(hint) for name, hint in function.__annotations__.items()}
    return beartype(function, conf=NUMBERS)


def _shapes(hint: object) -> object:
    """What of an annotation is of shapes."""
    if get_origin(hint) is tuple:
        return tuple[tuple(_shapes(part) if part is not ... else part for part in get_args(hint))]
    return hint if _has_shape(hint) else Any


def _has_shape(hint: object) -> bool:
    if isinstance(hint, type(PyTree)) or (isinstance(hint, type) and issubclass(hint, AbstractArray)):
        return True
    return any(_has_shape(part) for part in get_args(hint))
