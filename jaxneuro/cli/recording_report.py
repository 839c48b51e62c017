"""What `jaxneuro fit RECORDING` says of a fit: tables, plain numbers, a figure."""

from pathlib import Path
from typing import Any

import numpy as np

from ..fit.fit import FitResult
from ..fit.measure import measure
from ..fit.scores import answer
from ..fit.target import Target
from ..recording import Recording
from .output import interrupted, pyplot, save_figure

MOST_ROWS = 4  # sweeps of each role in the figure
Bounds = dict[str, tuple[float, float]]


def sweep_rows(
    cell: Any, target: Target, sweeps: list[Recording], scores: dict[str, Any] | None, role: str
) -> list[dict[str, Any]]:
    """One dictionary a sweep: its name and role, its scores, its features, the two traces."""
    v = np.asarray(answer(cell, target)[0])
    t = np.arange(v.shape[1]) * target.dt
    rows = []
    for n, sweep in enumerate(sweeps):
        traces = {
            "measured": Recording(t, {"v": np.asarray(target.v[n])[:, None]}, name=sweep.name),  # pyright: ignore
            "model": Recording(t, {"v": v[n][:, None]}),  # pyright: ignore
        }
        step = first_step(t, np.asarray(target.current[n]), float(target.frame.onset[n]))
        features = {name: step and measure(trace, *step) for name, trace in traces.items()}
        score = {name: float(values[n]) for name, values in (scores or {}).items()}
        rows.append({"name": sweep.name, "role": role, "scores": score, "features": features, **traces})
    return rows


def first_step(t: np.ndarray, current: np.ndarray, onset: float) -> tuple[float, float, float] | None:
    """Begin [ms], end [ms] and height [nA] of the stretch of constant current that begins at the onset; None if short."""
    after = np.flatnonzero(t >= onset + 1.0)
    if not after.size or t[-1] - onset < 10.0:
        return None
    level, before = current[after[0]], current[max(after[0] - round(2.0 / (t[1] - t[0])), 0)]
    changed = after[np.abs(current[after] - level) > 0.1 * abs(level - before) + 1e-4]
    end = float(t[changed[0]] if changed.size else t[-1])
    return (onset, end, float(level - before)) if end - onset > 10.0 else None


def parameter_table(result: FitResult, free: Bounds) -> str:
    """Fitted parameters with their deviations between their bounds, and whether the data constrain them."""
    wide = max(map(len, free)) + 1
    best = np.asarray(result.values)[result.ensemble[0]]
    lines = [f"{'parameter':<{wide}}{'fitted':>11}{'± s.d.':>10}{'low':>10}{'high':>10}   the data leave it"]
    for name, value, deviation in zip(result.names, best, np.asarray(result.deviation), strict=True):
        low, high = free[name]
        lines.append(
            f"{name:<{wide}}{value:>11.4g}{deviation:>10.2g}{low:>10.4g}{high:>10.4g}   {result.verdicts[name]}"
        )
    return "\n".join([*lines, f"{len(result.ensemble)} of {len(result.loss)} starts are within twice the best loss"])


def sweep_table(rows: list[dict[str, Any]]) -> str:
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


def figures(result: FitResult, free: Bounds, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that the tables show and more, as plain numbers."""
    members, best = np.asarray(result.values)[result.ensemble], result.ensemble[0]
    parameters = {
        name: {
            "fitted": np.asarray(result.values)[best, i], "deviation": np.asarray(result.deviation)[i],
            "bounds": list(free[name]), "ensemble": members[:, i], "verdict": result.verdicts[name],
        }
        for i, name in enumerate(result.names)
    }  # fmt: skip
    return {
        "parameters": parameters,
        "sweeps": [{key: row[key] for key in ("name", "role", "scores", "features")} for row in rows],
        "losses": result.loss,
        "statuses": result.statuses,
        "interrupted": interrupted(result),
        "spike_time_derivative_errors": result.health and result.health.error,
        "warning": result.health and result.health.warning,
    }


def draw(path: Path, rows: list[dict[str, Any]], history: Any) -> None:
    """Data against model, fitted and held out, and the losses of the starts, in one figure."""
    plt = pyplot()
    from ..plot import data_against_model, losses

    roles = dict.fromkeys(row["role"] for row in rows)
    shown = [row for role in roles for row in [r for r in rows if r["role"] == role][:MOST_ROWS]]
    page = plt.figure(figsize=(8.0, 3.6 + 1.7 * len(shown)), layout="constrained")
    top, bottom = page.subfigures(2, 1, height_ratios=(0.7 + 1.7 * len(shown), 2.9))
    axes = top.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    titles = [f"{row['role']}: {row['name']}" for row in shown]
    data_against_model([row["measured"] for row in shown], [row["model"] for row in shown], titles, axes=axes)
    losses(history, ax=bottom.subplots())
    save_figure(path, page)
