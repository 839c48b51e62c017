"""What the benchmarks of spiking networks share: seeds, mean and spread, the file with the result."""

import argparse
import statistics
import time
from collections.abc import Callable

from benchmarks.case import machine, table, write


def options(text: str, **defaults: int | tuple[str, ...]) -> argparse.Namespace:
    """Options of a command: whole numbers with defaults, or one of several words, the first by default."""
    parser = argparse.ArgumentParser(description=text.split("\n")[0])
    for name, value in defaults.items():
        words = value if isinstance(value, tuple) else None
        parser.add_argument(
            f"--{name}", type=str if words else int, choices=words, default=words[0] if words else value
        )
    return parser.parse_args()


def seeded(label: str, learn: Callable[[int], dict], seeds: int) -> dict:
    """A row: what training from each of several seeds came to.

    Args:
        label: What is trained.
        learn: From a seed to a dictionary with `test_accuracy` and what else there is to say.
        seeds: How many.
    """
    runs = []
    for seed in range(seeds):
        began = time.perf_counter()
        runs.append({"seed": seed, **learn(seed), "wall_s": round(time.perf_counter() - began, 1)})
        print(f"{label}, seed {seed}: {100 * runs[-1]['test_accuracy']:.2f} %, {runs[-1]['wall_s']:.0f} s", flush=True)
    accuracies = [100 * run["test_accuracy"] for run in runs]
    spread = statistics.stdev(accuracies) if seeds > 1 else None
    return {"label": label, "mean_percent": statistics.mean(accuracies), "spread_percent": spread, "runs": runs}


def report(name: str, rows: list[dict], **more) -> None:
    """Print a table and write results/NAME.json; the spread is the standard deviation over seeds."""
    lines = []
    for row in rows:
        spread = "" if row["spread_percent"] is None else f"{row['spread_percent']:.2f}"
        seconds = statistics.mean(run["wall_s"] for run in row["runs"])
        lines.append([row["label"], f"{row['mean_percent']:.2f}", spread, str(len(row["runs"])), f"{seconds:.0f}"])
    print(table(["", "test %", "± seeds", "seeds", "s each"], lines))
    print(write(name, {"machine": machine(), **more, "rows": rows}))
