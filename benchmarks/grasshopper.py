"""The nerve of an animal: three models of an auditory receptor's spike train, judged on seconds that none has seen.

    python benchmarks/grasshopper.py [--data FOLDER] [--steps N]

A grasshopper hears 10 s of a tone whose amplitude fluctuates (cut off at 200 Hz); a receptor neuron answers with 929 spikes, in
one presentation. The logarithm of the amplitude goes through a filter (21 raised cosines over 15 ms), fitted with the rest, into

- a generalised linear model: log rate = filtered stimulus + exponentials of past spikes;
- an adaptive leaky integrate-and-fire neuron with escape noise: reset, refractory period, a threshold that spikes raise;
- a conductance-based cell (Pospischil's fast-spiking cell with an M-current) with escape noise on its voltage; every spike is a
  pulse of current that makes the membrane spike, so that the channels remember it.

Each is fitted by L-BFGS to the likelihood of the first 7 s, in bins of 0.1 ms, and judged on the last 3 s: bits per spike more
than a Poisson process of the rate there, and the coincidence factor Γ (2 ms) of trains that run by themselves, the mean of 50,
beside the Γ of these trains among one another. XLA compiles the loops natively, which is 20 times faster, with

    XLA_FLAGS=--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000

Writes results/grasshopper.json.

Data: Rokem et al. (2006), J. Neurophysiol. 95:2541, as in nipy/nitime.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.fitting.quality import coincidence

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, table, write

SHARED = Path(__file__).parents[2] / "shared" / "data" / "grasshopper"
DT, SECOND = 0.1, 10_000  # ms; bins
TRAINED, ALL = 7 * SECOND, 10 * SECOND
WARM_UP = SECOND // 2
BUMPS, PRECISION, DRAWS = 21, 2.0, 50  # of the filter; ms; trains
RIDGE = 1e-3  # on the filter's weights, in units in which they are about 1


def models() -> dict[str, tuple[Any, dict]]:
    """Where each model starts, and what is free."""
    cell = jn.cells.fast_spiking().insert("m", jn.channels.M(0.05, -100.0, 200.0))
    channels = ("cell.leak.g_max", "cell.m.g_max", "cell.m.tau_max", "cell.k.g_max")
    neuron = spiking.LIF(1, tau=5.0, refractory=2.5, bias=0.5)
    flat, size = lambda x: spiking.Filter(jnp.zeros(BUMPS).at[9].set(x), 15.0), lambda x: {"scale": x}
    return {
        "generalised linear model": (
            spiking.GLM(flat(0.0), history=jnp.array([-5.0, -5.0, -1.0, 0.0, 0.0, 0.0, 0.0])),
            dict(free=("filter.weights", "bias", "history")) | size(1.0),
        ),
        "adaptive LIF": (
            spiking.EscapeNoise(neuron, flat(0.1)),
            dict(free=("filter.weights", "neuron.bias", "neuron.reset", "jump", "neuron.tau", "sharpness", "tau_jump"))
            | size(0.5),
        ),
        "conductance-based": (
            spiking.NoisyMembrane(cell, flat(0.2), offset=1.0, refractory=2.5),
            dict(free=("filter.weights", "offset", "threshold", "width", "rate", *channels)) | size(1.0),
        ),
    }  # fmt: skip


def read(folder: Path) -> tuple[jax.Array, jax.Array]:
    """The stimulus, as logarithm in units of its deviation, and the train (time,)."""
    _, sound = jn.data.read_waveform(folder / "grasshopper_stimulus1.txt")
    level = np.log(sound).reshape(ALL, -1).mean(1)
    level = (level - level[:TRAINED].mean()) / level[:TRAINED].std()
    train = spiking.binned_train(jn.data.read_spike_times(folder / "grasshopper_spike_times1.txt"), DT, ALL * DT)
    return jnp.asarray(level, jnp.float32), jnp.asarray(train)


def runs(x: jax.Array) -> jax.Array:
    """The trained seconds one by one, each with the half before it (run, time); of the first half second nothing is judged."""
    starts = np.arange(WARM_UP, TRAINED - WARM_UP, SECOND)
    return jnp.stack([x[a - WARM_UP : a + SECOND] for a in starts])


def judge(model: Any, stimulus: jax.Array, train: jax.Array) -> dict:
    """Bits per spike on both parts, and coincidence factors on the held-out one."""
    rates = spiking.log_rates(model, stimulus, train, DT)
    seen, held = slice(WARM_UP, TRAINED), slice(TRAINED, ALL)
    begin = TRAINED - SECOND  # what runs by itself warms up for a second
    draw = lambda key: spiking.sample(model, key, stimulus[begin:], DT)[SECOND:]
    drawn = np.asarray(jax.vmap(draw)(jax.random.split(jax.random.key(1), DRAWS)))
    times = [np.flatnonzero(one) * DT for one in drawn]
    data, length = np.flatnonzero(train[held]) * DT, 3 * SECOND * DT
    met = [coincidence(one, data, length, PRECISION) for one in times]
    among = [coincidence(a, b, length, PRECISION) for a, b in zip(times[::2], times[1::2], strict=True)]
    return {
        "bits_trained": float(spiking.bits_per_spike(rates[seen], train[seen], DT)),
        "bits_held_out": float(spiking.bits_per_spike(rates[held], train[held], DT)),
        "coincidence": float(np.mean(met)), "coincidence_sd": float(np.std(met)),
        "coincidence_among_draws": float(np.mean(among)),
        "rate_hz": float(drawn.mean() / DT * 1e3), "rate_of_data_hz": float(train[held].mean() / DT * 1e3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    stimulus, train = read(options.data)
    report = {"machine": machine(), "steps": options.steps, "spikes": int(train.sum()), "models": {}}
    for name, (start, search) in models().items():
        began, scale = time.perf_counter(), search.pop("scale")
        ridge = lambda model, scale=scale: RIDGE * jnp.sum((model.filter.weights / scale) ** 2)
        done = spiking.fit_train(
            start, runs(stimulus), runs(train), DT, steps=options.steps, warm_up=WARM_UP, penalty=ridge, **search
        )
        seconds, fitted = time.perf_counter() - began, done.state
        losses = [row["loss"] for row in done.history]
        values = {path: np.asarray(fitted.get(path)).tolist() for path in search["free"]}
        count = sum(np.size(value) for value in values.values())
        result = {"parameters": count, "seconds": seconds, "losses": losses[:: max(options.steps // 10, 1)]}
        report["models"][name] = result | judge(fitted, stimulus, train) | {"values": values}
        print(name, {k: v for k, v in report["models"][name].items() if k != "values"}, flush=True)
    heading = ["", "parameters", "bits/spike, 7 s seen", "bits/spike, 3 s held out", "Γ", "Γ among draws", "Hz"]
    keys = ("bits_trained", "bits_held_out", "coincidence", "coincidence_among_draws", "rate_hz")
    rows = [[name, str(r["parameters"]), *(f"{r[key]:.2f}" for key in keys)] for name, r in report["models"].items()]
    print(table(heading, rows))
    print(write("grasshopper", report))


if __name__ == "__main__":
    main()
