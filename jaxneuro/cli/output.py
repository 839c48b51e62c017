"""What the subcommands write."""

import argparse
import importlib.util
import json
import math
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import PyTree

from .. import __version__
from ..files import writing
from ..recording import Recording
from .training_job import how_to_go_on

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..fitting import FitResult
    from ..learn import Optimised


INTERRUPTED = 130  # exit code: 128 + SIGINT, as shells report it
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


def write_csv(path: Path, recording: Recording) -> None:
    """A recording as a table that `read_csv` reads."""
    columns = np.stack([np.asarray(x) for x in (recording.t, recording.v[:, 0], recording.current)], axis=1)
    with writing(path) as file:
        np.savetxt(file, columns, delimiter=",", header="time_ms,voltage_mV,current_nA", comments="", fmt="%.8g")


def write_report(path: Path, command: str, seed: int, figures: dict[str, PyTree]) -> None:
    """All figures of a fit, and what is needed to get them again, as JSON."""
    versions = {name: version(name) for name in ("jax", "jaxlib")} | {"python": platform.python_version()}
    content = {"command": command, "seed": seed, "versions": {"jaxneuro": __version__} | versions, **figures}
    with writing(path) as file:
        file.write(json.dumps(_plain(content), indent=1, allow_nan=False) + "\n")


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


def interrupted(reached: "Optimised | FitResult") -> bool:
    """Whether Ctrl-C ended an optimisation."""
    return "interrupted" in reached.statuses


def announce_end(reached: "Optimised | FitResult", args: argparse.Namespace) -> None:
    """Say so if an optimisation was interrupted, or starts were dropped."""
    if interrupted(reached):
        print(how_to_go_on(args))
    if reached.dropped:
        print(f"{reached.dropped} of {len(reached.statuses)} starts were dropped: their loss was not a finite number.")


def ended(reached: "Optimised | FitResult") -> int:
    """The exit code of an optimisation."""
    return INTERRUPTED if interrupted(reached) else 0
