"""Twenty-three results to the last bit: run it before and after a change that must not move a number.

    python benchmarks/same_numbers.py [--out FILE] [--against FILE] [--only WORD]

Spike times, gradients, losses of fits, a few steps of every trainer and scores, in float32 on the CPU, by public names. Each is
printed as its first numbers in hexadecimal and a digest of all. `--against` a file of `--out` prints which differ, and exits
with 1. Bits are comparable on the same machine with the same versions and XLA_FLAGS, which the file names.
"""

import argparse
import hashlib
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
sys.path.insert(0, str(Path(__file__).parents[1]))
import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxneuro as jn
from benchmarks.case import machine
from jaxneuro import navigation as nav
from jaxneuro import spiking
from jaxneuro.navigation import agent, path_integration

KEY = jax.random.key(0)
SQUID = jn.cells.hodgkin_huxley()
STEP = jn.stimuli.step(10.0, start=2.0)
FITTING: Any = getattr(jn, "fitting", jn.fit)  # where the room of fits is called so
SHOWN = 3  # numbers in hexadecimal


# ---- spikes


def axon() -> tuple:
    """A squid axon: spike times and voltage."""
    recording = jn.simulate(SQUID, jn.stimuli.step(10.0, start=5.0), duration=100.0)
    return recording.spike_times().times, recording.v


def published() -> tuple:
    """Three published cells."""
    cells = (jn.cells.regular_spiking(), jn.cells.connor_stevens(), jn.cells.fast_spiking())
    runs = [jn.simulate(cell, jn.stimuli.step(8.0, start=2.0), duration=50.0) for cell in cells]
    return tuple(run.spike_times().times for run in runs)


def _tree() -> jn.Cell:
    shape = jn.growth.pyramidal(KEY)
    cell = jn.cells.from_morphology(shape, d_lambda=0.3)
    cell = cell.insert("na", jn.channels.Na(), where="soma").insert("k", jn.channels.K(), where="soma")
    return cell.insert("leak", jn.channels.Leak(0.1, -65.0))


def _at_soma(cell: jn.Cell) -> Any:
    return jn.stimuli.inject(jn.stimuli.step(1.0, start=1.0), cell.compartment_at(0.0, where="soma"))


def tree(**options: Any) -> tuple:
    """A grown pyramidal cell, its soma with the squid's channels."""
    cell = _tree()
    recording = jn.simulate(cell, _at_soma(cell), duration=10.0, every=10, **options)
    return recording.spike_times().times, recording.v[-1]


def _network(weight: Any = 2e-3, delay: Any = 1.5) -> jn.Network:
    edges = jn.connect.fixed_probability(KEY, 6, 6, 0.5)
    excite = jn.Projection("a", "b", jn.synapses.DoubleExponential(0.5, 3.0), edges, weight, delay, max_delay=4.0)
    inhibit = jn.Projection("b", "a", jn.synapses.GABAA(), edges, weight, delay, max_delay=4.0)
    cells = {"a": jn.Population(SQUID, 6), "b": jn.Population(jn.cells.regular_spiking(), 6)}
    return jn.Network(cells, {"ab": excite, "ba": inhibit})


def network() -> tuple:
    """Two populations with excitation and inhibition."""
    recording = jn.simulate(_network(), {"a": STEP}, duration=20.0, record=("a.v", "b.v"), every=4)
    return recording["a.v"], recording["b.v"]


def lif() -> jax.Array:
    """A population of leaky integrate-and-fire neurons."""

    def run(amplitude: jax.Array) -> jax.Array:
        stimulus = jn.stimuli.inject(jn.stimuli.step(amplitude))
        return jn.simulate(jn.cells.LIF(), stimulus, duration=100.0, record="spikes").spike_times().times

    return jax.vmap(run)(jnp.linspace(1.0, 20.0, 20))


