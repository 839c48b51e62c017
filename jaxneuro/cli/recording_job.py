"""`jaxneuro fit RECORDING`: a cell fitted to some sweeps and judged on others, or on the rest of the same."""

import argparse
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..biophysics import cortical
from ..cell_file import save_cell
from ..files import NotKept
from ..fit.bounds import box
from ..fit.target import Target, target
from ..recording import Recording
from .choices import chosen_bounds, chosen_sweeps, pairing_lines
from .models import model_named
from .output import announce_end, can_draw, ended, progress_bar, write_report
from .recording_report import draw, figures, parameter_table, sweep_rows, sweep_table
from .training_job import begin

BOUNDS = {
    "adapting": cortical.BOUNDS,
    "slow_potassium": cortical.SLOW_K_BOUNDS,
    "slow_sodium": cortical.SLOW_NA_BOUNDS,
}  # of the models that are made to be fitted
STARTS, STEPS = 16, 25


def run(args: argparse.Namespace, folder: Path) -> int:
    """Fit, print, write.

    Returns:
        0, or 130 if Ctrl-C ended the fit; then everything is of what it had reached.
    """
    fitted, held = chosen_sweeps(args)
    print(pairing_lines(fitted + held))
    model, free = chosen_model(args)
    goal, judge = chosen_targets(fitted, held, args.window)
    from ..fit.fit import fit

    steps, starts = args.steps or STEPS, args.starts or STARTS
    print(
        f"fitting {len(free)} parameters of {args.model or 'adapting'} to {len(fitted)} sweeps of {goal.duration:g} ms"
    )
    print(f"compiling, then choosing {starts} starts: half a minute or more before the first step")
    with progress_bar(steps) as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # printed below
        warnings.simplefilter("default", NotKept)
        result = fit(
            model, goal, free=free, hold_out=judge, starts=starts, steps=steps, key=jax.random.key(args.seed),
            progress=progress, checkpoint=begin(args, folder / "checkpoint.npz"), resume=args.resume,
        )  # fmt: skip
    announce_end(result, args)
    if not len(result.ensemble):
        raise ValueError(
            f"all {starts} starts were dropped, no loss was a finite number: narrow the bounds, or take another --seed."
        )
    print("\n" + parameter_table(result, free))
    rows = sweep_rows(result.cell, goal, fitted, result.fitted, "fitted")
    if judge is not None:
        rows += sweep_rows(result.cell, judge, held or fitted, result.held_out, "held out" if held else "the rest")
    print("\n" + sweep_table(rows))
    if result.health and result.health.warning:
        print(f"\nwarning: {result.health.warning}")
    save_cell(folder / "cell.json", result.cell)
    write_report(folder / "report.json", args.command, args.seed, figures(result, free, rows))
    print(f"\nwrote {folder}/report.json and cell.json (jaxneuro simulate {folder}/cell.json --unit nA)")
    if can_draw():
        draw(folder / "fit.png", rows, result.history)
        print(f"wrote {folder}/fit.png")
    return ended(result)


def chosen_model(args: argparse.Namespace) -> tuple[Any, dict[str, tuple[float, float]]]:
    """The model and the bounds of what is free in it.

    Raises:
        ValueError: for a model without bounds of its own, if --free names none.
    """
    name = args.model or "adapting"
    model, free = model_named(name), chosen_bounds(args.free) or BOUNDS.get(name)
    if not free:
        raise ValueError(
            f"--model {name} has no bounds of its own: name what is free, --free PATH=LOW:HIGH ..., or take "
            f"{', '.join(BOUNDS)}. The paths are: {', '.join(model.paths())}."
        )
    box(model, free)  # what is wrong with them is said before anything long begins
    return model, free


def chosen_targets(
    fitted: list[Recording], held: list[Recording], window: list[float] | None
) -> tuple[Target, Target | None]:
    """What is fitted, and what the fit is judged by: the sweeps held out, else what follows the window."""
    if window is None:
        return target(fitted), target(held) if held else None
    start, end = window
    goal = target(fitted, window=(start, end))
    if held:
        return goal, target(held, window=(start, end))
    last = min(float(np.asarray(sweep.t)[-1]) for sweep in fitted)
    return goal, target(fitted, window=(start, last), judged_from=end)
