"""Gradients by every rule beside the exact one: agreement, memory and time.

    python benchmarks/learning_rules.py [--quick]

One recurrent network (8 Poisson inputs of 50 Hz, 20 current-based LIF neurons that reach one another after 2 ms, 2 readouts)
and one loss: the mean squared distance of the readouts from a sine and a cosine, each ms for 50 ms. Exact events give the
gradient of that loss with respect to all weights; the others take steps of 0.1 ms. Cosines with the exact gradient are means
over draws of the weights, with their standard deviation; norms are relative to it; memory is XLA's count of what a gradient
needs besides arguments and results; times are medians of compiled calls. The last column is the loss after 500 steps of Adam
with a rule's gradients, at steps of 1 ms where there are any, for rules that are quick enough. All in float64. Writes
results/learning_rules.json.
"""

import argparse
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import optax

sys.path.insert(0, str(Path(__file__).parents[1]))
import jaxneuro as jn
from benchmarks.case import machine, table, write
from jaxneuro import spiking

INPUTS, HIDDEN, DURATION, DT = 8, 20, 50.0, 0.1


def draw(seed: int) -> spiking.SpikingNetwork:
    """A network with weights of its own."""
    key, out = jax.random.split(jax.random.key(seed))
    layers = {"hidden": spiking.CurrentLIF(HIDDEN, tau=10.0), "out": spiking.LeakyIntegrator(2, tau=10.0)}
    network = spiking.feedforward(key, INPUTS, layers, mean=6.0, spread=2.0, recurrent=("hidden",))
    within = network.connections["hidden_recurrent"].replace(delay=2.0, max_delay=2.0)
    network = network.replace(connections=network.connections | {"hidden_recurrent": within})
    return network.set("connections.out.weight", jax.random.normal(out, (HIDDEN, 2)) * 2 / HIDDEN**0.5)


def squared(v: jax.Array, target: jax.Array) -> jax.Array:
    return jnp.sum((v - target) ** 2)


def rules(network: spiking.SpikingNetwork) -> dict:
    """By label; the exact gradient first."""
    steps = lambda surrogate, dt=DT: spiking.FixedStep(dt, surrogate)
    chosen = spiking.surrogates.StraightThrough()
    through_time = {f"BPTT, {type(s).__name__}": spiking.Backprop(steps(s)) for s in spiking.surrogates.ALL}
    return {
        "exact events (EventProp)": spiking.Backprop(spiking.Events(max_spikes=24, adjoint="eventprop")),
        **through_time,
        "BPTT, StraightThrough, 1 ms": spiking.Backprop(steps(chosen, 1.0)),
        "RTRL, StraightThrough": spiking.RTRL(steps(chosen)),
        "e-prop, StraightThrough": spiking.EProp(steps(chosen)),
        "e-prop, FastSigmoid": spiking.EProp(steps(spiking.surrogates.FastSigmoid())),
        "e-prop, random feedback": spiking.EProp(steps(chosen), spiking.random_feedback(jax.random.key(0), network)),
        "readout alone": spiking.EProp(steps(chosen), {}),
        "three-factor, one for all": spiking.EProp(steps(chosen), spiking.one_feedback(network)),
    }


def learned(
    network: spiking.SpikingNetwork, inputs: jn.SpikeTrains, targets: jax.Array, rule: spiking.Rule, steps: int
) -> float:
    """The loss after so many steps of Adam on all weights."""
    optimiser = optax.adam(0.02)

    def at(weights: dict) -> tuple:
        now = network
        for name, weight in weights.items():
            now = now.set(f"connections.{name}.weight", weight)
        return spiking.gradient(now, inputs, targets, loss=squared, duration=DURATION, rule=rule)

    def step(carry: tuple, _: None) -> tuple:
        weights, state = carry
        _, found = at(weights)
        change, state = optimiser.update({name: c.weight for name, c in found.connections.items()}, state)
        return (optax.apply_updates(weights, change), state), None

    weights = {name: connection.weight for name, connection in network.connections.items()}
    run = jax.jit(lambda carry: at(jax.lax.scan(step, carry, None, steps)[0][0])[0])
    return float(run((weights, optimiser.init(weights))))


def show(rows: list[dict]) -> str:
    lines = [
        [row["rule"], f"{row['cosine']:.3f}", f"{row['spread']:.3f}", f"{row['norm']:.3g}", f"{row['loss']:.3f}",
         f"{row['memory_bytes'] / 1e3:,.0f}", f"{row['run_s'] * 1e3:.1f}", f"{row['learned']:.3f}" if "learned" in row else ""]
        for row in rows
    ]  # fmt: skip
    return table(["", "cosine", "±", "norm", "loss", "memory kB", "ms", "learned"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one draw, and one surrogate")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    network, *others = (draw(seed) for seed in range(1 if options.quick else 5))
    t = jnp.arange(1.0, DURATION + 1)
    targets = jnp.stack([jnp.sin(2 * jnp.pi * t / 50), jnp.cos(2 * jnp.pi * t / 25)], 1)
    inputs = jn.poisson(jax.random.key(100), 50.0, INPUTS, DURATION)
    chosen = rules(network)
    if options.quick:
        chosen = {label: rule for label, rule in chosen.items() if "BPTT" not in label or "StraightThrough" in label}
    response = spiking.run(network, inputs, duration=DURATION, engine=spiking.Events(max_spikes=24))
    report: dict = {"machine": machine(), "how": " ".join(__doc__.split("\n\n")[2].split())}
    report["spikes"] = int(jnp.isfinite(response.spikes["hidden"]).sum())
    report["draws"] = 1 + len(others)
    rows = spiking.gradient_table(
        network, inputs, targets, chosen, loss=squared, duration=DURATION, draws=others, seconds=0.3
    )
    coarse, fine = (spiking.FixedStep(dt, spiking.surrogates.StraightThrough()) for dt in (1.0, DT))
    for row in rows:
        rule = chosen[row["rule"]]
        if "EventProp" in row["rule"]:
            row["learned"] = learned(network, inputs, targets, rule, 500)
        elif rule.engine == fine and not isinstance(rule, spiking.RTRL):
            row["learned"] = learned(network, inputs, targets, rule.replace(engine=coarse), 500)
    report["rules"] = rows
    about = report["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, load {about['load_at_start']:.1f} at the start\n")
    print(f"{report['spikes']} spikes in the first of {report['draws']} networks\n")
    print(show(rows))
    print(write("learning_rules_quick" if options.quick else "learning_rules", report))


if __name__ == "__main__":
    main()
