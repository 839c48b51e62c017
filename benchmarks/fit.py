"""Fitting: known parameters recovered, real cells against searches without gradients, and more parameters.

    python benchmarks/fit.py [recovery] [real] [scaling] [models] [gradients] [--recordings FOLDER] [--seconds S]
        [--seeds N] [--cells NAME ...]

Every method minimises the same residuals in the same processor time, compilation excluded and reported. Levenberg–
Marquardt begins with 16 starts from current balance, whose cost is counted; CMA-ES has a population of 64 and one start,
in the middle of the bounds or, "screened", the best of those 16; differential evolution 195 members within the bounds.
Writes results/fit.json.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

NATIVE = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000"
os.environ.setdefault("XLA_FLAGS", f"{NATIVE} --xla_cpu_prefer_vector_width=512")
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import jaxneuro as jn  # noqa: E402
from jaxneuro.biophysics.published import cortical, hodgkin_huxley_free  # noqa: E402
from jaxneuro.data import read_recording  # noqa: E402
from jaxneuro.fitting import SweepResiduals, box, fit  # noqa: E402
from jaxneuro.fitting.quality import score  # noqa: E402
from jaxneuro.fitting.shared import SharedResiduals  # noqa: E402
from jaxneuro.fitting.starts import screened_starts  # noqa: E402
from jaxneuro.fitting.targets import target  # noqa: E402
from jaxneuro.learn import (  # noqa: E402
    CMAES,
    REACH,
    DifferentialEvolution,
    LevenbergMarquardt,
    optimise,
)

RESULTS = Path(__file__).parent / "results" / "fit.json"
RECORDINGS = Path(__file__).parents[2] / "shared" / "data" / "recordings"
THRESHOLDS = (20.0, 10.0, 7.0, 5.0, 4.0)
STARTS = 16
# file, fitted sweeps, held-out sweeps, window [ms], judged from [ms] if the same sweep is judged later
CELLS = {
    "allen_518290966": ("allen_518290966_sweep57.npz", [0], [0], (155.0, 705.0), 1205.0),
    "allen_555060623": ("allen_555060623_sweep34.npz", [0], [0], (155.0, 705.0), 1205.0),
    "abf_regular": ("171116sh_0018.abf", [2, 8, 12, 16], [0, 6, 10, 14], (97.0, 747.0), None),
    "abf_fast_spiking": ("2019_07_24_0055_fsi.abf", [8, 12, 16], [6, 10, 14], (97.0, 397.0), None),
    "B6": ("B6*.ibw", [181, 183, 185], [182, 184], (650.0, 1050.0), None),
}


def real_targets(name: str, folder: Path):
    """What is fitted and what is held out of a real cell."""
    file, fitted, held, window, until = CELLS[name]
    junction = 14.0 if name == "B6" else 0.0
    sweeps = read_recording(folder / file, fitted, junction_potential=junction)
    goal = target(sweeps, window=window, dt=0.02)
    if until:
        return goal, target(sweeps, window=(window[0], until), judged_from=window[1], dt=0.02)
    others = read_recording(folder / file, held, junction_potential=junction)
    return goal, target(others, window=window, dt=0.02)


METHODS = ("levenberg-marquardt", "cma-es", "cma-es, screened", "differential evolution")


def race(of, seed: int, seconds: float, starts, size: int, methods, limit: float = REACH) -> dict:
    """Methods on one problem: loss against processor time, and the best vector."""
    key, found = jax.random.key(seed), {}
    for name in methods:
        began = time.process_time()
        first, optimiser = beginning(name, starts, key, size, limit)
        trace = []

        def note(row, trace=trace, began=began):
            trace.append((time.process_time() - began, row["loss"]))

        left = seconds - (time.process_time() - began)
        done = optimise(of, first, optimiser=optimiser, steps=2000, key=key, chunk=1, seconds=left, progress=note)
        reached = {f"{level:g}": next((t for t, loss in trace if loss < level), None) for level in THRESHOLDS}
        found[name] = dict(loss=float(np.min(done.loss)), seconds_to=reached, steps=len(trace),
                           theta=np.asarray(done.theta[done.best]), trace=trace)  # fmt: skip
    return found


def beginning(name: str, starts, key, size: int, limit: float):
    """Where a method begins, and the method."""
    if name == METHODS[0]:
        return starts(key), LevenbergMarquardt(limit=limit)
    if name == METHODS[2]:
        return starts(key)[:1], CMAES(64, 0.3, limit)
    middle = jnp.zeros((1, size))
    return middle, CMAES(64, 1.0, limit) if name == METHODS[1] else DifferentialEvolution(spread=limit)


def warm(of, starts, size: int, methods) -> dict:
    """Compile the methods, and say how long each took [s]."""
    took, key = {}, jax.random.key(99)
    for name in methods:
        began = time.process_time()
        first, optimiser = beginning(name, starts, key, size, REACH)
        optimise(of, first, optimiser=optimiser, steps=1, key=key)
        took[name] = time.process_time() - began
    return took


def real(args) -> dict:
    """Real cells, three methods, several seeds."""
    found = {}
    for name in args.cells or CELLS:
        goal, held = real_targets(name, args.recordings)
        of = SweepResiduals(prepared(cortical.adapting()), box(cortical.adapting(), cortical.BOUNDS), goal)

        def starts(key, of=of):
            return screened_starts(of, STARTS, key)

        size = len(of.box.names)
        compiled = warm(of, starts, size, args.methods)
        rows = []
        for seed in range(args.seeds):
            raced = race(of, seed, args.seconds, starts, size, args.methods)
            for method, run in raced.items():
                cell = of.box.cell(of.model, jnp.asarray(run.pop("theta")))
                run.pop("trace")
                scores = {"fitted": score(cell, goal), "held out": score(cell, held)}
                rows.append(dict(method=method, seed=seed, **run, **means(scores)))
                print(line(name, rows[-1]), flush=True)
        found[name] = dict(compile_seconds=compiled, rows=rows)
    return found


def means(scores: dict) -> dict:
    """Absolute errors averaged over sweeps; spike counts as they are."""
    out = {}
    for role, values in scores.items():
        out[role] = {k: float(np.nanmean(np.abs(v))) if np.isfinite(v).any() else None for k, v in values.items()
                     if k not in ("spikes", "model_spikes", "coincidence")}  # fmt: skip
        out[role]["coincidence"] = float(np.nanmean(values["coincidence"]))
        out[role]["spikes"] = [int(x) for x in values["spikes"]]
        out[role]["model_spikes"] = [int(x) for x in values["model_spikes"]]
        out[role]["count_error"] = float(np.mean(np.abs(values["spikes"] - values["model_spikes"])))
    return out


def line(name: str, row: dict) -> str:
    """One row of the table."""
    times = " ".join(f"{row['seconds_to'][f'{x:g}'] or float('nan'):6.1f}" for x in THRESHOLDS)
    part = []
    for role in ("fitted", "held out"):
        s = row[role]
        part.append(f"n {s['count_error']:.1f} ISI {s['interval_error'] or float('nan'):5.1f} % Γ {s['coincidence']:5.2f} "
                    f"sub {s['subthreshold_error']:.1f} mV")  # fmt: skip
    return (
        f"{name:<18}{row['method']:<24}{row['seed']} loss {row['loss']:7.2f} | s to {THRESHOLDS}: {times} | "
        + " | ".join(part)
    )


def models(args) -> dict:
    """Which model predicts what was held out: one adaptation current, a slow potassium gate, slow sodium inactivation."""
    found = {}
    choices = {"adapting": (cortical.adapting(), cortical.BOUNDS),
               "slow_potassium": (cortical.slow_potassium(), cortical.SLOW_K_BOUNDS),
               "slow_sodium": (cortical.slow_sodium(), cortical.SLOW_NA_BOUNDS)}  # fmt: skip
    for name in args.cells or list(CELLS)[:3]:
        goal, held = real_targets(name, args.recordings)
        for model, (cell, bounds) in choices.items():
            for seed in range(args.seeds):
                done = fit(
                    prepared(cell), goal, free=bounds, key=jax.random.key(seed), steps=30, hold_out=held, check=False
                )
                row = dict(loss=float(done.loss.min()), **means({"fitted": done.fitted, "held out": done.held_out}))
                found.setdefault(name, {}).setdefault(model, []).append(row)
                h = row["held out"]
                print(f"{name:<18}{model:<16}{seed} loss {row['loss']:6.2f} held out: n {h['model_spikes']} of {h['spikes']} "
                      f"ISI {h['interval_error'] or float('nan'):5.1f} % Γ {h['coincidence']:5.2f} "
                      f"sub {h['subthreshold_error']:.1f} mV", flush=True)  # fmt: skip
    return found


def recovery(args) -> dict:
    """Eight parameters of a simulated squid axon from 64 random starts."""
    cell = hodgkin_huxley_free().set("area", (1000.0,))
    free = {"na.g_max": (40.0, 300.0), "k.g_max": (10.0, 100.0), "leak.g_max": (0.05, 1.5), "na.e": (30.0, 80.0),
            "k.e": (-95.0, -60.0), "capacitance": (0.4, 2.5), "na.alpha_m.midpoint": (15.0, 35.0),
            "k.alpha_n.midpoint": (0.0, 20.0)}  # fmt: skip
    t = np.arange(0.0, 80.01, 0.02)
    sweeps = []
    for amplitude in (0.1, 0.2, -0.03):  # nA into 1000 µm²: 10, 20, -3 µA/cm²
        current = np.where((t >= 10.0) & (t < 70.0), amplitude, 0.0)
        run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(t, current)), duration=80.0, dt=0.02)
        sweeps.append(jn.Recording(run.t, run.values, current=jnp.asarray(current), name=f"{amplitude} nA"))
    began = time.process_time()
    goal = target(sweeps, window=(0.0, 80.0), dt=0.02)
    found = {}
    for label, draws in (("64 random starts", None), ("64 screened starts", 512)):
        limits = box(cell, free)
        of = SweepResiduals(prepared(cell), limits, goal)
        key = jax.random.key(0)
        starts = limits.draw(key, 64) if draws is None else screened_starts(of, 64, key, draws=draws)
        done = optimise(of, starts, optimiser=LevenbergMarquardt(limit=REACH), steps=60)
        values = np.asarray(jax.vmap(limits.values)(jnp.asarray(done.theta)))
        error = np.abs(values / np.asarray(limits.current(cell)) - 1).max(1)
        loss = np.asarray(done.loss)
        kept = loss < 0.1
        found[label] = dict(kept=int(kept.sum()), within_5_percent=int((error[kept] < 0.05).sum()),
                            dropped=done.dropped, best_loss=float(loss.min()), worst_error_of_best=float(error[loss.argmin()]),
                            processor_seconds_with_compilation=time.process_time() - began)  # fmt: skip
        print(label, found[label], flush=True)
    return found


OWN = ("area", "leak.g_max", "na.g_max", "k.g_max", "m.g_max", "leak.e")


def scaling(args) -> dict:
    """Several simulated cells that share their kinetics: 13, 49 and 199 parameters."""
    found = {}
    shared = {k: v for k, v in cortical.BOUNDS.items() if k not in OWN}
    own = {k: cortical.BOUNDS[k] for k in OWN}
    cell = cortical.adapting()
    limits = box(cell, {**shared, **own})
    t = np.arange(0.0, 300.01, 0.025)
    current = np.where((t >= 30.0) & (t < 280.0), 0.45, np.where(t >= 280.0, -0.05, 0.0))
    rng = np.random.default_rng(7)
    truth = np.asarray(limits.theta(limits.current(cell.set("area", (12_000.0,)).set("m.tau_max", 300.0))))
    for cells in (1, 7, 32):
        each = np.tile(truth, (cells, 1))
        each[:, len(shared) :] += 0.35 * rng.standard_normal((cells, len(own)))
        run = jax.jit(
            jax.vmap(
                lambda x: jn.simulate(
                    limits.cell(cell, x).set("v_init", -70.0),
                    jn.stimuli.inject(jn.stimuli.sampled(t, current)),
                    duration=300.0,
                ).v[:, 0]
            )
        )
        sweeps = [
            jn.Recording(jnp.asarray(t), {"v": v[:, None]}, current=jnp.asarray(current))
            for v in run(jnp.asarray(each))
        ]
        goal = target(sweeps, window=(0.0, 300.0), dt=0.025)
        of = SharedResiduals(prepared(cell), limits, goal, len(shared), cells)
        starts = shared_starts(of, 4 if cells > 1 else STARTS)
        compiled = warm(of, starts, of.size, args.methods)
        budget = args.seconds * {1: 1, 7: 2, 32: 6}[cells]
        for seed in range(args.seeds):
            raced = race(of, seed, budget, starts, of.size, args.methods)
            for method, row in raced.items():
                row.pop("theta"), row.pop("trace")
                found.setdefault(str(of.size), dict(compile_seconds=compiled, budget=budget, rows=[]))["rows"].append(
                    dict(method=method, seed=seed, **row)
                )
                times = " ".join(f"{row['seconds_to'][f'{x:g}'] or float('nan'):6.1f}" for x in THRESHOLDS)
                print(f"{of.size:>4} parameters {method:<24}{seed} loss {row['loss']:8.3f} after {budget:g} s, "
                      f"{row['steps']} steps | s to {THRESHOLDS}: {times}", flush=True)  # fmt: skip
    return found


def shared_starts(of: SharedResiduals, count: int):
    """Random shared kinetics with every cell's conductances by balance, the best of 32."""

    @jax.jit
    def screen(of, theta):
        moved = jax.lax.map(of.balanced, theta, batch_size=8)
        return moved, jax.lax.map(lambda x: 0.5 * jnp.sum(of(x) ** 2), moved, batch_size=8)

    def starts(key):
        place = jax.random.uniform(key, (32, of.size), minval=0.05, maxval=0.95)
        moved, loss = screen(of, jnp.log(place / (1 - place)))
        return moved[jnp.argsort(loss)[:count]]

    return starts


