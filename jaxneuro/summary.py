"""What is shown of a thing that is too large to be printed: a row a part, numbers where there are any, else their shapes."""

import dataclasses
import html
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from .checks import BOUNDS

ROWS, WIDTH = 18, 100  # beside the title and a last line that says how many are left out
FEW = 4  # numbers that are shown one by one
MANY = 1_000_000  # numbers among which no extremes are looked for

Row = tuple[str, str]


class Summarised:
    """Something whose `repr` is its name and its rows, in a notebook a table."""

    def rows(self) -> Iterator[Row]:
        """Name and text of each part; by default of the fields, with an entry each of mappings."""
        return fields(self)

    def __repr__(self) -> str:
        rows = _shown(self)
        wide = max((len(name) for name, _ in rows), default=0)
        return "\n".join([type(self).__name__, *(f"  {name:{wide}}  {text}".rstrip() for name, text in rows)])

    def _repr_html_(self) -> str:
        cells = (f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td></tr>" for name, text in _shown(self))
        return f"<table><caption>{html.escape(type(self).__name__)}</caption>{''.join(cells)}</table>"


def fields(thing: Any) -> Iterator[Row]:
    """A row for each field of a dataclass that holds something and is not computed from others."""
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        if value is None or (isinstance(value, str) and not value) or not field.metadata.get("parameter", True):
            continue
        if isinstance(value, Mapping):
            yield from ((str(name), brief(inner)) for name, inner in value.items())
        else:
            yield field.name, f"{brief(value)} {_unit(field)}".rstrip()


def brief(value: Any) -> str:
    """One line: numbers if they are few and known, extremes if they are many, only a shape if they are traced."""
    if isinstance(value, Summarised):
        return f"{type(value).__name__} of {', '.join(name for name, _ in _rows(value))}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(f'{name}={text}' for name, text in fields(value))})"
    if isinstance(value, list | tuple) and len(value) > FEW:
        return f"{len(value)}: {', '.join(map(brief, value[:FEW]))}, ..."
    if isinstance(value, list | tuple | Mapping):
        return f"[{', '.join(map(brief, value))}]"
    return numbers(value) if isinstance(value, jax.Array | np.ndarray | np.generic | float) else str(value)


def numbers(value: Any) -> str:
    """Numbers of an array."""
    if isinstance(value, Tracer) or (value := np.asarray(value)).dtype.kind not in "fiub" or value.size > MANY:
        return f"{value.dtype}{list(value.shape)}"
    if value.ndim == 0:
        return _number(value)
    if value.ndim == 1 and value.size <= FEW:
        return f"[{', '.join(map(_number, value))}]"
    finite = value[np.isfinite(value)]
    return f"{value.dtype}{list(value.shape)}{_extremes(finite)}"


def _extremes(finite: np.ndarray) -> str:
    if not finite.size:
        return ""
    low, high = _number(finite.min()), _number(finite.max())
    return f", {low}" if low == high else f", {low} to {high}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if value.dtype.kind == "f" else str(value)


def _unit(field: dataclasses.Field) -> str:
    return field.metadata[BOUNDS].unit if BOUNDS in field.metadata else ""


def _rows(thing: Summarised) -> Iterator[Row]:
    """Its own rows; those of its fields while JAX holds something else than numbers in them."""
    known = (jax.Array, np.ndarray, np.generic, float, int)
    leaves = jax.tree.leaves(thing)
    return (
        thing.rows()
        if all(x is thing or (isinstance(x, known) and not isinstance(x, Tracer)) for x in leaves)
        else fields(thing)
    )


def _shown(thing: Summarised) -> list[Row]:
    rows = [(name, textwrap.shorten(text, WIDTH, placeholder=" ...")) for name, text in _rows(thing)]
    return rows if len(rows) <= ROWS else [*rows[:ROWS], ("...", f"and {len(rows) - ROWS} more")]
