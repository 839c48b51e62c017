"""The agents of navigation_agents.py in the open arena: lesions of parts of the goal code, A2C, motor neurons.

    python benchmarks/navigation_variants.py [lesions a2c motor] [--seeds 3] [--steps 1000000]

lesions: a quarter of the goal code is silenced: its most grid-like cells, its least grid-like ones, or random ones (five draws).
Banino et al. (2018), Nature 557:429, found 126, 152 (patchy cells) and 153 (random). "learned": the units of a network that
integrates paths, silent ones aside. "mixed": 12 ideal grid cells of each of four spacings and 12 patchy cells, which are like
them but for the directions of their three waves; a quarter of each spacing is silenced.

a2c: the paper's advantage actor-critic, 32 animals and 20 actions an update, at two learning rates; returns of PPO after as many
steps stand in navigation_agents_arena.json.

motor: a pair of Hodgkin-Huxley cells (400 steps of both for each action) turns the grid agent, all trained by PPO through the
membranes, a quarter of the actions; beside it no cells, and a pair that alone tells left from right. "silenced": the pair turns
the trained agent no more.

Writes results/navigation_variants_QUESTION.json after each row.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import machine, table, write
from benchmarks.navigation_agents import EPISODES, HEADING, TASKS, codes, learned, live, over_seeds, train
from jaxneuro import navigation as nav
from jaxneuro.navigation import agent as ag
from jaxneuro.navigation.agent.pose import SPACINGS
from jaxneuro.navigation.codes.grid import wave_vectors
from jaxneuro.navigation.scores import gridness
from jaxneuro.pytree import Pytree

PAIR = ag.motor_pair(dt=0.05)
EACH, DRAWS, RATES = 12, 5, (7e-4, 2e-3)


class Waves(Pytree):
    """Cells that are the positive part of the mean of three plane waves: grid cells if these are 60 degrees apart."""

    vectors: jax.Array  # (cell, 3, 2) [rad/m]
    phase: jax.Array  # where the waves meet (cell, 2) [m]
    gain: jax.Array  # (cell,)

    def __call__(self, position: jax.Array) -> jax.Array:
        """Activity (..., cell)."""
        way = (position[..., None, :] - self.phase)[..., None, :]
        return self.gain * jnp.maximum(jnp.cos(jnp.sum(way * self.vectors, -1)).mean(-1), 0.0)


def lattice(low, high, count: int) -> jax.Array:
    """Places (y, x, 2) [m]."""
    return jnp.stack(jnp.meshgrid(*(jnp.linspace(a, b, count) for a, b in zip(low, high, strict=True))), -1)


def mixed() -> tuple[Waves, jax.Array]:
    """Grid and patchy cells of the same wavelength and mean activity, spacing by spacing; and their gridness, in 10 m."""
    grid = nav.grid_cells(jax.random.key(5), EACH, SPACINGS, kind="rectified")
    of_angle, of_phase = jax.random.split(jax.random.key(6))
    vectors = wave_vectors(grid.spacing, grid.orientation)
    angle = jax.random.uniform(of_angle, vectors.shape[:2], maxval=2 * jnp.pi)
    turned = jnp.linalg.norm(vectors, axis=-1, keepdims=True) * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)
    phase = jax.random.uniform(of_phase, grid.phase.shape, maxval=10.0)
    cells = Waves(jnp.concatenate([vectors, turned]), jnp.concatenate([grid.phase, phase]), jnp.ones(2 * len(phase)))
    maps = jnp.moveaxis(cells(lattice((0, 0), (10, 10), 60)), -1, 0)
    mean = maps.mean((1, 2)).reshape(2, -1)
    cells = cells.replace(gain=jnp.concatenate([jnp.ones(len(phase)), mean[0] / mean[1]]))
    by_spacing = np.arange(2 * len(phase)).reshape(2, -1, EACH).swapaxes(0, 1).ravel()
    return jax.tree.map(lambda x: x[by_spacing], (cells, gridness(maps)))


def lesions(kind: str, seeds: int, steps: int) -> dict:
    """Train an agent, then silence parts of its goal code."""
    environment = TASKS["arena"]()
    arena = environment.default_params.arena
    if kind == "mixed":
        place, score = mixed()
        code, score = ag.PoseCode(place, HEADING), score.reshape(len(SPACINGS), -1)
    else:
        code, _, score = learned(arena)
        score = score[None]
    agent = ag.Agent(environment, environment.default_params, code)
    weights, _, _, figures = train(f"lesions {kind}", agent, ag.PPO(horizon=50), seeds, steps)
    power = jnp.mean(jax.vmap(code.place)(lattice(*arena.bounds, 20).reshape(-1, 2)) ** 2, 0)

    def silenced(*scores: jax.Array, part: float = 0.25) -> dict:
        """Return without the cells that score most, a mean over scores, and what cells these are."""
        groups = [jax.vmap(lambda score: ag.most(score, part))(x).ravel() for x in scores]
        returns = jnp.stack([live(agent, weights, cells, 0.0).returns.mean(1) for cells in groups]).mean(0)
        mean = lambda x: float(jnp.stack([jnp.nanmean(x[cells]) for cells in groups]).mean())
        share = float(jnp.stack([power[cells].sum() for cells in groups]).mean() / power.sum())
        return over_seeds(returns) | {"gridness": mean(score.ravel()), "share of power": share}

    random = [jax.random.uniform(jax.random.key(i), score.shape) for i in range(DRAWS)]
    figures |= {"most grid-like": silenced(score), "least": silenced(-score), "random": silenced(*random)}
    return figures | {"all": silenced(score, part=1.0)}


def a2c(kind: str, rate: float, seeds: int, steps: int) -> dict:
    """Train by A2C."""
    environment = TASKS["arena"]()
    params = environment.default_params
    agent = ag.Agent(environment, params, codes(params.arena)[kind])
    return train(f"a2c {kind} {rate}", agent, ag.A2C(horizon=20, rate=rate), seeds, steps, animals=32)[3]


def motor(pair: ag.MotorPair | None, seeds: int, steps: int) -> dict:
    """Train the grid agent with a pair of cells as its last stage, or without."""
    environment = TASKS["arena"]()
    params = environment.default_params
    agent = ag.Agent(environment, params, codes(params.arena)["grid"], pair)
    label = "motor: " + ("no cells" if pair is None else "pair alone" if pair.alone else "pair")
    weights, _, _, figures = train(label, agent, ag.PPO(horizon=50), seeds, steps // 4)
    if pair is not None:
        mute = agent.replace(motor=pair.replace(weight=0.0))
        figures["silenced"] = over_seeds(live(mute, weights, False, 0.0).returns.mean(1))
    return figures


QUESTIONS = {
    "lesions": {kind: (lesions, kind) for kind in ("mixed", "learned")},
    "a2c": {f"{kind}, rate {rate}": (a2c, kind, rate) for kind in ("grid", "plain") for rate in RATES},
    "motor": {
        "no cells": (motor, None),
        "Hodgkin-Huxley pair": (motor, PAIR),
        "Hodgkin-Huxley pair alone": (motor, PAIR.replace(alone=True)),
    },
}


def shown(question: str, rows: dict) -> str:
    """A table of returns."""
    names = [name for name in ("return", "untrained", "most grid-like", "least", "random", "all", "silenced")
             if any(name in row for row in rows.values())]  # fmt: skip
    pick = lambda x: f"{x['mean']:.1f} ± {x['sd']:.1f}" if x else ""
    lines = [[kind, *(pick(row.get(name)) for name in names), f"{row['training_s']:.0f}"] for kind, row in rows.items()]
    return f"{question}\n" + table(["", *names, "training s"], lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1_000_000, help="of each seed")
    chosen = parser.parse_args()
    for question in chosen.questions:
        report = {"machine": machine(), "episodes": EPISODES, "rows": {}}
        for name, (ask, *what) in QUESTIONS[question].items():
            report["rows"][name] = ask(*what, chosen.seeds, chosen.steps)
            write(f"navigation_variants_{question}", report)
            print(shown(question, report["rows"]), flush=True)
