"""Grid-code, place-code and plain agents in the open arena, in goal-doors, in the sunburst and in the double E.

    python benchmarks/navigation_agents.py [arena doors sunburst double_e] [--seeds 3] [--steps 1000000]

After Banino et al. (2018), Nature 557:429. All agents have the same network (two feed-forward layers and a GRU of 64
units), the same senses, learning algorithm (PPO) and number of steps; they differ in the code of place and goal that
they get besides: 100 ideal grid cells, 100 place cells with fields of 0.15 m or of 0.075 m (the paper's width), the 100
units of a ReLU network that learned to integrate paths in the same arena ("learned"; not in doors, where its paths would
cross walls), or none.
Codes of place and heading follow a pose that is integrated from noisy self-motion and corrected by sight in 5 % of the
steps. Judged over 100 episodes of 200 actions with frozen weights; the chance line is the same network untrained. The
seeds train side by side in one vmap. Writes results/navigation_agents_TASK.json after each kind of agent; kinds not
asked for stay as they are in the file.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.case import RESULTS, machine, table, write
from jaxneuro import navigation as nav
from jaxneuro.navigation import agent as ag
from jaxneuro.navigation import environments
from jaxneuro.navigation import path_integration as pi

COARSE = {"dt": 0.1, "action_repeat": 2}  # two frames an action instead of four, of the same length together
TASKS = {
    "arena": lambda: environments.open_arena(1.5),
    "doors": lambda: environments.goal_doors(3, 3, 0.5, **COARSE),
    "sunburst": lambda: environments.sunburst(**COARSE).training,
    "double_e": lambda: environments.double_e(0.3, 0.5, **COARSE).training,
}
PROBES = {
    "sunburst": lambda: environments.sunburst(**COARSE).probe,
    "double_e": lambda: environments.double_e(0.3, 0.5, **COARSE).probe,
}
SHORTEST = {"sunburst": 1, "double_e": 2}  # so many doors, the first ones, lead into corridors of the shortest way
LEARNING = {"arena": {}, "doors": {"entropy": 0.03, "discount": 0.98}, "double_e": {"entropy": 0.02, "discount": 0.98}}
ANIMALS, EPISODES = 128, 100
HEADING = nav.head_direction_cells(12, kappa=2.0)


def codes(arena) -> dict:
    """The code of each kind of agent."""
    places = {f"place {width} m": ag.place_code(arena, width) for width in (0.15, 0.075)}
    return {"grid": ag.grid_code(jax.random.key(5)), **places, "plain": None}


def learned(arena) -> tuple[ag.LearnedCode, dict, jax.Array]:
    """A network trained to integrate paths in the arena, what it came to, and the gridness of its units."""
    recipe = pi.sorscher(
        arena=arena, units=100, place_cells=128, batch=100, steps=40, substeps=2, learning_rate=1e-3, weight_decay=1e-5,
        memory=1.0,
    )  # fmt: skip
    trained = pi.train(recipe, jax.random.key(0), 5000)
    figures, gridness = {}, {}
    for name, state in (("trained", trained.state), ("untrained", pi.begin(recipe, jax.random.key(0)))):
        found = pi.evaluate(recipe, state, jax.random.key(1))
        gridness[name], above = found.scores.gridness, found.scores.gridness > found.thresholds
        figures[name] = {"error_m": float(found.error.mean()), "gridness_above_shuffle": float(above.mean())}
    return ag.learned_code(recipe, trained.state, HEADING, steps=2), figures, gridness["trained"]


def over_seeds(values) -> dict:
    """Mean and standard deviation, and each."""
    values = np.asarray(values, float)
    return {"mean": float(values.mean()), "sd": float(values.std(ddof=1)) if values.size > 1 else 0.0,
            "each": values.round(3).tolist()}  # fmt: skip


@jax.jit
def live(agent: ag.Agent, weights, replaced, goal_code) -> ag.Episodes:
    """Episodes of every seed; where `replaced`, the policy gets another code than that of the goal, once it was found."""
    intervene = None
    if agent.code is not None:
        intervene = lambda goal: jnp.where(replaced & jnp.any(goal != 0), goal_code, goal)
    one = lambda w: ag.evaluate(agent, w, jax.random.key(99), episodes=EPISODES, intervene=intervene)
    return jax.lax.map(one, weights)


def part(chosen, among) -> jax.Array:
    """Mean of what was chosen among some episodes."""
    return jnp.where(among, chosen, 0.0).sum() / jnp.maximum(among.sum(), 1)


def goal_codes(agent: ag.Agent, weights, intact: ag.Episodes) -> dict:
    """Lesions, and a fake goal."""
    low, high = agent.params.arena.bounds
    fake = low + 0.25 * (high - low)
    code = agent.code.place(fake)
    figures = {"goal code lesioned": over_seeds(live(agent, weights, True, jnp.zeros_like(code)).returns.mean(1))}

    def fakes(episodes: ag.Episodes) -> jax.Array:
        seen = ag.visits(episodes, fake)
        return jnp.stack([part(x, seen.found) for x in (seen.near_fake, seen.near_goal, seen.reached_fake)])

    for name, episodes in (("fake goal", live(agent, weights, True, code)), ("true goal", intact)):
        values = jax.vmap(fakes)(episodes)
        names = ("time near the fake goal", "time near the true goal", "came near the fake goal")
        figures[name] = {what: over_seeds(values[:, i]) for i, what in enumerate(names)}
    return figures


def shortcut(agent: ag.Agent, weights) -> dict:
    """All doors open after the first visit."""

    def measure(episodes: ag.Episodes) -> jax.Array:
        seen = ag.shortcuts(episodes, agent.params)
        latency = part(seen.latency, seen.returned)
        first = [part(seen.door == door, seen.found) for door in range(agent.params.before.shape[1])]
        of_found = [part(x, seen.found) for x in (seen.returned, seen.new_way)]
        return jnp.stack([seen.found.mean(), *of_found, latency, *first])

    values = jax.vmap(measure)(live(agent, weights, False, 0.0))
    names = ("found the goal", "found it again", "by a way that had just opened", "actions until then")
    doors = {f"first door {i - 4}": over_seeds(values[:, i]) for i in range(4, values.shape[1])}
    return {name: over_seeds(values[:, i]) for i, name in enumerate(names)} | doors


def train(
    label: str, agent: ag.Agent, algorithm: ag.PPO | ag.A2C, seeds: int, steps: int, animals: int = ANIMALS
) -> tuple[Any, Any, ag.Episodes, dict]:
    """Seeds side by side: their weights, those at the beginning, episodes, and what was returned."""
    every = max(1, steps // (10 * animals * algorithm.horizon))
    config, keys = ag.Config(agent, algorithm, animals, 10 * every), jax.random.split(jax.random.key(1), seeds)
    began = time.perf_counter()

    def show(row: dict) -> None:
        figures = f"return {row['return']:.1f}, entropy {row['entropy']:.2f}, {time.perf_counter() - began:.0f} s"
        print(f"{label}: {row['steps']} steps, {figures}", flush=True)

    trained = ag.run(config, keys, every=every, progress=show)
    figures = {"steps": config.steps, "training_s": time.perf_counter() - began, "status": trained.status}
    weights, untrained = trained.state.weights, ag.begin(config, keys).weights
    intact = live(agent, weights, False, 0.0)
    figures["return"] = over_seeds(intact.returns.mean(1))
    figures["untrained"] = over_seeds(live(agent, untrained, False, 0.0).returns.mean(1))
    return weights, untrained, intact, figures


def learn(task: str, environment: environments.NavigationEnvironment, kind: str, seeds: int, steps: int) -> dict:
    """Train one kind of agent and ask it everything."""
    params = environment.default_params
    code, *integrator = learned(params.arena) if kind == "learned" else (codes(params.arena)[kind],)
    agent = ag.Agent(environment, params, code)
    algorithm = ag.PPO(horizon=50, **LEARNING.get(task, LEARNING["doors"]))
    weights, untrained, intact, figures = train(f"{task} {kind}", agent, algorithm, seeds, steps)
    if integrator:
        figures["path integrator"] = integrator[0]
    if task == "arena":
        decoded = jax.vmap(ag.decode_goal)(intact)
        figures["decoded"] = {"distance": over_seeds(decoded.distance), "direction": over_seeds(decoded.direction)}
    if agent.code is not None and task in ("arena", "doors"):
        figures |= goal_codes(agent, weights, intact)
    if task != "arena":
        probe = PROBES[task]() if task in PROBES else environment
        params = probe.default_params if task in PROBES else ag.opened(agent.params)
        tested = agent.replace(environment=probe, params=params)
        figures["shortcut"] = shortcut(tested, weights)
        figures["shortcut untrained"] = shortcut(tested, untrained)
    return figures


def shown(task: str, agents: dict) -> str:
    """A table."""
    pick = lambda x: f"{x['mean']:.2f} ± {x['sd']:.2f}" if x else ""
    heading = ["", "return", "untrained", "lesion", "near fake", "near true", "new way", "again", "shortest"]
    rows = []
    for kind, f in agents.items():
        fake, short = f.get("fake goal", {}), f.get("shortcut", {})
        cells = [f["return"], f["untrained"], f.get("goal code lesioned")]
        cells += [fake.get(f"time near the {which} goal") for which in ("fake", "true")]
        cells += [short.get("by a way that had just opened"), short.get("found it again")]
        doors = [short[f"first door {i}"]["each"] for i in range(SHORTEST.get(task, 0))]
        rows.append([kind, *map(pick, [*cells, over_seeds(np.sum(doors, axis=0)) if doors else None])])
    return f"{task}\n" + table(heading, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1_000_000, help="of each seed")
    kinds = [*codes(nav.square(1.0)), "learned"]
    parser.add_argument("--kinds", nargs="+", default=kinds, choices=kinds, help="of agents")
    chosen = parser.parse_args()
    for task in chosen.tasks:
        kept = RESULTS / f"navigation_agents_{task}.json"
        report = json.loads(kept.read_text()) if kept.exists() else {"agents": {}}
        report |= {"machine": machine(), "episodes": EPISODES, "animals": ANIMALS}
        environment = TASKS[task]()
        for kind in chosen.kinds if task == "arena" else [k for k in chosen.kinds if k != "learned"]:
            report["agents"][kind] = learn(task, environment, kind, chosen.seeds, chosen.steps)
            write(f"navigation_agents_{task}", report)
            print(shown(task, report["agents"]), flush=True)
