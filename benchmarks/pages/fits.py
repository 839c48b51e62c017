"""Fits of cells to recordings."""

from typing import Any

from .page import Section, number, table

METHODS = ("levenberg-marquardt", "cma-es", "cma-es, screened", "differential evolution")


def real(report: dict[str, Any]) -> list[str]:
    """Losses of real cells, recovery, scaling, models, derivatives."""
    losses = []
    for cell, found in report["real"].items():
        of = {m: sorted(row["loss"] for row in found["rows"] if row["method"] == m) for m in METHODS}
        best = min((row for row in found["rows"] if row["method"] == METHODS[0]), key=lambda row: row["loss"])[
            "held out"
        ]
        held = f"{best['count_error']:.1f}, {best['interval_error']:.0f} %"
        losses.append([cell, *(f"{number(of[m][0])} ({number(of[m][-1])})" for m in METHODS), held])
    heading = ["loss, best of three seeds (worst)", *METHODS, "held out: spikes off, interval error"]
    return [table(heading, losses), *_known(report), _models(report["models"]), _derivatives(report["gradients"])]


def _known(report: dict[str, Any]) -> list[str]:
    recovered = [[name, str(row["kept"]), str(row["within_5_percent"])] for name, row in report["recovery"].items()]
    seconds = []
    for count, found in report["scaling"].items():
        of = {m: [row["seconds_to"]["5"] for row in found["rows"] if row["method"] == m] for m in METHODS}
        cells = [" ".join("–" if s is None else number(s, 2) for s in of[m]) for m in METHODS]
        seconds.append([count, f"{found['budget']:g}", *cells])
    return [
        table(["known parameters, 8 free", "starts at the bottom", "all parameters within 5 %"], recovered),
        table(["free parameters", "s at most", *(f"{m}: s to a loss of 5, three seeds" for m in METHODS)], seconds),
    ]


def _models(found: dict[str, Any]) -> str:
    names = list(next(iter(found.values())))
    middle = lambda rows: number(sorted(row["held out"]["loss"] for row in rows)[len(rows) // 2], 3)
    rows = [[cell, *(middle(of[name]) for name in names)] for cell, of in found.items()]
    return table(["held-out loss, median of seeds", *names], rows)


def _derivatives(found: dict[str, Any]) -> str:
    steps = list(next(iter(found.values())))
    rows = [[cell, *(number(max(of[step])) for step in steps)] for cell, of in found.items()]
    return table(["worst relative error of a derivative of a spike time; step [ms]", *steps], rows)


def somatic(report: dict[str, Any]) -> list[str]:
    """Passive parameters and how well they are found."""
    rows = [[name, number(x, 3), number(report["deviations"][name])] for name, x in report["values"].items()]
    return [table(["", "value", "standard deviation"], rows)]


SECTIONS = (
    Section(
        "Fits to recordings",
        "13 free parameters of real cells, 15 s of processor time after compilation, the same residuals for every "
        "method, and what is held out. It is limited by the model: intervals go on lengthening for a second, and spikes"
        " are rarely predicted to 4 ms (the coincidence factor is near 0 for every method); a slow potassium gate "
        "lowers the held-out loss of all three cells tried, slow inactivation of sodium less. Of three runs of "
        "Levenberg–Marquardt one stays far above the others on the regular cell, and one misses the bottom at 199 "
        "parameters. Derivatives of spike times through a step that is too coarse for the upstroke are wrong although "
        "the voltage looks converged; no exact crossing helps, because it is the map from step to step that is rough. "
        "`fit` checks its solution, and warns.",
        "python benchmarks/fit.py",
        ("fit",),
        real,
        "On the two Allen cells a loss of 7, every spike in place, takes 0.8 to 1.9 s of processor time; CMA-ES takes "
        "8.5 to 13.7 s and misses it in 2 of 6 runs, from a screened start it takes 2.9 to 7.7 s. Nine conductances of "
        "soma, basal and apical dendrite are recovered within 5 % from the voltages of soma and two dendrites "
        "(`tests/fitting/test_regions.py`). A fit of a recording compiles for half a minute before its first step.",
    ),
    Section(
        "A passive cell from its soma",
        "From one somatic step of a real cell the membrane is found, and the resistivity hardly; the shape is another cell's.",
        "python benchmarks/somatic_response.py",
        ("somatic_response",),
        somatic,
    ),
)
