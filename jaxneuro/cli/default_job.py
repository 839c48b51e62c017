"""The default of `jaxneuro fit`: the rate constants that Hodgkin and Huxley measured, and what they predict."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import numpy as np
import optax
from jax.typing import ArrayLike
from jaxtyping import PyTree

from ..data.hh1952 import MEASURED
from ..files import save_cell
from ..fitting import rates
from ..fitting.quality import Excitability, excitability
from ..fitting.rates import RateFit
from ..learn import Optimised, keeping, optimise
from .output import drawn, pyplot, write_report
from .training_job import begin, ended, status_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STARTS, STEPS = 256, 1500
LARGEST_STEP = 0.05  # of a parameter in one Adam step: 5 % of a rate or slope, half a millivolt of a midpoint
CURRENTS = np.linspace(0.0, 50.0, 26)  # µA/cm²
SYMBOLS = {"alpha": "α", "beta": "β"}


def run(args: argparse.Namespace, folder: Path) -> int:
    """Fit the rates, print them beside the published ones, predict the action potential, write everything.

    Returns:
        0, or 130 if Ctrl-C ended the descent; then everything is of what it had reached.
    """
    steps = args.steps or STEPS
    starts = rates.random_starts(args.starts or STARTS, jax.random.key(args.seed))
    print(
        f"Hodgkin & Huxley 1952, tables 1 and 2: {sum(len(u) for u, _ in MEASURED.values())} rate constants,", end=" "
    )
    print(f"{starts.shape[1]} coefficients, {len(starts)} random starts")
    with keeping(begin(args), args.resume) as kept:
        reached = optimise(
            rates.residuals(MEASURED),
            starts,
            optimiser=optax.adam(optax.cosine_decay_schedule(LARGEST_STEP, steps)),
            steps=steps,
            checkpoint=kept,
        )
    status = status_of(reached)
    code = ended(args, status)
    fitted, published = rates.collect(MEASURED, reached.theta), rates.published()
    print("\n" + coefficient_table(fitted, published))
    cells = {"fitted": rates.cell_of(fitted.rates), "published": rates.cell_of(published)}
    firing = {name: excitability(cell, CURRENTS) for name, cell in cells.items()}
    print("\n" + prediction_table(firing))
    save_cell(folder / "cell.json", cells["fitted"])
    print(f"\nwrote {folder}/cell.json (jaxneuro simulate {folder}/cell.json)")
    write_report(folder / "report.json", args, status, figures(fitted, published, firing, reached))
    drawn(folder / "fit.png", lambda: draw(fitted, published, firing, reached.history))
    return code


def symbol(name: str) -> str:
    """`alpha_n` as αₙ is printed: α_n."""
    kind, gate = name.split("_")
    return f"{SYMBOLS[kind]}_{gate}"


def coefficient_table(fitted: RateFit, published: dict[str, PyTree]) -> str:
    """Fitted and published coefficients side by side, and how many starts agree."""
    lines = [f"{'rate':<6}{'coefficient':<14}{'fitted':>10}{'± s.e.':>10}{'published':>11}   starts that agree"]
    for name, function in fitted.rates.items():
        for n, field in enumerate(dataclasses.fields(function)):
            unit = "1/ms" if field.name == "rate" else "mV"
            value, error, known = (
                float(getattr(f, field.name)) for f in (function, fitted.errors[name], published[name])
            )
            agree = f"   {fitted.starts[name]}" if n == 0 else ""
            label = symbol(name) if n == 0 else ""
            lines.append(
                f"{label:<6}{field.name + ' [' + unit + ']':<16}{value:>8.4g}{error:>10.2g}{known:>11.4g}{agree}"
            )
    return "\n".join(lines)


def prediction_table(firing: dict[str, Excitability]) -> str:
    """What the cells do that the fit was never shown."""
    rows = {
        "resting potential [mV]": lambda e: f"{e.rest:.2f}",
        "action potential: peak [mV]": lambda e: f"{e.peak:.2f}",
        "action potential: width at half height [ms]": lambda e: f"{e.width:.3f}",
        "threshold, pulse of 1 ms [µA/cm²]": lambda e: f"{e.threshold:.2f}",
        "smallest current of steady firing [µA/cm²]": lambda e: f"{rheobase(e):.3g}",
        "firing rate at 40 µA/cm² [Hz]": lambda e: f"{np.interp(40.0, e.currents, e.rates):.1f}",
    }
    lines = [f"{'predicted, never fitted':<46}" + "".join(f"{name:>11}" for name in firing)]
    lines += [f"{what:<46}" + "".join(f"{show(e):>11}" for e in firing.values()) for what, show in rows.items()]
    return "\n".join(lines)


def rheobase(firing: Excitability) -> float:
    """The smallest current of the sweep at which firing goes on [µA/cm²]; infinite if it never does."""
    return float(min(np.asarray(firing.currents)[np.asarray(firing.rates) > 0], default=np.inf))


def figures(fitted: RateFit, published: dict, firing: dict[str, Excitability], reached: Optimised) -> dict[str, PyTree]:
    """Everything that the tables and the figure show, as plain numbers."""
    coefficients = {
        name: {
            "fitted": dataclasses.asdict(fitted.rates[name]),
            "standard_error": dataclasses.asdict(fitted.errors[name]),
            "published": dataclasses.asdict(published[name]),
            "loss": fitted.loss[name],
            "starts_that_agree": fitted.starts[name],
        }
        for name in fitted.rates
    }
    predictions = {
        name: {k: getattr(e, k) for k in ("rest", "peak", "width", "threshold", "currents", "rates")}
        | {"rheobase": rheobase(e)}
        for name, e in firing.items()
    }
    return {
        "coefficients": coefficients,
        "predictions": predictions,
        "losses": reached.loss,
        "statuses": reached.statuses,
    }


def draw(fitted: RateFit, published: dict, firing: dict[str, Excitability], history: ArrayLike) -> "Figure":
    """Rates, action potential, firing and losses in one figure."""
    plt = pyplot()
    from ..plot import firing_rate, loss_curves, rate
    from ..plot.style import MODEL, REFERENCE, tidy

    page, axes = plt.subplots(3, 3, figsize=(11, 9), layout="constrained")
    for ax, name in zip(axes[:2].ravel(), MEASURED, strict=True):
        rate(MEASURED[name], {"fitted": fitted.rates[name], "published": published[name]}, f"${_tex(name)}$", ax=ax)
    axes[0, 0].legend(fontsize=8, frameon=False)
    for (name, e), colour, style in zip(firing.items(), (MODEL, REFERENCE), ("-", "--"), strict=True):
        axes[2, 0].plot(e.recording.t, e.recording.v[:, 0], style, color=colour, lw=1.4, label=name)
    axes[2, 0].legend(fontsize=8, frameon=False)
    tidy(axes[2, 0], "time [ms]", "V [mV]", "action potential, predicted")
    firing_rate(CURRENTS, {name: e.rates for name, e in firing.items()}, ax=axes[2, 1])
    tidy(axes[2, 1], title="firing, predicted")
    tidy(loss_curves(history, ax=axes[2, 2]), title="losses of the starts")
    return page


def _tex(name: str) -> str:
    kind, gate = name.split("_")
    return rf"\{kind}_{gate}"
