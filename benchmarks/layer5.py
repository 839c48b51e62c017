"""Tune a layer 5 pyramidal cell by gradient until its apical dendrite fires calcium spikes when it should, and only then.

    python benchmarks/layer5.py [STEPS]

The cell is grown, so the densities of Hay et al. (2011), which belong to a reconstruction, are only where the search
begins: every density is free between a third and three times its value. Three protocols run at once: a step of 1.9 nA and
5 ms into the soma; 5 ms after its onset an EPSP-shaped current of 0.5 nA into the trunk; both, which is BAC firing (Larkum,
Zhu & Sakmann 1999, Nature 398:338). The loss sums deviations of smooth features; `jax.grad` and Adam lower it. The best
densities are checked with half the step and with compartments half as long. Writes results/layer5.json.

Protocols, features and deviations: Hay et al. (2011), PLoS Comput. Biol. 7:e1002107, table 2 and ModelDB 139653.
"""

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxneuro as jn
from jaxneuro.biophysics.published.hay import HAY, THICK_TUFTED, apical_site, layer5_pyramidal

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import machine, write

SOMA_STEP, EPSP = 1.9, 0.5  # nA
START, DELAY, DURATION = 5.0, 5.0, 70.0  # ms
DT = 0.025  # ms
SITES = {"trunk": 620.0 / 1300.5, "tuft": 800.0 / 1300.5}  # shares of the longest apical way, 1300.5 µm in the source
PROTOCOLS = {"soma": (1.0, 0.0), "dendrite": (0.0, 1.0), "both": (1.0, 1.0)}
WIDTH = 3.0  # factor to either side of the densities of the source
TARGETS = {  # feature: what it should be, deviation, whether only more or only less than it counts
    "soma.spikes": (1.0, 0.1, ""), "soma.trunk": (45.0, 10.0, ""), "soma.tuft": (36.0, 9.33, ""),
    "soma.plateau": (4.0, 2.0, "more"), "dendrite.spikes": (0.0, 0.1, ""), "dendrite.plateau": (1.0, 1.0, "more"),
    "both.spikes": (3.0, 0.2, ""), "both.plateau": (25.0, 5.0, "less"), "both.peak": (6.73, 2.54, "less"),
}  # fmt: skip


def stimulus(soma: Any, dendrite: Any, site: int) -> jn.stimuli.Stimulus:
    """A step into the soma and a synaptic current into the dendrite, as shares of their amplitudes."""
    step = jn.stimuli.step(SOMA_STEP * soma, start=START, duration=5.0)
    return jn.stimuli.inject(step) + jn.stimuli.inject(jn.stimuli.postsynaptic(EPSP * dendrite, START + DELAY), site)


def settled(cell: jn.Cell, state: Any = None, duration: float = 1000.0) -> Any:
    """The state after some time without a stimulus; its derivatives are left out."""
    return jax.lax.stop_gradient(jn.simulate(cell, duration=duration, dt=0.1, every=100, initial=state).final)


@partial(jax.jit, static_argnames=("sites", "dt"))
def responses(cell: jn.Cell, state: Any, sites: tuple[int, ...], dt: float = DT) -> jax.Array:
    """Voltages at the soma and the sites in each protocol (protocol, time, 1 + site) [mV]."""

    def run(soma: Any, dendrite: Any) -> jax.Array:
        probe = lambda cell, state, drive: state.v[jnp.array([0, *sites])]
        what = stimulus(soma, dendrite, sites[0])
        return jn.simulate(cell, what, duration=DURATION, dt=dt, initial=state, record=probe)["<lambda>"]

    return jax.vmap(run)(*map(jnp.array, zip(*PROTOCOLS.values(), strict=True)))


def features(v: jax.Array, dt: float) -> dict[str, jax.Array]:
    """Smooth features: soft counts of somatic spikes, dendritic amplitudes [mV], time of the tuft above -30 mV [ms]."""
    found = {}
    for name, response in zip(PROTOCOLS, v, strict=True):
        soma, trunk, tuft = response.T
        high = jax.nn.sigmoid((soma + 35.0) / 8.0)
        found[f"{name}.spikes"] = jnp.maximum(jnp.diff(high), 0.0).sum()
        found[f"{name}.trunk"], found[f"{name}.tuft"] = trunk.max() - trunk[0], tuft.max() - tuft[0]
        found[f"{name}.plateau"] = dt * jax.nn.sigmoid((tuft + 30.0) / 5.0).sum()
        found[f"{name}.peak"] = tuft.max()
    return found