def channel_noise() -> jax.Array:
    """A squid axon with noisy channels."""
    noisy = SQUID.replace(channels={n: jn.channels.FoxLu(c) if n in "na k" else c for n, c in SQUID.channels.items()})
    return jn.simulate(noisy, STEP, duration=20.0, key=KEY).v


def _spiking() -> spiking.SpikingNetwork:
    layers = {"hidden": spiking.CurrentLIF(12), "out": spiking.CurrentLIF(3)}
    return spiking.feedforward(KEY, 5, layers, mean=12.0, spread=8.0)


TRAINS = jn.spike_trains([2.0, 9.0], [4.0], [6.0, 7.0], [1.0, 20.0], [12.0])


def spiking_run(engine: spiking.FixedStep | spiking.Events | spiking.Conductance) -> jax.Array:
    """Spikes of one network."""
    return spiking.run(_spiking(), TRAINS, duration=40.0, engine=engine).spikes["hidden"]


# ---- gradients


def population_gradient() -> jax.Array:
    """Of the third spike of twenty axons by sodium."""
    third = lambda g: jn.simulate(SQUID.set("na.g_max", g), STEP, duration=40.0).spike_times().times[2]
    return jax.vmap(jax.grad(third))(jnp.linspace(110.0, 130.0, 20))


def tree_gradient() -> tuple:
    """Of the squared voltage of the tree by sodium and capacitance."""
    cell = _tree()

    def loss(g_max: jax.Array, capacitance: jax.Array) -> jax.Array:
        changed = cell.set("na.g_max", g_max, where="soma").set("capacitance", capacitance)
        return jnp.mean(jn.simulate(changed, _at_soma(cell), duration=5.0).v ** 2)

    return jax.grad(loss, argnums=(0, 1))(jnp.float32(120.0), jnp.float32(1.0))


def network_gradient() -> tuple:
    """Of a voltage of the network by weight and delay."""

    def loss(weight: jax.Array, delay: jax.Array) -> jax.Array:
        recording = jn.simulate(_network(weight, delay), {"a": STEP}, duration=10.0, record="b.v", every=20)
        return jnp.mean(recording["b.v"] ** 2)

    return jax.grad(loss, argnums=(0, 1))(jnp.float32(2e-3), jnp.float32(1.5))


# ---- fits

FREE = {"na.g_max": (40.0, 300.0), "k.g_max": (10.0, 100.0), "leak.g_max": (0.05, 1.5), "k.e": (-95.0, -60.0)}


def _sweep() -> jn.Recording:
    t = np.arange(0, 801) * 0.05
    current = np.where((t >= 5.0) & (t < 35.0), 0.12, 0.0)
    stimulus = jn.stimuli.inject(jn.stimuli.sampled(t, current))
    run = jn.simulate(SQUID, stimulus, duration=40.0, dt=0.05)
    return jn.Recording(run.t, run.values, current=jnp.asarray(current))


def _fit(**options: Any) -> Any:
    defaults = {"starts": 2, "draws": 8, "dt": 0.05, "window": (0.0, 40.0), "check": False}
    return jn.fit(SQUID, _sweep(), free=FREE, key=KEY, **(defaults | options))


def levenberg_marquardt() -> tuple:
    """Losses of three steps on the residuals of features, and the scores of the cell."""
    result = _fit(steps=3)
    names = ("interval_error", "height_error", "coincidence", "subthreshold_error", "loss")
    return result.history, result.values, *(np.asarray(result.fitted[name]) for name in names)


def by_gradient() -> tuple:
    """Losses of three steps of Adam on a voltage error."""
    result = _fit(steps=3, loss=partial(FITTING.losses.voltage_error, nudge=0.5), optimiser=optax.adam(0.01))
    return result.history, result.values


def by_search() -> tuple:
    """Losses of ten generations of differential evolution."""
    search = FITTING.DifferentialEvolution(popsize=16)
    result = _fit(steps=10, loss=FITTING.losses.voltage_error, optimiser=search)
    return result.history, result.values


# ---- trainers


def _losses(history: list[dict[str, Any]], *names: str) -> np.ndarray:
    return np.array([[row[name] for name in names] for row in history], float)


