"""The README's picture, drawn by the package: a spike in a grown cell, its derivatives, and grids beside their null.

    python benchmarks/figure.py

Writes docs/figure.png.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import jaxneuro as jn
from jaxneuro import navigation as nav

FIGURE = Path(__file__).parents[1] / "docs" / "figure.png"
KEY = jax.random.key(0)
START, DURATION = 2.0, 16.0  # ms
AMPLITUDE = 1.9  # nA
SEEN = 2.2  # ms after the somatic peak


def spike(tree: Any, division: Any, cell: jn.Cell, axes: tuple[Any, Any]) -> None:
    """A somatic spike on its way into the dendrite, and what its height below the tuft owes to each compartment's sodium."""
    stimulus = jn.stimuli.inject(jn.stimuli.step(AMPLITUDE, start=START, duration=5.0))
    distance = np.asarray(cell.cable.path_distance)
    place = int(np.argmin(np.abs(distance - 0.6 * distance.max()) + 1e3 * (np.asarray(cell.get("na.g_max")) <= 0)))
    own = cell.set("na.g_max", jnp.broadcast_to(cell.get("na.g_max"), (cell.compartments,)))

    def height(g_max: jax.Array) -> tuple[jax.Array, jax.Array]:
        v = jn.simulate(own.set("na.g_max", g_max), stimulus, duration=DURATION).v
        return v[:, place].max(), v

    g_max = jnp.asarray(own.get("na.g_max"), float)
    slope, v = jax.jit(jax.grad(height, has_aux=True))(g_max)
    v, per_cent = np.asarray(v), np.asarray(0.01 * g_max * slope)
    row = int(v[:, 0].argmax() + SEEN / 0.025)
    limits = (0.0, float(np.percentile(per_cent, 98)))
    jn.plot.on_morphology(tree, division, v[row], widening=3.0, ax=axes[0])
    axes[0].set_title(f"a spike, {SEEN} ms after the soma", fontsize=9)
    jn.plot.on_morphology(tree, division, per_cent, widening=3.0, colours="plasma", limits=limits,
                          label="mV per 1 % of sodium", ax=axes[1])  # fmt: skip
    axes[1].set_title("gradient of its height below the tuft", fontsize=9)


def grids(figure: Any) -> None:
    """Grid maps and noise of the same spectrum, with their gridness."""
    maps = nav.path_integration.pattern_formation(KEY, units=12, steps=600)
    best = maps[np.argsort(-np.asarray(nav.scores.gridness(maps)))[:4]]
    noise = jnp.maximum(nav.scores.isotropic_noise(KEY, best, 4), 0.0)
    both = jnp.concatenate([best, noise])
    jn.plot.rate_maps(both, nav.scores.gridness(both), columns=2, rows=4, figure=figure)
    figure.suptitle("four grids, four of noise:\ntheir gridness", fontsize=9)


def main() -> None:
    """Draw and write."""
    tree = jn.growth.pyramidal(KEY)
    cell = jn.cells.layer5_pyramidal(tree)
    figure = plt.figure(figsize=(8.4, 4.2), layout="constrained")
    places = figure.add_gridspec(1, 3, width_ratios=(1.5, 1.5, 1))
    axes = figure.add_subplot(places[0]), figure.add_subplot(places[1])
    spike(tree, jn.cells.divide(tree, max_length=40.0), cell, axes)
    grids(figure.add_subfigure(places[2]))
    figure.savefig(FIGURE, dpi=120)
    Image.open(FIGURE).convert("RGB").quantize(256, kmeans=3).save(FIGURE, optimize=True)  # a third of the size


if __name__ == "__main__":
    main()
