"""Do grids emerge? Patterns without a network, a trained ReLU network, spiking cells, an LSTM, each beside its nulls.

    python benchmarks/grid_emergence.py [--only PART ...] [--updates 4000]

A null besides those of the package's evaluation: gridness of isotropic noise with the spectrum of the trained maps, cut off at 0.

Beside the spiking network are trained two ReLU networks of as many units, with as many updates, on the same paths: one that is
told where it starts and how it moves in plain numbers, and one that is told of them as the spiking one is.

Writes results/grid_emergence.json, whatever comes out, and results/grid_emergence.png with the maps of the ReLU network.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.case import RESULTS, machine, table, write
from jaxneuro.navigation import path_integration as pi
from jaxneuro.navigation import scores, torus

KEY, SEEDS = jax.random.key(0), 3
RECIPES = {
    "relu": pi.small(),
    "relu, plain numbers": pi.small(scaled=False, weight_decay=1e-6),
    "spiking": pi.sorscher_spiking(arena=torus(2.2)),
    "lstm, soon learned": pi.banino(
        optimiser="adam", learning_rate=3e-3, clip=0.0, batch=50, steps=50, width=0.1, linear=128
    ),
}
FULL = {"lstm": pi.banino(), "lstm, released code": pi.banino(released_code=True)}  # the paper makes 300 000 updates

BESIDE = {
    "relu beside spiking": pi.small(scaled=False, units=128, weight_decay=1e-6),
    "scaled relu beside spiking": pi.small(units=128, weight_decay=1e-6),
}


def patterns() -> list[dict]:
    """Pattern formation, targets by nonlinearity."""
    rows = []
    for target in ("difference", "gaussian"):
        for nonlinearity in ("relu", "tanh"):
            began = time.perf_counter()
            found = np.asarray(scores.gridness(pi.pattern_formation(KEY, target, nonlinearity)))
            rows.append({"target": target, "nonlinearity": nonlinearity, "seconds": time.perf_counter() - began,
                         "above_0.37": float(np.mean(found > 0.37)), "above_0.8": float(np.mean(found > 0.8)),
                         "median": _finite(np.median(found[np.isfinite(found)]) if np.isfinite(found).any() else np.nan),
                         "constant": float(np.mean(np.isnan(found)))})  # fmt: skip
    return rows


def emergence(recipe: pi.Recipe, updates: int, every: int) -> tuple[list[dict], list]:
    """Train a recipe with all seeds at once; a row for it untrained, and after each so many updates; the evaluations too."""
    state, seconds, rows, kept = jax.vmap(pi.begin, (None, 0))(recipe, jax.random.split(KEY, SEEDS)), 0.0, [], []
    while True:
        kept.append(pi.evaluate(recipe, state, jax.random.key(1), count=1000))
        made = int(state.update[0])
        rows.append(_row(kept[-1]) | {"updates": made, "seconds": seconds})
        if recipe.network == "spiking":
            rows[-1] |= _rates(kept[-1])
        print(rows[-1], flush=True)
        if made >= updates:
            return rows, kept
        began = time.perf_counter()
        state, losses = pi.updates_of(recipe, state, every)
        losses.block_until_ready()
        seconds += time.perf_counter() - began


def _row(found: pi.Evaluation) -> dict:
    """Figures of an evaluation, one for each seed."""
    gridness = np.asarray(found.scores.gridness)
    listed = {
        "error_m": found.error[:, -1],
        "error_blind_m": found.error_blind[:, -1],
        "error_of_best_m": found.error_of_best[:, -1],
        "error_of_ridge_m": found.error_of_ridge,
        "above_0.37": np.mean(gridness > 0.37, 1),
        "above_shuffle": np.mean(gridness > np.asarray(found.thresholds), 1),
        "shuffles_above_0.37": np.mean(np.asarray(found.shuffled) > 0.37, (1, 2)),
        "noise_above_0.37": np.mean(np.asarray(found.noise) > 0.37, 1),
        "largest": np.nanmax(gridness, 1),
        "spacing_bins": np.nanmedian(np.asarray(found.scores.spacing), 1),
    }
    listed["isotropic_above_0.37"], listed["isotropic_above_shuffle"] = jax.lax.map(_isotropic, found.maps).T
    return {name: [_finite(x) for x in values] for name, values in listed.items()}


def _isotropic(maps: jax.Array) -> jax.Array:
    """Part of rectified noise of the maps' spectrum that is above 0.37, and above its own shuffles."""
    found, thresholds = pi.isotropic_null(KEY, maps)
    return jnp.stack([scores.fraction_above(found, 0.37), scores.fraction_above(found, thresholds)])