def surrogate_training() -> np.ndarray:
    """Two epochs at a fixed step."""
    data = spiking.tasks.yin_yang(jax.random.key(1), 60)
    layers = {"hidden": spiking.CurrentLIF(12), "out": spiking.LeakyIntegrator(3)}
    start = spiking.feedforward(KEY, 5, layers, mean=12.0, spread=8.0)
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMax(3.0))
    done = spiking.train(start, data, loss, engine=spiking.FixedStep(2.0), duration=30.0, key=KEY, epochs=2, batch=20,
                         optimiser=optax.adam(0.02))  # fmt: skip
    return _losses(done.history, "loss", "accuracy", "spikes")


def event_training() -> np.ndarray:
    """Two epochs by exact events, through EventProp."""
    data = spiking.tasks.yin_yang(jax.random.key(1), 60)
    loss = spiking.losses.CrossEntropy(spiking.decoders.FirstSpike(2.0, 40.0))
    engine = spiking.Events(max_spikes=16, adjoint="eventprop")
    done = spiking.train(_spiking(), data, loss, engine=engine, duration=40.0, key=KEY, epochs=2, batch=20,
                         optimiser=optax.adam(0.02))  # fmt: skip
    return _losses(done.history, "loss", "accuracy", "spikes")


def path_training() -> np.ndarray:
    """Six updates of a path integrator, two seeds."""
    recipe = path_integration.sorscher(
        arena=nav.torus(1.0), memory=1.0, learning_rate=1e-2, units=12, place_cells=16, batch=8, steps=4
    )
    return _losses(path_integration.train(recipe, jax.random.split(KEY, 2), 6, chunk=2).history, "loss")


def agent_training() -> np.ndarray:
    """Two updates of an agent with a grid code, two seeds."""
    world = nav.environments.open_arena(0.8, rays=3, max_steps_in_episode=30, action_repeat=1, speed=2.0, turn=10.0)
    code = agent.PoseCode(nav.grid_cells(KEY, 8, (0.9, 1.6)), nav.head_direction_cells(6, kappa=2.0))
    learner = agent.PPO(horizon=10, epochs=2, minibatches=2)
    config = agent.Config(agent.Agent(world, world.default_params, code, units=16), learner, animals=8, updates=2)
    done = agent.run(config, jax.random.split(KEY, 2), every=1)
    return _losses(done.history, "loss", "entropy", "reward")


def point_process() -> Any:
    """Ten steps of a generalised linear model."""
    stimulus = jnp.sin(jnp.arange(400) / 7.0)
    train = (jax.random.uniform(KEY, (400,)) < 0.1 + 0.1 * stimulus).astype(float)
    start = spiking.GLM(spiking.Filter(jnp.zeros(4)), bias=jnp.log(0.05))
    done: Any = spiking.fit_train(start, stimulus, train, 0.5, free=("filter.weights", "bias"), steps=10)
    return done[1] if isinstance(done, tuple) else _losses(done.history, "loss")[:, 0].astype(np.float32)


# ---- scores


def map_scores() -> tuple:
    """Gridness by each convention, border score and information of drawn maps."""
    maps = nav.scores.low_pass_noise(KEY, 6, 20)
    grids = tuple(nav.scores.gridness(maps, convention) for convention in nav.scores.CONVENTIONS.values())
    return *grids, jax.vmap(nav.scores.border_score)(jnp.abs(maps))


def spike_distances() -> tuple:
    """Of van Rossum, and of Victor and Purpura, exact and smoothed."""
    try:
        room = importlib.import_module("jaxneuro.compare")
    except ModuleNotFoundError:  # before there was such a room
        room = importlib.import_module("jaxneuro.fitting.spike_distances")
    a, b = jnp.array([3.0, 11.0, 40.0, jnp.inf]), jnp.array([5.0, 38.0, jnp.inf])
    return room.van_rossum(a, b, 7.0), room.victor_purpura(a, b, 0.1), room.victor_purpura(a, b, 0.1, 0.2)


