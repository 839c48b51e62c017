"""`jaxneuro navigate`: train an agent to find a hidden goal, judge it with frozen weights, draw what it does."""

import argparse
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from . import training_job
from .output import drawn, pyplot, write_report

if TYPE_CHECKING:
    from ..learn import Trained
    from ..navigation.agent import Agent, Episodes

TASKS = ("arena", "maze", "doors")
CODES = ("grid", "place", "plain")
ANIMALS, EVERY, EPISODES = 64, 10, 100


def add_to(subcommands: "argparse._SubParsersAction") -> None:
    """Declare the subcommand."""
    p = subcommands.add_parser("navigate", help="train an agent to find a hidden goal", description=__doc__)
    p.set_defaults(run=run)
    p.add_argument("--task", choices=TASKS, default="arena", help="(default: arena)")
    p.add_argument("--code", choices=CODES, default="grid", help="of place and goal, that it gets (default: grid)")
    p.add_argument("--steps", type=int, default=512_000, metavar="N",
                   help="actions in training, in whole chunks of 25600 (default: 512000)")  # fmt: skip
    p.add_argument("--units", type=int, default=64, metavar="N", help="in a layer of its network (default: 64)")
    training_job.add_options(p, "jaxneuro-navigate")


def run(args: argparse.Namespace) -> int:
    """Train, judge, draw."""
    from ..navigation import agent as ag

    training_job.prepared(args, "navigate.json")
    agent, key = agent_of(args), jax.random.key(args.seed)
    algorithm = ag.PPO(horizon=40)
    updates = EVERY * max(1, args.steps // (EVERY * ANIMALS * algorithm.horizon))
    config = ag.Config(agent, algorithm, ANIMALS, updates)
    trained = ag.run(config, key[None], every=EVERY, checkpoint=training_job.begin(args), resume=args.resume)
    code = training_job.ended(args, trained.status)
    report(args, agent, trained, key)
    return code


def agent_of(args: argparse.Namespace) -> "Agent":
    """The agent of a code for place and a task."""
    from ..navigation import agent as ag
    from ..navigation import environments

    tasks = {"arena": environments.open_arena, "maze": environments.goal_maze, "doors": environments.goal_doors}
    environment = tasks[args.task]()
    params = environment.default_params
    code = {
        "grid": lambda: ag.grid_code(jax.random.key(args.seed)),
        "place": lambda: ag.place_code(params.arena),
        "plain": lambda: None,
    }[args.code]()
    return ag.Agent(environment, params, code, units=args.units)


def report(args: argparse.Namespace, agent: "Agent", trained: "Trained", key: jax.Array) -> None:
    """Judge with frozen weights: as it is, without a goal code, with a fake one; say so, and write figure and numbers."""
    from ..navigation import agent as ag

    weights = jax.tree.map(lambda x: x[0], trained.state.weights)
    untrained = jax.tree.map(lambda x: x[0], ag.begin(ag.Config(agent, animals=ANIMALS), key[None]).weights)
    low, high = agent.params.arena.bounds
    fake = low + 0.25 * (high - low)

    @jax.jit
    def live(weights: Any, replaced: Any, code: Any) -> "Episodes":
        swap = None if agent.code is None else lambda goal: jnp.where(replaced & jnp.any(goal != 0), code, goal)
        return ag.evaluate(agent, weights, jax.random.fold_in(key, 1), episodes=EPISODES, intervene=swap)

    nothing = jnp.zeros(1) if agent.code is None else jnp.zeros_like(agent.code.place(fake))
    intact = live(weights, False, nothing)
    figures = {"visits": visits_of(intact), "visits, untrained": visits_of(live(untrained, False, nothing))}
    faked = None
    if agent.code is not None:
        figures["visits without the goal code"] = visits_of(live(weights, True, nothing))
        faked = live(weights, True, agent.code.place(fake))
        figures["visits with a fake goal code"] = visits_of(faked)
    for name, value in figures.items():
        print(f"{name}: {value:.2f} in an episode of {len(intact.hit)} actions, mean of {EPISODES} episodes")
    write_report(args.out / "navigate.json", args, trained.status, figures | {"history": trained.history})
    drawn(args.out / "navigate.png", lambda: draw(agent, trained, intact, faked, fake))


def visits_of(episodes: "Episodes") -> float:
    """Visits to the goal in an episode, on average."""
    return float(episodes.hit.sum(0).mean())


def draw(agent: "Agent", trained: "Trained", intact: "Episodes", faked: Any, fake: jax.Array) -> Any:
    """The learning curve and a path, and one towards a fake goal."""
    plt = pyplot()
    from ..plot import episode
    from ..plot.style import tidy

    figure, axes = plt.subplots(1, 2 + (faked is not None), figsize=(10, 3.3), layout="constrained")
    rows = trained.history
    axes[0].plot([row["steps"] / 1e3 for row in rows], [row["return"] for row in rows], color="#0072B2")
    tidy(axes[0], "thousand actions", "reward of an episode", "while learning")
    number = int(np.argsort(np.asarray(intact.hit.sum(0)))[EPISODES // 2])  # the median one
    episode(intact, agent.params.arena, number, axes=axes[1])
    if faked is not None:
        away = np.linalg.norm(np.asarray(faked.goal - fake), axis=-1)
        chosen = int(np.argmax(np.where(np.asarray(faked.hits[-1]) > 0, away, -1.0)))
        episode(faked, agent.params.arena, chosen, fake=fake, axes=axes[2])
        axes[2].set_title("a fake goal code (dashed)", fontsize=9, loc="left")
    return figure
