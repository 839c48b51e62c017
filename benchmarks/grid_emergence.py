"""Do grids emerge? Patterns without a network, a trained ReLU network, spiking cells, an LSTM, each beside its nulls.

    python benchmarks/grid_emergence.py [--only patterns relu spiking lstm] [--updates 4000]

Writes results/grid_emergence.json, whatever comes out, and results/grid_emergence.png with the maps of the ReLU network.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.case import RESULTS, machine, table, write
from jaxneuro.navigation import path_integration as pi
from jaxneuro.navigation import scores, torus
from jaxneuro.navigation.path_integration import training

KEY = jax.random.key(0)
SHARED = {"arena": torus(2.2), "place_cells": 128, "batch": 100, "steps": 10}
RECIPES = {
    "relu": pi.sorscher(units=256, memory=1.0, learning_rate=1e-3, weight_decay=1e-4, **SHARED),
    "spiking": pi.spiking(units=128, learning_rate=2e-3, **SHARED),
    "lstm": pi.banino(),
    "lstm, released code": pi.banino(released_code=True),
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


def emergence(name: str, updates: int, every: int) -> tuple[list[dict], dict, dict]:
    """Train a recipe; a row for it untrained, and for each so many updates."""
    recipe = RECIPES[name]
    state, seconds, rows, kept = pi.begin(recipe, KEY), 0.0, [], {}
    signs = "rectified"
    while True:
        found = pi.evaluate(recipe, state, jax.random.key(1), signs=signs, count=1000 if recipe.steps > 50 else 2000)
        rows.append(_row(found) | {"updates": int(state.update), "seconds": seconds})
        print(rows[-1], flush=True)
        kept["untrained" if not seconds else "trained"] = found
        if int(state.update) >= updates:
            return rows, kept["untrained"], kept["trained"]
        began = time.perf_counter()
        state, losses = training.updates_of(recipe, state, every)
        losses.block_until_ready()
        seconds += time.perf_counter() - began


def _row(found: pi.Evaluation) -> dict:
    gridness = np.asarray(found.scores.gridness)
    return {
        "error_m": float(found.error[-1]),
        "error_of_best_m": float(found.error_of_best[-1]),
        "error_of_ridge_m": float(found.error_of_ridge),
        "above_0.37": float(np.mean(gridness > 0.37)),
        "above_shuffle": float(np.mean(gridness > np.asarray(found.thresholds))),
        "shuffles_above_0.37": float(np.mean(np.asarray(found.shuffled) > 0.37)),
        "noise_above_0.37": float(np.mean(np.asarray(found.noise) > 0.37)),
        "largest": _finite(np.nanmax(gridness)),
        "spacing_bins": _finite(np.nanmedian(found.scores.spacing)),
    }


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=["patterns", *RECIPES], choices=["patterns", *RECIPES])
    parser.add_argument("--updates", type=int, default=4000)
    args = parser.parse_args()
    path = RESULTS / "grid_emergence.json"
    report = json.loads(path.read_text()) if path.exists() else {}
    report["machine"] = machine()
    for name in args.only:
        if name == "patterns":
            report[name] = patterns()
            print(table(["target", "nonlinearity", "> 0.37", "> 0.8", "s"], [[r["target"], r["nonlinearity"],
                  f"{r['above_0.37']:.2f}", f"{r['above_0.8']:.2f}", f"{r['seconds']:.1f}"] for r in report[name]]))  # fmt: skip
            continue
        updates = args.updates if name in ("relu", "spiking") else args.updates // 4
        rows, untrained, trained = emergence(name, updates, max(1, updates // 4))
        recipe = RECIPES[name]
        report[name] = {"units": recipe.units, "place_cells": recipe.place_cells, "batch": recipe.batch, "rows": rows}
        print(name + "\n" + table(["updates", "s", "error m", "> 0.37", "> shuffle", "largest"], [[str(r["updates"]),
              f"{r['seconds']:.0f}", f"{r['error_m']:.3f}", f"{r['above_0.37']:.3f}", f"{r['above_shuffle']:.3f}",
              f"{r['largest'] or np.nan:.2f}"] for r in rows]))  # fmt: skip
        if name == "relu":
            from jaxneuro.plot import grid_cells

            grid_cells(trained, untrained).savefig(RESULTS / "grid_emergence.png", dpi=110)
        write("grid_emergence", report)
    print(write("grid_emergence", report))


if __name__ == "__main__":
    main()