RESULTS: dict[str, Callable[[], Any]] = {
    "spikes: squid axon": axon,
    "spikes: published cells": published,
    "spikes: tree": tree,
    "spikes: tree, Strang": partial(tree, solver=jn.Strang()),
    "spikes: network": network,
    "spikes: LIF population": lif,
    "spikes: channel noise": channel_noise,
    "spikes: events": partial(spiking_run, spiking.Events(max_spikes=24)),
    "spikes: fixed step": partial(spiking_run, spiking.FixedStep(0.5)),
    "spikes: cells": partial(
        spiking_run, spiking.Conductance(spiking.Counterpart(jn.cells.fast_spiking()), max_spikes=24)
    ),
    "gradient: population": population_gradient,
    "gradient: tree": tree_gradient,
    "gradient: network": network_gradient,
    "fit: Levenberg-Marquardt": levenberg_marquardt,
    "fit: gradient": by_gradient,
    "fit: search": by_search,
    "train: surrogate": surrogate_training,
    "train: events": event_training,
    "train: path integration": path_training,
    "train: agent": agent_training,
    "train: point process": point_process,
    "scores: maps": map_scores,
    "scores: spike distances": spike_distances,
}


def digest(result: Any) -> dict[str, Any]:
    """The first numbers of a result in hexadecimal, and a digest of the bytes, shapes and types of all its arrays."""
    arrays = [np.asarray(x) for x in jax.tree.leaves(result)]
    whole = hashlib.blake2b(digest_size=8)
    for array in arrays:
        whole.update(f"{array.shape}{array.dtype}".encode() + array.tobytes())
    finite = np.concatenate([x.ravel()[np.isfinite(x.ravel())] for x in arrays])
    return {"first": [float(x).hex() for x in finite[:SHOWN]], "numbers": len(finite), "digest": whole.hexdigest()}


def measured(name: str) -> dict[str, Any]:
    """One result, or why there is none."""
    try:
        return digest(RESULTS[name]())
    except Exception as error:  # a name that moved must not hide the other results
        return {"failed": f"{type(error).__name__}: {str(error)[:200]}"}


def main() -> None:
    """Compute, print, keep, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="keep the results there (JSON)")
    parser.add_argument("--against", type=Path, help="a file of --out to compare with")
    parser.add_argument("--only", default="", help="results whose name contains this word")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    for name in (name for name in RESULTS if chosen.only in name):
        began = time.process_time()
        found[name] = measured(name)
        said = found[name].get("failed") or "  ".join([found[name]["digest"], *found[name]["first"]])
        print(f"{name:26s} {time.process_time() - began:5.1f} s  {said}", flush=True)
    about = {"machine": machine(), "XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
    if chosen.out:
        chosen.out.write_text(json.dumps({**about, "results": found}, indent=1, ensure_ascii=False) + "\n")
    if chosen.against:
        sys.exit(differences(json.loads(chosen.against.read_text()), {**about, "results": found}))


def differences(before: dict[str, Any], now: dict[str, Any]) -> int:
    """Print what differs; 1 if something does."""
    for name in ("cpu", "versions"):
        if before["machine"][name] != now["machine"][name]:
            print(f"another {name}: {before['machine'][name]} -> {now['machine'][name]}: bits may move by that alone")
    if before["XLA_FLAGS"] != now["XLA_FLAGS"]:
        print(f"other XLA_FLAGS: {before['XLA_FLAGS']!r} -> {now['XLA_FLAGS']!r}: bits may move by that alone")
    changed = [name for name, result in now["results"].items() if result != before["results"].get(name)]
    for name in changed:
        print(f"differs: {name}\n  before {before['results'].get(name)}\n  now    {now['results'][name]}")
    print(f"{len(now['results']) - len(changed)} of {len(now['results'])} results are the same to the bit")
    return int(bool(changed))


if __name__ == "__main__":
    main()