def gradients(args) -> dict:
    """Derivatives of spike times against macroscopic finite differences, by step, at one solution for each Allen cell."""
    from jaxneuro.fitting.quality import audit

    found = {}
    for name in list(CELLS)[:2]:
        goal, _ = real_targets(name, args.recordings)
        of = SweepResiduals(prepared(cortical.adapting()), box(cortical.adapting(), cortical.BOUNDS), goal)
        done = optimise(
            of, screened_starts(of, STARTS, jax.random.key(0)), optimiser=LevenbergMarquardt(limit=REACH), steps=20
        )
        best = jnp.asarray(done.theta[done.best])
        file, fitted, _, window, _ = CELLS[name]
        for dt in (0.04, 0.02, 0.01):
            fine = target(read_recording(args.recordings / file, fitted), window=window, dt=dt)
            health = audit(of.replace(target=fine), best)[2]
            errors = [float(f"{x:.2g}") for x in np.ravel(health.error) if np.isfinite(x)]
            found.setdefault(name, {})[f"{dt:g}"] = errors
            print(f"{name:<18} dt {dt:<5g} relative error of d(spike time), spikes 1...: {errors}", flush=True)
    return found


def with_others(old: dict, new: dict) -> dict:
    """New figures of some methods, with the old ones of the others."""
    kept = [row for row in old["rows"] if row["method"] not in new["compile_seconds"]]
    rows = sorted([*kept, *new["rows"]], key=lambda row: (row["seed"], METHODS.index(row["method"])))
    return {**new, "compile_seconds": {**old["compile_seconds"], **new["compile_seconds"]}, "rows": rows}


def prepared(cell):
    """The model with arrays for leaves."""
    return jax.tree.map(lambda x: jnp.asarray(x, float), cell)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    jobs = {f.__name__: f for f in (recovery, real, scaling, models, gradients)}
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(jobs)} (default: all)")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS)
    parser.add_argument("--seconds", type=float, default=15.0, help="processor time of a run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", nargs="*")
    parser.add_argument("--methods", nargs="*", default=METHODS, choices=METHODS, help="others keep their old figures")
    args = parser.parse_args()
    unknown = set(args.jobs) - set(jobs)
    if unknown:
        sys.exit(f"no job {', '.join(unknown)}: there are {', '.join(jobs)}.")
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in args.jobs or jobs:
        found = jobs[name](args)
        if args.methods != METHODS and name in ("real", "scaling"):
            found = {problem: with_others(known[name][problem], part) for problem, part in found.items()}
        if args.cells:
            found = {**known.get(name, {}), **found}
        known[name] = found
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {RESULTS}")


if __name__ == "__main__":
    main()
