"""`jaxneuro fit RECORDING`: a cell fitted to some sweeps and judged on others."""

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..biophysics import cortical
from ..cell_file import save_cell
from ..recording import Recording
from .choices import chosen_bounds, chosen_sweeps
from .models import model_named
from .output import announce_end, can_draw, ended, interrupted, progress_bar, pyplot, write_report

MADE_TO_FIT = {
    "adapting": (cortical.adapting, cortical.BOUNDS),
    "slow_potassium": (cortical.slow_potassium, cortical.SLOW_K_BOUNDS),
    "slow_sodium": (cortical.slow_sodium, cortical.SLOW_NA_BOUNDS),
}
STARTS, STEPS = 32, 25
MOST_ROWS = 8  # sweeps in the figure


def run(args: argparse.Namespace, folder: Path) -> int:
    """Fit, print, write.

    Returns:
        0, or 130 if Ctrl-C ended the fit; then everything is of what it had reached.
    """
    fitted, held = chosen_sweeps(args)
    model, free = chosen_model(args)
    from ..fit.fit import fit

    steps = args.steps or STEPS
    print(f"fitting {len(free)} parameters to {len(fitted)} sweeps, judging by {len(held)} held out")
    with progress_bar(steps) as progress:
        result = fit(
            model, fitted, free=free, hold_out=held, starts=args.starts or STARTS, steps=steps,
            key=jax.random.key(args.seed), progress=progress, checkpoint=folder / "checkpoint.npz", resume=args.resume,
        )  # fmt: skip
    announce_end(result, args)
    values = {path: _number(result.cell, path) for path in free}
    print("\n" + parameter_table(values, free))
    rows = judged(result.cell, fitted, "fitted") + judged(result.cell, held, "held out")
    print("\n" + sweep_table(rows))
    save_cell(folder / "cell.json", result.cell)
    write_report(folder / "report.json", args.command, args.seed, figures(result, values, free, rows))
    print(f"\nwrote {folder}/report.json and cell.json (jaxneuro simulate {folder}/cell.json --unit nA)")
    if can_draw():
        draw(folder, rows, result.history)
        print(f"wrote {folder}/fit.png and losses.png")
    return ended(result)


def chosen_model(args: argparse.Namespace) -> tuple[Any, dict[str, tuple[float, float]]]:
    """The model and the bounds of what is free in it.

    Raises:
        ValueError: for a model without bounds of its own, if --free names none.
    """
    name, free = args.model or "adapting", chosen_bounds(args.free)
    if name in MADE_TO_FIT:
        make, own = MADE_TO_FIT[name]
        return make(), free or own
    model = model_named(name)
    if not free:
        raise ValueError(
            f"--model {name} has no bounds of its own: name what is free, --free PATH=LOW:HIGH ..., or take "
            f"{', '.join(MADE_TO_FIT)}. The paths are: {', '.join(model.paths())}."
        )
    return model, free


def judged(cell: Any, sweeps: list[Recording], role: str) -> list[dict[str, Any]]:
    """Each sweep beside the cell's answer to its current."""
    if not sweeps:
        return []
    from ..fit.residuals import describe, free_run
    from ..fit.target import target

    goal = target(sweeps)
    v = jax.jit(free_run)(cell, goal)
    shown = describe(v, goal)
    t = np.arange(goal.v.shape[1]) * goal.dt
    return [
        {
            "name": sweep.name,
            "role": role,
            "spikes": int(goal.features.fired[n].sum()),
            "model_spikes": int(shown.fired[n].sum()),
            "quiet_error": float(np.sqrt(np.mean((shown.quiet[n] - goal.features.quiet[n]) ** 2))),
            "measured": Recording(t, {"v": np.asarray(goal.v[n])[:, None]}, name=sweep.name),  # pyright: ignore
            "model": Recording(t, {"v": np.asarray(v[n])[:, None]}),  # pyright: ignore
        }
        for n, sweep in enumerate(sweeps)
    ]


def parameter_table(values: dict[str, float], free: dict[str, tuple[float, float]]) -> str:
    """Fitted parameters between their bounds."""
    wide = max(map(len, values))
    lines = [f"{'parameter':<{wide}}{'fitted':>12}{'low':>10}{'high':>10}"]
    lines += [
        f"{path:<{wide}}{value:>12.4g}{free[path][0]:>10.4g}{free[path][1]:>10.4g}" for path, value in values.items()
    ]
    return "\n".join(lines)


def sweep_table(rows: list[dict[str, Any]]) -> str:
    """Spikes and voltage away from spikes, measured and modelled."""
    wide = max(len(row["name"]) for row in rows)
    lines = [f"{'sweep':<{wide}}{'':>10}{'spikes':>8}{'model':>7}{'quiet error [mV]':>18}"]
    for row in rows:
        lines.append(
            f"{row['name']:<{wide}}{row['role']:>10}{row['spikes']:>8}{row['model_spikes']:>7}{row['quiet_error']:>18.2f}"
        )
    return "\n".join(lines)


def figures(result: Any, values: dict, free: dict, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that the tables show, as plain numbers."""
    return {
        "parameters": {path: {"fitted": value, "bounds": list(free[path])} for path, value in values.items()},
        "sweeps": [{k: v for k, v in row.items() if k not in ("measured", "model")} for row in rows],
        "losses": result.loss,
        "statuses": result.statuses,
        "interrupted": interrupted(result),
    }


def draw(folder: Path, rows: list[dict[str, Any]], history: Any) -> None:
    """Data against model, fitted and held out, and the losses of the starts."""
    plt = pyplot()
    from ..plot import data_against_model, losses

    shown = [row for role in ("fitted", "held out") for row in [r for r in rows if r["role"] == role][: MOST_ROWS // 2]]
    titles = [f"{row['role']}: {row['name']}" for row in shown]
    axes = data_against_model([row["measured"] for row in shown], [row["model"] for row in shown], titles)
    axes[0].figure.savefig(folder / "fit.png", dpi=130)
    losses(history).figure.savefig(folder / "losses.png", dpi=130)
    plt.close("all")


def _number(cell: Any, path: str) -> float:
    return float(np.ravel(np.asarray(cell.get(path.split("+")[0])))[0])
