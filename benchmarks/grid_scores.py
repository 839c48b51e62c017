"""Scores of grid cells: 512 units of 16 networks at once, beside one unit after the other; real cells beside published scores.

    python benchmarks/grid_scores.py [--maps ../shared/data/grid_maps]

Peers, each a loop over units: opexebo 0.7.2 (autocorrelation, grid_score), and an autocorrelogram by FFT with five rotations of
scipy.ndimage and ten rings, as the code released with Banino et al. (2018) does it. Writes results/grid_scores.json.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import scipy.ndimage
import scipy.signal
import scipy.stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.case import machine, table, timed, write
from jaxneuro.data import read_grid_maps
from jaxneuro.navigation import scores

UNITS, SEEDS, BINS = 512, 16, 20
LOOPED = 64  # units that a peer scores
ANGLES = (30, 60, 90, 120, 150)


def noisy_grids(count: int, bins: int) -> jax.Array:
    """Maps of grids of random spacing, orientation and phase, half of them noise and half of them lattice."""
    angle, phase, noise = jax.random.split(jax.random.key(0), 3)
    spacing, turn = jax.random.uniform(angle, (2, count, 1, 1, 1), minval=jnp.array([6.0, 0.0])[:, None, None, None, None],
                                       maxval=jnp.array([12.0, 1.0])[:, None, None, None, None])  # fmt: skip
    wave = turn + jnp.radians(jnp.array([30.0, 90.0, 150.0]))[:, None, None]
    y, x = np.mgrid[:bins, :bins]
    shift = 12 * jax.random.uniform(phase, (2, count, 1, 1, 1))
    along = jnp.cos(wave) * (x - shift[0]) + jnp.sin(wave) * (y - shift[1])
    lattice = jnp.sum(jnp.cos(4 * jnp.pi / np.sqrt(3) / spacing * along), 1)
    return jnp.maximum(lattice + 1.5 * scores.low_pass_noise(noise, count, bins, 0.2), 0.0)


def scipy_gridness(rates: np.ndarray) -> float:
    """Gridness of one map with scipy, in the convention of the released code."""
    n = len(rates)
    x, ones = rates - rates.mean(), np.ones_like(rates)
    shifts = lambda a, b: scipy.signal.fftconvolve(a, b[::-1, ::-1])
    count, left, left2, both = shifts(ones, ones), shifts(x, ones), shifts(x * x, ones), shifts(x, x)
    right, right2 = left[::-1, ::-1], left2[::-1, ::-1]
    sac = (count * both - left * right) / np.sqrt((count * left2 - left**2) * (count * right2 - right**2))
    sac = np.where(count >= 20, np.nan_to_num(sac), 0.0)
    turned = [scipy.ndimage.rotate(sac, angle, reshape=False) for angle in ANGLES]
    radius = np.hypot(*(np.mgrid[: 2 * n - 1, : 2 * n - 1] - (n - 1)))
    rings = [(radius > 0.2 * n) & (radius <= outer * n) for outer in np.linspace(0.4, 1, 10)]
    r = np.array([[np.corrcoef(sac[ring], t[ring])[0, 1] for t in turned] for ring in rings])
    return float(np.max(r[:, [1, 3]].mean(1) - r[:, [0, 2, 4]].mean(1)))


def opexebo_gridness(rates: np.ndarray) -> float:
    """Gridness of one map by opexebo."""
    import opexebo

    return opexebo.analysis.grid_score(opexebo.analysis.autocorrelation(rates))[0]


def speed() -> dict:
    """Seconds for all units, with and without compilation, and for each peer."""
    maps = jax.block_until_ready(noisy_grids(SEEDS * UNITS, BINS)).reshape(SEEDS, UNITS, BINS, BINS)
    report = {}
    for name, convention in (("opexebo", scores.OPEXEBO), ("released code", scores.DEEPMIND)):
        began = time.perf_counter()
        jax.block_until_ready(scores.score_maps(maps, convention))
        first = time.perf_counter() - began
        run = timed(lambda c=convention: jax.block_until_ready(scores.score_maps(maps, c)))["run_s"]
        gridness = jax.jit(lambda m, c=convention: scores.gridness(m, c))
        ours = np.asarray(gridness(maps))
        alone = timed(lambda g=gridness: jax.block_until_ready(g(maps)))["run_s"]
        report[name] = {"all_scores_with_compilation_s": first, "all_scores_s": run, "gridness_s": alone}
        report[name] |= peer({"opexebo": opexebo_gridness, "released code": scipy_gridness}[name], maps, ours)
        if "peer_unit_s" in report[name]:
            report[name]["times_faster"] = report[name]["peer_unit_s"] / (alone / ours.size)
    return report


def peer(score, maps: jax.Array, ours: np.ndarray) -> dict:
    """Seconds a unit in a loop, and how alike the scores are."""
    some = np.asarray(maps[0, :LOOPED], np.float64)
    try:
        score(some[0])
        began = time.perf_counter()
        theirs = np.array([score(one) for one in some])
        seconds = (time.perf_counter() - began) / LOOPED
    except ImportError as fault:
        return {"peer": f"not installed ({fault})"}
    known = np.isfinite(theirs) & np.isfinite(ours[0, :LOOPED])
    rank = scipy.stats.spearmanr(theirs[known], ours[0, :LOOPED][known])[0]
    away = np.abs(theirs - ours[0, :LOOPED])[known]
    return {
        "peer_unit_s": seconds,
        "rank_correlation": rank,
        "median_difference": np.median(away),
        "scored": int(known.sum()),
    }


def real_cells(folder: Path) -> dict:
    """Rank correlation with the published scores of ten cells, by convention."""
    if not folder.exists():
        return {}
    maps, published = read_grid_maps(folder)
    rank = lambda c: scipy.stats.spearmanr(scores.gridness(maps, c), published["gridness3score"])[0]
    return {name: rank(convention) for name, convention in scores.CONVENTIONS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "grid_maps")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    report = {
        "machine": machine(),
        "units": UNITS * SEEDS,
        "bins": BINS,
        "speed": speed(),
        "real_cells": real_cells(args.maps),
    }
    heading = [
        "convention",
        "all scores, compiled too",
        "all scores",
        "gridness",
        "peer, a unit",
        "times faster",
        "rank r",
    ]
    number = lambda row, key, form: form.format(row[key]) if key in row else "-"
    rows = [[name, *(number(row, key, form) for key, form in (
        ("all_scores_with_compilation_s", "{:.2f} s"), ("all_scores_s", "{:.2f} s"), ("gridness_s", "{:.2f} s"),
        ("peer_unit_s", "{:.4f} s"), ("times_faster", "{:.0f}"), ("rank_correlation", "{:.3f}")))]
        for name, row in report["speed"].items()]  # fmt: skip
    print(table(heading, rows))
    print(table(["real cells", "rank correlation"], [[k, f"{v:.3f}"] for k, v in report["real_cells"].items()]))
    print(write("grid_scores", report))


if __name__ == "__main__":
    main()
