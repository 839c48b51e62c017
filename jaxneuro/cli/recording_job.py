"""`jaxneuro fit RECORDING`: a cell fitted to some sweeps and judged on others, or on the rest of the same."""

import argparse
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..biophysics.catalogue import LIMITS
from ..files import NotKept, save_cell
from ..fitting.targets import Stimulus, Target, stimuli, target
from ..learn import box, spelled_out
from ..recording import Recording
from .choices import chosen_bounds, chosen_fixed, chosen_sweeps, merged_bounds, pairing_lines
from .methods import chosen_method
from .models import model_named
from .output import drawn, write_report
from .recording_report import draw, figures, parameter_table, shortfalls, sweep_rows, sweep_table
from .training_job import begin, ended, status_of

STARTS = 16
DT = 0.02  # ms


def run(args: argparse.Namespace, folder: Path) -> int:
    """Fit, print, write.

    Returns:
        0, or 130 if Ctrl-C ended the fit; then everything is of what it had reached.
    """
    loss, optimiser, usual = chosen_method(args.loss, args.optimiser)
    fitted, held = chosen_sweeps(args)
    print(pairing_lines(fitted + held))
    model, free = chosen_model(args)
    goal, judge, given = chosen_targets(fitted, held, args)
    from ..fitting.fit import fit

    steps, starts = args.steps or usual, args.starts or STARTS
    print(
        f"fitting {len(free)} parameters of {args.model or 'adapting'} to {len(fitted)} sweeps of {goal.duration:g} ms"
    )
    print(f"compiling, then choosing {starts} starts: half a minute or more before the first step")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # printed below
        warnings.simplefilter("default", NotKept)
        result = fit(
            model, goal, free=free, loss=loss, optimiser=optimiser, hold_out=judge, starts=starts, steps=steps,
            key=jax.random.key(args.seed), checkpoint=begin(args),
            resume=args.resume,
        )  # fmt: skip
    status = status_of(result)
    code = ended(args, status)
    if not len(result.ensemble):
        raise ValueError(
            f"all {starts} starts were dropped, no loss was a finite number: narrow the bounds, or take another --seed."
        )
    print("\n" + parameter_table(result, free))
    rows = sweep_rows(result.cell, goal, fitted, given[: len(fitted)], result.fitted, "fitted")
    if judge is not None:
        judges, shown = (held, given[len(fitted) :]) if held else (fitted, given)
        rows += sweep_rows(result.cell, judge, judges, shown, result.held_out, "held out" if held else "the rest")
    print("\n" + "\n".join([sweep_table(rows), *shortfalls(rows)]))
    if result.health and result.health.warning:
        print(f"\nwarning: {result.health.warning}")
    save_cell(folder / "cell.json", result.cell)
    print(f"\nwrote {folder}/cell.json (jaxneuro simulate {folder}/cell.json --unit nA)")
    write_report(folder / "report.json", args, status, figures(result, free, rows))
    drawn(folder / "fit.png", lambda: draw(rows, result.history))
    return code


def chosen_model(args: argparse.Namespace) -> tuple[Any, dict[str, tuple[float, float]]]:
    """The model with what is fixed, and the bounds of what is free in it: its own, as --free changes them.

    Raises:
        ValueError: for a model without bounds of its own, if --free names none.
    """
    name = args.model or "adapting"
    fixed = chosen_fixed(args.fix)
    model, free = model_named(name), merged_bounds(dict(LIMITS.get(name, {})), chosen_bounds(args.free), fixed)
    if not free:
        raise ValueError(
            f"--model {name} has no bounds left: name what is free, --free PATH=LOW:HIGH ..., or take "
            f"{', '.join(LIMITS)}. The paths are: {', '.join(model.paths())}."
        )
    for name, value in fixed.items():
        model = model if value is None else model.set(name, value)
    box(model, free)  # what is wrong with them is said before anything long begins
    return model, spelled_out(model, free)


def chosen_targets(
    fitted: list[Recording], held: list[Recording], args: argparse.Namespace
) -> tuple[Target, Target | None, list[Stimulus]]:
    """What is fitted; what the fit is judged by, the sweeps held out, else what follows the window; the stimulus of each."""
    step = tuple(args.step) if args.step else None
    given = stimuli([*fitted, *held], step)
    common = {"level": args.level, "step": step, "dt": args.dt or DT}
    if args.dt is not None and not args.dt > 0:
        raise ValueError(f"--dt {args.dt:g}: a step must be positive; {DT} ms is usual.")
    window = tuple(args.window) if args.window else None
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        goal = target(fitted, window=window, beside=held, **common)
        judge = target(held, window=window, beside=fitted, **common) if held else None
        if window and not held:
            last = max(float(np.asarray(sweep.t)[-1]) for sweep in fitted)
            judge = target(fitted, window=(window[0], last), judged_from=window[1], **common)
    for warning in said:
        print(f"warning: {str(warning.message).replace('step=(on, off)', '--step ON OFF')}")
    if not np.any(np.asarray(goal.total) > 0):
        print(
            "warning: no sweep that is fitted has a spike: what makes spikes is not constrained; fit one that fires, too."
        )
    return goal, judge, given