def _rates(found: pi.Evaluation) -> dict:
    """Firing rates of spiking units, one for each seed [Hz]: the mean, that of the unit in the middle and of the most active
    one, and the highest anywhere in a map."""
    maps = np.asarray(found.maps) * 1e3 / pi.LIFNetwork.DT
    units = np.nanmean(maps, (2, 3))
    listed = {
        "mean": units.mean(1),
        "median": np.median(units, 1),
        "most": units.max(1),
        "peak": np.nanmax(maps, (1, 2, 3)),
    }
    return {f"rate_{name}_hz": [_finite(x) for x in values] for name, values in listed.items()}


def _ratios(report: dict) -> dict:
    """Errors of the spiking network in those of the ReLU ones beside it, and of the one that is told nothing of its movement."""
    last = {name: report[name]["rows"][-1] for name in ("spiking", *BESIDE)}
    ratio = lambda a, b: [x / y for x, y in zip(a, b, strict=True)]
    of_relu = {name: ratio(last["spiking"]["error_m"], last[name]["error_m"]) for name in BESIDE}
    return of_relu | {"blind": ratio(last["spiking"]["error_m"], last["spiking"]["error_blind_m"])}


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=["patterns", *RECIPES], choices=["patterns", *RECIPES, *FULL])
    parser.add_argument("--updates", type=int, default=4000)
    args = parser.parse_args()
    path = RESULTS / "grid_emergence.json"
    report = json.loads(path.read_text()) if path.exists() else {}
    report["machine"] = machine()
    names = [part for name in args.only for part in ((name, *BESIDE) if name == "spiking" else (name,))]
    for name in names:
        if name == "patterns":
            report[name] = patterns()
            print(table(["target", "nonlinearity", "> 0.37", "> 0.8", "s"], [[r["target"], r["nonlinearity"],
                  f"{r['above_0.37']:.2f}", f"{r['above_0.8']:.2f}", f"{r['seconds']:.1f}"] for r in report[name]]))  # fmt: skip
            continue
        recipe = (RECIPES | BESIDE | FULL)[name]
        rows, kept = emergence(recipe, args.updates, max(1, args.updates // 4))
        report[name] = {"units": recipe.units, "place_cells": recipe.place_cells, "batch": recipe.batch, "rows": rows}
        show = lambda row, key: f"{np.mean(row[key]):.3f} ± {np.std(row[key]):.3f}"
        keys = (
            "error_m",
            "error_blind_m",
            "above_0.37",
            "shuffles_above_0.37",
            "above_shuffle",
            "isotropic_above_shuffle",
        )
        body = [[str(r["updates"]), f"{r['seconds']:.0f}", *(show(r, key) for key in keys)] for r in rows]
        print(name + "\n" + table(["updates", "s", *keys], body), flush=True)
        if name == "relu":
            from jaxneuro.plot import trained_grid_cells

            first = [jax.tree.map(lambda x: x[0], one) for one in (kept[-1], kept[0])]
            trained_grid_cells(*first).savefig(RESULTS / "grid_emergence.png", dpi=110)
        write("grid_emergence", report)
    if "spiking" in args.only:
        report["spiking"]["error_in_that_of"] = _ratios(report)
        print({name: f"{np.mean(values):.2f}" for name, values in report["spiking"]["error_in_that_of"].items()})
    print(write("grid_emergence", report))


if __name__ == "__main__":
    main()
