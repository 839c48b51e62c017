"""`jaxneuro models`: what there is, with sources."""

import argparse
import difflib
import textwrap
from pathlib import Path
from typing import Any

import jax

from ..biophysics import cells
from ..biophysics.membrane import Cell
from ..biophysics.point import PointNeuron
from ..biophysics.stimuli import step
from ..files import load_cell
from ..model import Model


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser("models", help="what models there are, with sources", description=__doc__)
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    del args
    wide = max(map(len, cells.CATALOGUE))
    for name in cells.CATALOGUE:
        what, source = cells.describe(name)
        lines = textwrap.wrap(what, 110 - wide) + textwrap.wrap(source, 110 - wide)
        print(f"{name:<{wide}}  " + f"\n{'':<{wide}}  ".join(lines))


def model_named(name: str) -> Any:
    """A model by its name, or from the file that a fit wrote.

    Raises:
        ValueError: for an unknown name; the message lists those that exist.
        FileNotFoundError: for a file that is not there.
    """
    if name in cells.CATALOGUE:
        return cells.make(name)
    if Path(name).suffix == ".json" or Path(name).exists():
        return _whole(load_cell(name), name)
    close = difflib.get_close_matches(name, cells.CATALOGUE, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"there is no model {name!r}.{hint} There are: {', '.join(cells.CATALOGUE)}; or give a model file."
    )


def _whole(model: Model, name: str) -> Any:
    """A model from a file, if it is a cell or point neuron whose numbers fit together.

    Raises:
        ValueError: naming the file.
    """
    if not isinstance(model, Cell | PointNeuron):
        raise ValueError(f"{name} holds a {type(model).__name__}, and this command takes a cell or a point neuron.")
    try:
        jax.eval_shape(lambda m: m.derivative(m.initial(), m.drive(step(1.0), 0.0)), model)
    except Exception as fault:  # whatever numbers that do not fit lead to
        raise ValueError(
            f"{name}: its numbers do not fit together ({fault}): correct the file, or write it anew."
        ) from fault
    return model
