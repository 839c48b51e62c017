"""A continuous attractor follows a real rat by its velocity alone: how far it is from the truth after 10 s to 10 minutes.

    python benchmarks/attractor.py [--track ../shared/data/rat_trajectory/sargolini.npz]

Sheets of 1024 rate or spiking cells, fields 0.5 m apart, no correction by landmarks. Writes results/attractor.json.
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import jaxneuro as jn
from benchmarks.case import machine, table, write
from jaxneuro import navigation as nav

AFTER = (10.0, 60.0, 300.0, 599.0)  # s
KEY = jax.random.key(0)


def errors(sheet: nav.Attractor, path: nav.Path) -> np.ndarray:
    """Distance of the decoded place from the true one at each time (steps + 1,) [m]."""
    dt = float(path.dt)
    run = jax.jit(lambda sheet, path: sheet.follow(path.replace(dt=dt), KEY).displacement)(sheet, path)
    return np.linalg.norm(run - (path.position - path.position[0]), axis=-1)


def main() -> None:
    """Follow, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--track", default="../shared/data/rat_trajectory/sargolini.npz")
    track = jn.data.read_trajectory(options.parse_args().track)
    path = nav.path_of(jnp.asarray(track.position), track.dt).replace(dt=round(track.dt, 6))
    still = np.linalg.norm(path.position - path.position[0], axis=-1)
    report: dict = {"distance_m": float(path.speed.sum() * path.dt)}
    rows = []
    for name, cells in (("rate", nav.RateCells()), ("spiking", nav.SpikingCells()), ("staying at the start", None)):
        began = time.perf_counter()
        off = still if cells is None else errors(nav.attractor(KEY, 0.5, cells=cells), path)
        at = {f"{t:g} s": float(off[round(t / path.dt)]) for t in AFTER}
        report[name] = {"error_m": at, "mean_m": float(off.mean()), "wall_s": time.perf_counter() - began}
        rows.append([name, *(f"{100 * x:.1f}" for x in at.values()), f"{100 * off.mean():.1f}"])
    print(table(["cells", *(f"{t:g} s" for t in AFTER), "mean [cm]"], rows))
    print(write("attractor", {"machine": machine(), **report}))


if __name__ == "__main__":
    main()
