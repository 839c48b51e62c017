"""What the subcommands write."""

import argparse
import importlib.util
import json
import math
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import PyTree

from .. import __version__
from ..files import writing
from ..recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MISSING = 'figures need matplotlib, which is not installed: pip install "jaxneuro[plot]"'


def can_draw() -> bool:
    """Whether figures can be made; if not, says so."""
    if importlib.util.find_spec("matplotlib") is None:
        print(f"no figure: {MISSING}", file=sys.stderr)
        return False
    return True


def pyplot() -> Any:
    """Matplotlib without a screen."""
    try:
        import matplotlib
    except ImportError as fault:
        raise ImportError(MISSING) from fault
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def picture(path: Path, recording: Recording, stimulus: np.ndarray, unit: str) -> None:
    """A figure of one recording and its stimulus."""
    pyplot()
    from ..plot import trace

    axes = trace(recording, stimulus, unit=unit)
    axes[0].set_title(recording.name, fontsize=9, loc="left")
    save_figure(path, axes[0].figure)


def save_figure(path: Path, figure: "Figure") -> None:
    """Write a figure and forget it."""
    with writing(path, "b") as file:
        figure.savefig(file, dpi=150, format=path.suffix[1:])
    pyplot().close(figure)


def drawn(path: Path, figure: Callable[[], Any]) -> None:
    """A figure into a file, if figures can be made, and a line that says so."""
    if can_draw():
        pyplot()
        save_figure(path, figure())
        print(f"wrote {path}")


def write_csv(path: Path, recording: Recording) -> None:
    """A recording as a table that `read_csv` reads."""
    columns = np.stack([np.asarray(x) for x in (recording.t, recording.v[:, 0], recording.current)], axis=1)
    with writing(path) as file:
        np.savetxt(file, columns, delimiter=",", header="time_ms,voltage_mV,current_nA", comments="", fmt="%.8g")


def write_report(path: Path, args: argparse.Namespace, status: str, figures: dict[str, PyTree]) -> None:
    """How a computation ended and all its figures, and what is needed to get them again, as JSON, and a line that says so."""
    versions = {name: version(name) for name in ("jax", "jaxlib")} | {"python": platform.python_version()}
    made_by = {"command": args.command, "seed": args.seed, "versions": {"jaxneuro": __version__} | versions}
    with writing(path) as file:
        file.write(json.dumps(_plain({**made_by, "status": status, **figures}), indent=1, allow_nan=False) + "\n")
    print(f"wrote {path}")


def _plain(value: object) -> Any:
    """What JSON can hold: arrays as lists, and null for numbers that are not finite."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _plain(np.asarray(value).tolist())
