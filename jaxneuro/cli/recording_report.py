"""What `jaxneuro fit RECORDING` says of a fit: tables, plain numbers, a figure."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import PyTree

from ..fitting.fit import FitResult
from ..fitting.quality import answer, misses
from ..fitting.targets import LEAST, Segment, Stimulus, Target, measure
from ..pytree import label_of
from ..recording import Recording
from .output import pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_ROWS = 4  # sweeps of each role in the figure
REPORTED = ("name", "role", "judged", "unused_spikes", "scores", "misses", "features", "segments")
SHORTEST = 10.0  # ms of a segment that has features
OF_THE_ONSET = ("latency", "base", "sag", "input_resistance", "time_constant")
Bounds = dict[str, tuple[float, float]]


def sweep_rows(
    cell: Any, target: Target, sweeps: list[Recording], given: list[Stimulus], scores: Any, role: str
) -> list[dict[str, PyTree]]:
    """One dictionary a sweep: its name and role, scores, misses, features of its step and segments, the two traces.

    Times are those of the sweep.
    """
    v = np.asarray(answer(cell, target)[0])
    said = misses(scores)
    rows = []
    for n, (sweep, stimulus) in enumerate(zip(sweeps, given, strict=True)):
        shown = np.arange(v.shape[1]) * target.dt <= float(target.frame.last[n]) + 1e-6
        t = float(target.start[n]) + np.arange(shown.sum()) * target.dt
        traces = {name: Recording(t, {"v": x[n, shown][:, None]}, name=sweep.name)  # pyright: ignore
                  for name, x in (("measured", np.asarray(target.v)), ("model", v))}  # fmt: skip
        judged = tuple(float(target.start[n] + x[n]) for x in (target.frame.onset, target.frame.end))
        rows.append({
            "name": sweep.name, "role": role, "judged": judged, "unused_spikes": int(target.unused[n]),
            "scores": {name: float(values[n]) for name, values in scores.items()}, "misses": said[n],
            "features": {name: step_features(trace, stimulus.step, judged[0], target.level) for name, trace in traces.items()},
            "segments": segment_rows(sweep, traces["model"], stimulus, target.level), **traces,
        })  # fmt: skip
    return rows


def step_features(trace: Recording, step: Segment | None, since: float, level: float | None) -> dict[str, float] | None:
    """Features of what a trace has of a step, from when it counts; those of the onset only if it has the onset; none of a trace
    that has diverged."""
    if step is None:
        return None
    start, stop = max(step.start, since, float(trace.t[0])), min(step.stop, float(trace.t[-1]))
    if stop - start < SHORTEST or not np.isfinite(trace.v).all():
        return None
    change = step.change if abs(step.change) > LEAST else None  # at rest nothing is divided by it
    found = measure(trace, start, stop, change, level=level)
    return found | (dict.fromkeys(OF_THE_ONSET, float("nan")) if start > step.start + 1.0 else {})


def segment_rows(
    sweep: Recording, model: Recording, stimulus: Stimulus, level: float | None
) -> list[dict[str, PyTree]]:
    """What the current of a sweep does, part by part, and what it and the model do in each part that is not holding."""
    rows = []
    for part in stimulus.segments:
        features = {}
        for name, trace in (("measured", sweep), ("model", model)):
            covered = float(trace.t[0]) <= part.start + 1.0 and part.stop <= float(trace.t[-1]) + 1.0
            if part.kind != "holding" and covered:
                features[name] = step_features(trace, part, part.start, level)
        rows.append({**part._asdict(), "features": features})
    return rows


def parameter_table(result: FitResult, free: Bounds) -> str:
    """Fitted parameters with their deviations and ranges between their bounds, and whether the data constrain them."""
    said = {name: label_of(result.cell, name) for name in result.names}
    wide = max(map(len, said.values())) + 1
    best = np.asarray(result.values)[result.ensemble[0]]
    lines = [
        f"{'parameter':<{wide}}{'fitted':>11}{'± s.d.':>10}{'from':>11}{'to':>11}{'low':>10}{'high':>10}   the data leave it"
    ]
    for name, value, deviation in zip(result.names, best, np.asarray(result.deviation), strict=True):
        (low, high), (least, most) = free[name], result.ranges[name]
        lines.append(
            f"{said[name]:<{wide}}{value:>11.4g}{deviation:>10.2g}{least:>11.4g}{most:>11.4g}{low:>10.4g}{high:>10.4g}   "
            f"{result.verdicts[name]}"
        )
    lines.append(
        f"{len(result.ensemble)} of {len(result.loss)} starts are within twice the best loss; from, to: what they reached. "
        "± s.d. is of the best start alone."
    )
    if result.statuses.count("stalled"):
        lines.append(f"{result.statuses.count('stalled')} starts stalled.")
    return "\n".join([*lines, *bound_advice(result)])


def bound_advice(result: FitResult) -> list[str]:
    """What to do about parameters at their bounds."""
    if not result.at_bound:
        return []
    names = ", ".join(result.at_bound)
    return [
        f"warning: at the end of the search: {names}. Widen them, --free {result.at_bound[0]}=LOW:HIGH, or --fix them."
    ]


def shortfalls(rows: list[dict[str, PyTree]]) -> list[str]:
    """What the model misses in each sweep, and which spikes nobody looked at."""
    said = [f"{row['role']} {row['name']}: {'; '.join(row['misses'])}." for row in rows if row["misses"]]
    for row in rows:
        if row["unused_spikes"] and row["role"] != "the rest":
            on, end = row["judged"]
            said.append(
                f"{row['name']}: {row['unused_spikes']} of its {row['unused_spikes'] + row['scores']['spikes']:.0f} spikes lie "
                f"outside what is judged, {on:g} to {end:g} ms."
            )
    return said


def sweep_table(rows: list[dict[str, PyTree]]) -> str:
    """Spikes, intervals and voltage, measured against modelled."""
    wide = max(len(row["name"]) for row in rows)
    lines = [
        f"{'sweep':<{wide}}{'':>10}{'spikes':>8}{'model':>7}{'ISI %':>8}{'Γ':>7}{'subthreshold mV':>17}{'loss':>8}"
    ]
    for row in rows:
        s = row["scores"]
        lines.append(
            f"{row['name']:<{wide}}{row['role']:>10}{s['spikes']:>8.0f}{s['model_spikes']:>7.0f}"
            f"{s['interval_error']:>+8.1f}{s['coincidence']:>7.2f}{s['subthreshold_error']:>17.2f}{s['loss']:>8.2f}"
        )
    return "\n".join(lines)


def figures(result: FitResult, free: Bounds, rows: list[dict[str, PyTree]]) -> dict[str, PyTree]:
    """Everything that the tables show and more, as plain numbers."""
    members, best = np.asarray(result.values)[result.ensemble], result.ensemble[0]
    parameters = {
        name: {
            "fitted": np.asarray(result.values)[best, i], "deviation": np.asarray(result.deviation)[i],
            "unit": result.units[name], "bounds": list(free[name]), "ensemble": members[:, i], "range": list(result.ranges[name]),
            "verdict": result.verdicts[name],
        }
        for i, name in enumerate(result.names)
    }  # fmt: skip
    return {
        "parameters": parameters,
        "sweeps": [{key: row[key] for key in REPORTED} for row in rows],
        "losses": result.loss,
        "statuses": result.statuses,
        "spike_time_derivative_errors": result.health and result.health.error,
        "warning": result.health and result.health.warning,
    }


def draw(rows: list[dict[str, PyTree]], history: ArrayLike) -> "Figure":
    """Data against model, fitted and held out, and the losses of the starts, in one figure."""
    plt = pyplot()
    from ..plot import data_against_model, loss_curves

    roles = dict.fromkeys(row["role"] for row in rows)
    shown = [row for role in roles for row in [r for r in rows if r["role"] == role][:MOST_ROWS]]
    page = plt.figure(figsize=(8.0, 3.6 + 1.7 * len(shown)), layout="constrained")
    top, bottom = page.subfigures(2, 1, height_ratios=(0.7 + 1.7 * len(shown), 2.9))
    axes = top.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    titles = [f"{row['role']}: {row['name']}; judged where shaded" for row in shown]
    data_against_model(
        [row["measured"] for row in shown],
        [row["model"] for row in shown],
        titles,
        [row["judged"] for row in shown],
        axes=axes,
    )
    loss_curves(history, ax=bottom.subplots())
    return page
