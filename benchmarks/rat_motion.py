"""Models of motion beside a real rat, and the parameters that make the smooth one most like it.

    python benchmarks/rat_motion.py [--track ../shared/data/rat_trajectory/sargolini.npz]

The rat of Sargolini et al. (2006) ran for 10 minutes in a box of 1 m. Its places, and those of the models, are smoothed by 0.1 s
and taken every 0.1 s. Parameters are fitted to all statistics at once by CMA-ES, on animals with the same noise for all
candidates; the fit is then judged on other animals. RatInABox is shown where it is installed. Writes results/rat_motion.json.
"""

import argparse
import contextlib
import dataclasses
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import jaxneuro as jn
from benchmarks.case import machine, table, write
from jaxneuro import navigation as nav

BOX, DT, MINUTES = nav.square(1.0), 0.02, 10
ANIMALS, GENERATIONS, CANDIDATES = 4, 40, 12
FREE = {
    "speed": 0.08,
    "speed_time": 0.7,
    "turning": 2.09,
    "turning_time": 0.08,
    "wall_distance": 0.1,
    "wall_strength": 1.0,
}
SHOWN = ("speed", "speed_spread", "speed_time", "turning", "turning_median", "turning_time", "5 cm", "10 cm", "20 cm")


def numbers(found: nav.MotionStatistics) -> jax.Array:
    """Statistics in one array (statistic,)."""
    return jnp.concatenate([jnp.stack(jax.tree.leaves(found)[:-1]), found.near_wall])


@partial(jax.jit, static_argnames=("motion", "minutes"))
def of_model(motion: object, parameters: object, keys: jax.Array, minutes: float = MINUTES) -> jax.Array:
    """Statistics of animals (animal, statistic)."""
    path = lambda key: motion(key, BOX, round(60 * minutes / DT), DT, parameters)
    return jax.vmap(lambda key: numbers(nav.motion_statistics(path(key), BOX, every=5)))(keys)


def parameters(theta: jax.Array) -> nav.OrnsteinUhlenbeck:
    """Parameters of the smooth motion: logarithms of ratios to the defaults, and the logit of thigmotaxis."""
    scaled = {name: value * jnp.exp(x) for (name, value), x in zip(FREE.items(), theta, strict=False)}
    return nav.OrnsteinUhlenbeck(thigmotaxis=jax.nn.sigmoid(theta[-1]), **scaled)


def fit(rat: jax.Array) -> nav.OrnsteinUhlenbeck:
    """Parameters whose statistics differ least from the rat's, as ratios."""
    keys = jax.random.split(jax.random.key(1), ANIMALS)

    def residuals(theta: jax.Array) -> jax.Array:
        return jnp.log(of_model(nav.ornstein_uhlenbeck, parameters(theta), keys, minutes=5).mean(0) / rat)

    search = jn.fitting.CMAES(popsize=CANDIDATES, sigma=0.3)
    found = jn.fitting.optimise(
        residuals, jnp.zeros((1, len(FREE) + 1)), optimiser=search, steps=GENERATIONS, key=jax.random.key(0)
    )
    return parameters(found.theta[found.best])


def ratinabox(animals: int = 4) -> jax.Array:
    """Statistics of RatInABox's agents with its defaults (animal, statistic), at its step of 50 ms."""
    from ratinabox.Agent import Agent
    from ratinabox.Environment import Environment

    found = []
    for seed in range(animals):
        np.random.seed(seed)
        agent = Agent(Environment())
        for _ in range(round(60 * MINUTES / agent.dt)):
            agent.update()
        path = nav.path_of(np.array(agent.history["pos"]), agent.dt)
        found.append(numbers(nav.motion_statistics(path, BOX, every=2)))
    return jnp.stack(found)


def main() -> None:
    """Compare, fit, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--track", default="../shared/data/rat_trajectory/sargolini.npz")
    track = jn.data.read_trajectory(options.parse_args().track)
    rat = numbers(nav.motion_statistics(nav.path_of(track.position, track.dt), BOX, every=5))
    fitted = fit(rat)
    keys = jax.random.split(jax.random.key(2), 16)
    models = {
        "smooth": of_model(nav.ornstein_uhlenbeck, nav.OrnsteinUhlenbeck(), keys),
        "smooth, fitted": of_model(nav.ornstein_uhlenbeck, fitted, keys),
        "Raudies & Hasselmo": of_model(nav.raudies_hasselmo, nav.RaudiesHasselmo(), keys),
    }
    with contextlib.suppress(ImportError):
        models["RatInABox"] = ratinabox()
    cell = lambda x, n: f"{x.mean(0)[n]:.3g} ± {x.std(0)[n]:.1g}"
    rows = [[name, f"{rat[n]:.3g}", *(cell(x, n) for x in models.values())] for n, name in enumerate(SHOWN)]
    print(table(["statistic", "rat", *models], rows))
    values = {field.name: float(getattr(fitted, field.name)) for field in dataclasses.fields(fitted)}
    print("fitted:", values)
    report: dict = {"statistics": SHOWN, "rat": rat.tolist(), "fitted": values, "longest_gap_s": track.longest_gap}
    report |= {name: {"mean": x.mean(0).tolist(), "sd": x.std(0).tolist()} for name, x in models.items()}
    print(write("rat_motion", {"machine": machine(), **report}))


if __name__ == "__main__":
    main()