def loss_of(found: dict[str, jax.Array]) -> jax.Array:
    """A sum of deviations, quadratic where small and linear where large, so that none drowns the others."""
    total = jnp.zeros(())
    for name, (target, deviation, counts) in TARGETS.items():
        z = (found[name] - target) / deviation
        z = {"": z, "more": jnp.maximum(z, 0.0), "less": jnp.minimum(z, 0.0)}[counts]
        total = total + 2.0 * (jnp.sqrt(1.0 + z**2) - 1.0)
    return total


def densities(theta: dict) -> dict:
    """Densities from unbounded numbers, 0 for those of the source."""
    return jax.tree.map(lambda g, x: g * WIDTH ** jnp.tanh(x), HAY, theta)


def tune(morphology: jn.Morphology, sites: tuple[int, ...], steps: int) -> tuple[dict, list[float], list[float]]:
    """The densities of the lowest loss, the losses, and the seconds that each step took."""
    adam = optax.chain(optax.clip_by_global_norm(5.0), optax.adam(0.04))

    @jax.jit
    def descend(theta: dict, moments: Any, state: Any) -> tuple:
        def loss(theta: dict) -> tuple:
            cell = layer5_pyramidal(morphology, densities(theta))
            start = settled(cell, state, 100.0)
            found = features(responses(cell, start, sites), DT)
            far = sum(x**2 for x in jax.tree.leaves(theta))
            return loss_of(found) + 0.05 * far, (found, start)

        (value, (found, start)), gradient = jax.value_and_grad(loss, has_aux=True)(theta)
        change, moments = adam.update(gradient, moments, theta)
        return optax.apply_updates(theta, change), moments, start, value, found

    theta = jax.tree.map(lambda g: jnp.zeros(()), HAY)
    moments, state = adam.init(theta), jax.jit(settled)(layer5_pyramidal(morphology, HAY))
    best, losses, seconds = theta, [], []
    for number in range(steps):
        begun = time.perf_counter()
        new, moments, state, value, found = descend(theta, moments, state)
        losses.append(float(value))
        seconds.append(time.perf_counter() - begun)
        best = theta if losses[-1] == min(losses) else best
        theta = new
        print(f"{number:3d} {losses[-1]:7.3f} ", *(f"{name} {float(found[name]):.1f}" for name in TARGETS), flush=True)
    return jax.tree.map(lambda g: float(f"{g:.4g}"), densities(best)), losses, seconds


def judged(morphology: jn.Morphology, values: dict, dt: float = DT, max_length: float = 40.0) -> dict:
    """Features of a cell, and its somatic spikes after the onset of the step [ms]."""
    cell = layer5_pyramidal(morphology, values, max_length=max_length)
    sites = tuple(apical_site(cell.cable, share) for share in SITES.values())
    v = responses(cell, jax.jit(settled)(cell), sites, dt)
    report = {name: round(float(x), 2) for name, x in features(v, dt).items()}
    for name, soma in zip(PROTOCOLS, np.asarray(v)[:, :, 0], strict=True):
        rises = np.flatnonzero((soma[:-1] < -20) & (soma[1:] >= -20))
        report[f"{name}.times"] = [round(float(x), 2) for x in (rises + 1) * dt - START]
    return {"compartments": cell.compartments, "dt": dt, **report}


def main(steps: int) -> None:
    about = machine()
    morphology = jn.growth.pyramidal(jax.random.key(0), THICK_TUFTED)
    first = layer5_pyramidal(morphology, HAY)
    sites = tuple(apical_site(first.cable, share) for share in SITES.values())
    tuned, losses, seconds = tune(morphology, sites, steps)
    columns = {
        "densities of the source": judged(morphology, HAY), "tuned": judged(morphology, tuned),
        "half the step": judged(morphology, tuned, dt=DT / 2),
        "compartments half as long": judged(morphology, tuned, max_length=20.0),
    }  # fmt: skip
    print(f"\n{'':18s}" + "".join(f"{name:>27s}" for name in columns))
    for name in columns["tuned"]:
        print(f"{name:18s}" + "".join(f"{column[name]!s:>27s}" for column in columns.values()))
    what = {"machine": about, "how": " ".join(__doc__.split("\n\n")[2].split()), "densities": tuned, "judged": columns}
    report = what | {"losses": losses, "seconds_a_step": float(np.median(seconds)), "seconds_of_the_first": seconds[0]}
    write("layer5", report)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
