"""What may stand where: numbers stay numbers, and a mechanism one of its kind."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from .base import Pytree
from .places import children

ROOM = __name__.rpartition(".")[0]


def check(path: str, old: PyTree, new: PyTree) -> None:
    """Refuse what cannot stand at a path: numbers stay numbers, and a mechanism one of its kind.

    Raises:
        ValueError: for another kind of thing, or a shape that does not broadcast.
    """
    if isinstance(old, Pytree):
        if not isinstance(new, kind := contract(type(old))):
            inner = ", ".join(f"{path}.{name}" for name in children(old)) or "none"
            raise ValueError(f"{path!r} is a {type(old).__name__} and {_said(new)} is no {kind.__name__}: give one, or set "
                            f"one of its parameters: {inner}.")  # fmt: skip
    elif isinstance(old, dict):
        raise ValueError(f"{path!r} is a group of {', '.join(map(repr, old)) or 'nothing'}: set one of them, or give all "
                        "of them with replace.")  # fmt: skip
    elif old is None:
        if not isinstance(new, Pytree) and shape(new) is None:
            raise ValueError(f"{path!r} is to be {_said(new)}: give a number, an array or a mechanism.")
    elif shape(old) is not None or not isinstance(new, type(old)):  # trees of labels or shardings hold no numbers
        _check_number(path, old, new)


def _check_number(path: str, old: PyTree, new: PyTree) -> None:
    before, after = shape(old), shape(new)
    if after is None:
        raise ValueError(
            f"{path!r} is a parameter and {_said(new)} is no number: give a number or an array of numbers."
        )
    if before is None:
        return
    try:
        np.broadcast_shapes(before, after)
    except ValueError:
        raise ValueError(
            f"{path!r} has shape {before} and {after} does not broadcast with it: give one number or an array of shape "
            f"{before}; a model of another size is built anew. Many models are one under jax.vmap."
        ) from None


def contract(kind: type) -> type:
    """What all mechanisms that may stand in for one have in common: the class just below those of this room."""
    return next(c for c in reversed(kind.__mro__) if issubclass(c, Pytree) and c.__module__.rpartition(".")[0] != ROOM)


def shape(value: PyTree) -> tuple[int, ...] | None:
    """The shape of a number, or of an array or nested sequence of numbers; None for anything else."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        inner = [shape(item) for item in value] or [()]
        return None if inner[0] is None or any(other != inner[0] for other in inner) else (len(value), *inner[0])
    if isinstance(value, bool | int | float):
        return ()
    dtype = getattr(value, "dtype", None)
    if dtype is None or jnp.issubdtype(dtype, jnp.complexfloating):
        return None
    known = any(jnp.issubdtype(dtype, kind) for kind in (jnp.number, jnp.bool_, jax.dtypes.extended))
    return np.shape(value) if known else None


def _said(value: PyTree) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 60 else text[:60] + ' ...'}"
