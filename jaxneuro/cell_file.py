"""A model as a file and back: its classes by name and its numbers, in JSON. Nothing in a file is ever executed."""

import dataclasses
import importlib
import json
import pkgutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from . import biophysics
from .checks import refuse
from .pytree import Pytree

FORMAT = "jaxneuro model 1"


def save_cell(path: str | Path, cell: Any) -> None:
    """Write a cell or another model to a file that `load_cell` reads.

    Args:
        path: The file to write, by convention `.json`.
        cell: A `Cell`, point neuron or any other pytree of numbers.

    Raises:
        TypeError: if the model holds something that is neither number, text nor a jaxneuro dataclass.
    """
    content = {"format": FORMAT, "jaxneuro": version("jaxneuro"), "model": _encode(cell)}
    Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load_cell(path: str | Path) -> Any:
    """Read a model that `save_cell` wrote.

    A class of your own must be imported before: the file holds names and numbers, no code.

    Args:
        path: The file.

    Returns:
        The model.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: for a file that is no model, a class or field that does not exist, or a number out of bounds.
    """
    path = Path(path).expanduser()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no model file {path}: write one with save_cell or `jaxneuro fit`.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise ValueError(f"{path} is not a model file ({fault}): write one with save_cell or `jaxneuro fit`.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path} is not of the format {FORMAT!r}: write it with save_cell or `jaxneuro fit`.")
    model = _decode(content["model"], _classes(), path)
    try:
        refuse(model)
    except ValueError as fault:
        raise ValueError(f"{path} holds a model that cannot be: {fault}") from None
    return model


def _encode(value: Any) -> Any:
    if isinstance(value, Pytree):
        fields = dataclasses.fields(value)  # pyright: ignore[reportArgumentType]
        return {"class": type(value).__name__, "fields": {f.name: _encode(getattr(value, f.name)) for f in fields}}
    if isinstance(value, dict):
        return {"dict": {name: _encode(item) for name, item in value.items()}}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_encode(item) for item in value]}
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        array = np.asarray(value)
        return {"array": array.tolist(), "dtype": str(array.dtype)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"{type(value).__name__} {value!r} cannot be saved: a model file holds numbers, text and dataclasses."
    )


def _decode(value: Any, classes: dict[str, type], path: Path) -> Any:
    match value:
        case {"class": name, "fields": fields}:
            return _build(name, {k: _decode(v, classes, path) for k, v in fields.items()}, classes, path)
        case {"dict": items}:
            return {name: _decode(item, classes, path) for name, item in items.items()}
        case {"tuple": items}:
            return tuple(_decode(item, classes, path) for item in items)
        case {"list": items}:
            return [_decode(item, classes, path) for item in items]
        case {"array": numbers, "dtype": ("float32" | "float64" | "int32" | "int64" | "bool") as dtype}:
            return np.array(numbers, dtype)
        case None | bool() | int() | float() | str():
            return value
    raise ValueError(f"{path} holds {str(value)[:60]!r}, which is no part of a model: the file was edited or damaged.")


def _build(name: str, fields: dict[str, Any], classes: dict[str, type], path: Path) -> Any:
    if name not in classes:
        raise ValueError(
            f"{path} holds a {name}, which is not known: import the module that defines it, then load again."
        )
    known = {f.name for f in dataclasses.fields(classes[name])}
    unknown = sorted(set(fields) - known)
    if unknown:
        raise ValueError(
            f"{path}: {name} has no field {unknown[0]!r}, only {', '.join(sorted(known))}: correct the file."
        )
    return classes[name](**fields)


def _classes() -> dict[str, type]:
    """Every dataclass that may stand in a file: those of `biophysics` and those that the user has imported."""
    for module in pkgutil.iter_modules(biophysics.__path__):
        importlib.import_module(f"{biophysics.__name__}.{module.name}")
    found, ahead = {}, list(Pytree.__subclasses__())
    while ahead:
        kind = ahead.pop()
        found[kind.__name__] = kind
        ahead += kind.__subclasses__()
    return found
