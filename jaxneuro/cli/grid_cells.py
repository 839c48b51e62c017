"""`jaxneuro grid-cells`: train a small path integrator and draw the rate maps of its units beside their nulls.

Each share of units above a threshold stands beside that of maps without a lattice: with shuffled fields, and noise with the
spectrum of the maps, alike in all directions, which is the hardest to beat.
"""

import argparse
from typing import Any

import numpy as np

from . import training_job
from .output import drawn, write_report

PATHS = 1000  # on which a network is judged, as in benchmarks/grid_emergence.py: fewer make maps and untrained units noisier


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser("grid-cells", help="train a path integrator, draw its units' maps", description=__doc__)
    p.set_defaults(run=run)
    p.add_argument(
        "--steps", type=int, default=2000, metavar="N", help="updates in all (default: 2000, a minute or two)"
    )
    p.add_argument("--units", type=int, default=256, metavar="N", help="(default: 256)")
    training_job.add_options(p, "jaxneuro-grid-cells")


def run(args: argparse.Namespace) -> int:
    """Train, evaluate, draw."""
    folder = training_job.prepared(args, "grid-cells.json")
    import jax

    from ..navigation import path_integration

    recipe, key = path_integration.small(units=args.units), jax.random.key(args.seed)
    trained = path_integration.train(
        recipe, key, args.steps, chunk=min(200, args.steps), checkpoint=training_job.begin(args), resume=args.resume
    )
    code = training_job.ended(args, trained.status)
    states = {"trained": trained.state, "untrained": path_integration.begin(recipe, key)}
    judge = lambda state: path_integration.evaluate(recipe, state, jax.random.key(args.seed + 1), count=PATHS)
    evaluations = {name: judge(state) for name, state in states.items()}
    nulls = {
        name: path_integration.isotropic_null(key, found.maps, count=args.units) for name, found in evaluations.items()
    }
    figures = {name: summary(found, *nulls[name]) for name, found in evaluations.items()}
    for name, row in figures.items():
        print(f"{name}: " + ", ".join(f"{what} {value:.3g}" for what, value in row.items()))
    figures["low-pass noise"] = {"above_0.37": float(np.mean(np.asarray(evaluations["trained"].noise) > 0.37))}
    numbers = {"updates": int(trained.state.update), "history": trained.history, **figures}
    write_report(folder / "grid-cells.json", args, trained.status, numbers)
    drawn(folder / "grid-cells.png", lambda: draw(evaluations, nulls["trained"][0]))
    return code


def draw(evaluations: dict[str, Any], noise: Any) -> Any:
    """Maps of the units, before and after, and how hexagonal they are beside their nulls."""
    from ..plot import trained_grid_cells

    return trained_grid_cells(evaluations["trained"], evaluations["untrained"], noise)


def summary(evaluation: Any, noise: Any, thresholds: Any) -> dict[str, float]:
    """What an evaluation comes to in numbers; a map without a gridness is above no threshold.

    Args:
        evaluation: Of a network.
        noise: Gridness of isotropic noise with the spectrum of its maps (map,).
        thresholds: 95th percentile of each such map's shuffles (map,).
    """
    gridness, noise = np.asarray(evaluation.scores.gridness), np.asarray(noise)
    return {
        "error_m": float(evaluation.error[-1]),
        "error_blind_m": float(evaluation.error_blind[-1]),
        "above_0.37": float(np.mean(gridness > 0.37)),
        "shuffles_above_0.37": float(np.mean(np.asarray(evaluation.shuffled) > 0.37)),
        "isotropic_above_0.37": float(np.mean(noise > 0.37)),
        "above_shuffle": float(np.mean(gridness > np.asarray(evaluation.thresholds))),
        "isotropic_above_shuffle": float(np.mean(noise > np.asarray(thresholds))),
        "largest": float(np.nanmax(gridness)),
    }
