"""Gradients by rules that learn online, against backpropagation through time and exact events."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking.engines.steps import depth
from jaxneuro.spiking.loops import loops
from jaxneuro.spiking.rules import eligibility
from jaxneuro.spiking.rules.learning import lowered

INPUTS = jn.spike_trains([1.0, 5.0, 9.0], [2.0, 6.0, 15.0], [3.0, 4.0, 20.0])
TARGETS = jnp.stack([jnp.linspace(0.0, 1.0, 10), jnp.linspace(1.0, 0.0, 10)], 1)
ENGINE = spiking.FixedStep(0.5, spiking.surrogates.FastSigmoid(2.0))


def squared(v: jax.Array, target: jax.Array) -> jax.Array:
    return jnp.sum((v - target) ** 2)


@pytest.fixture(scope="module")
def network() -> spiking.SpikingNetwork:
    layers = {
        "first": spiking.LIF(3, refractory=1.0),
        "hidden": spiking.CurrentLIF(4, tau=jnp.array([15.0, 20.0, 25.0, 30.0])),
        "out": spiking.LeakyIntegrator(2),
    }
    made = spiking.feedforward(jax.random.key(1), 3, layers, mean=4.0, spread=1.5, recurrent=("hidden",))
    delays = {
        "first": 0.7,
        "hidden": jnp.array([[0.7], [1.2], [0.0]]),
        "hidden_recurrent": jnp.arange(16.0).reshape(4, 4) / 5,
    }
    connections = {
        n: spiking.Connection(c.pre, c.post, c.weight, delays.get(n, 0.0)) for n, c in made.connections.items()
    }
    return made.replace(connections=connections)


def estimate(network: spiking.SpikingNetwork, rule: Any) -> tuple[jax.Array, spiking.SpikingNetwork]:
    return spiking.gradient(network, INPUTS, TARGETS, loss=squared, duration=30.0, rule=rule)


@pytest.fixture(scope="module")
def through_time(network: spiking.SpikingNetwork) -> tuple[jax.Array, spiking.SpikingNetwork]:
    trains = spiking.run(network, INPUTS, duration=30.0, engine=ENGINE).trains
    assert all(train.sum() > 5 for train in trains.values())
    return estimate(network, spiking.Backprop(ENGINE))


def assert_same(found: tuple, expected: tuple, paths: list[str]):
    assert abs(found[0] - expected[0]) < 1e-12 * expected[0]
    for path in paths:
        scale = np.abs(expected[1].get(path)).max()
        np.testing.assert_allclose(found[1].get(path), expected[1].get(path), atol=1e-12 * scale + 1e-14, err_msg=path)


def test_forward_in_time_is_back_through_time(network: spiking.SpikingNetwork, through_time: tuple):
    assert_same(estimate(network, spiking.RTRL(ENGINE)), through_time, network.paths())


class Cut(spiking.FixedStep):
    """The same steps, in which spikes reach other neurons, and their own reset, without a derivative: what e-prop leaves."""

    def solve(
        self, network: spiking.SpikingNetwork, inputs: Any, duration: float, record: tuple[str, ...]
    ) -> spiking.Response:
        def step(carry: tuple, row: jax.Array) -> tuple:
            states, way, fired = dict(carry[0]), dict(carry[1]), {"input": row}

            def arriving(post: str, group: tuple, within: bool) -> jax.Array:
                x = jnp.zeros(network.size(post))
                for name, c in network.into(post).items():
                    if (c.pre in group) == within:
                        spikes = (
                            jax.lax.stop_gradient(fired[c.pre]) if network.populations[post].spikes else fired[c.pre]
                        )
                        underway = jnp.concatenate([way[name], spikes[None]])
                        way[name], x = underway[1:], x + (eligibility.arrived(c, self.dt, underway) * c.weight).sum(0)
                return x

            for group in loops(network):
                for n in group:
                    own = network.populations[n], states[n], arriving(n, group, False)
                    states[n], fired[n] = eligibility.ask(*own, self.dt, self.surrogate)
                for n in group:
                    states[n] = network.populations[n].receive(states[n], arriving(n, group, True))
            return (states, way), {name: states[name].v for name in record}

        way = {n: jnp.zeros((depth(c, self.dt), network.size(c.pre))) for n, c in network.connections.items()}
        _, voltage = jax.lax.scan(step, (self.start(network)[0], way), self.rows(inputs, duration))
        return spiking.Response({}, {}, voltage, jnp.zeros(1), jnp.asarray(False), jnp.asarray(True))


def test_eprop_leaves_out_only_the_way_through_other_neurons(network: spiking.SpikingNetwork, through_time: tuple):
    found = estimate(network, spiking.EProp(ENGINE))
    paths = [p for p in network.paths() if "delay" not in p]
    assert_same(found, estimate(network, spiking.Backprop(Cut(0.5, ENGINE.surrogate))), paths)
    assert_same(found, through_time, ["connections.out.weight", "populations.out.tau", "populations.out.bias"])
    assert not jnp.any(found[1].get("connections.first.weight"))  # no feedback reaches it


def test_feedback_that_is_not_symmetric(network: spiking.SpikingNetwork):
    fed = spiking.random_feedback(jax.random.key(0), network)
    found = estimate(network, spiking.EProp(ENGINE, fed))
    assert jnp.all(jnp.any(found[1].get("connections.first.weight") != 0, axis=0))
    one = spiking.one_feedback(network)
    assert jax.tree.map(jnp.shape, one) == jax.tree.map(jnp.shape, fed) and jnp.all(one["hidden"] == 1)


def test_superspike_is_a_special_case():
    """Zenke & Ganguli (2018), eq. 4: error × filtered (surrogate × filtered input), here where no neuron has spiked yet."""
    layers = {"cells": spiking.CurrentLIF(2, threshold=5.0), "filter": spiking.LeakyIntegrator(2, 10.0, 5.0)}
    network = spiking.feedforward(jax.random.key(0), 3, layers).set("connections.filter.weight", jnp.eye(2))
    network = network.set("connections.cells.weight", jnp.array([[1.0, 2.0], [0.5, 1.0], [2.0, 0.3]]))
    given = {"loss": squared, "duration": 30.0, "rule": spiking.EProp(ENGINE)}
    target = jnp.abs(jnp.sin(jnp.arange(60.0)))[:, None] * jnp.array([1.0, 2.0])
    _, found = spiking.gradient(network, INPUTS, target, **given)
    t = np.arange(60) * 0.5
    kernel = lambda tau, tau_syn: (np.exp(-t / tau) - np.exp(-t / tau_syn)) / (tau / tau_syn - 1)
    filtered = lambda x, k: np.apply_along_axis(lambda row: np.convolve(row, k)[:60], 0, x)
    trace = filtered(np.asarray(ENGINE.rows(INPUTS, 30.0)), kernel(20.0, 5.0))
    slope = jax.vmap(jax.grad(ENGINE.surrogate.relaxed))(
        (trace @ network.get("connections.cells.weight") - 5.0).ravel()
    )
    product = trace[:, :, None] * np.asarray(slope).reshape(60, 1, 2)
    expected = np.einsum("tij,tj->ij", filtered(product, kernel(10.0, 5.0)), -2 * target) / 60
    np.testing.assert_allclose(found.get("connections.cells.weight"), expected, rtol=1e-10)


def test_memory_of_online_rules_does_not_grow_with_time():
    layers = {"hidden": spiking.CurrentLIF(2), "out": spiking.LeakyIntegrator(1)}
    network = spiking.feedforward(jax.random.key(0), 1, layers, recurrent=("hidden",))

    def memory(rule: Any, steps: int) -> int:
        rows, targets = jnp.zeros((steps, 1)), jnp.zeros((steps // 10, 1))
        work = lowered(network, rows, targets, loss=squared, duration=steps * 0.5, rule=rule)
        return work.compile().memory_analysis().temp_size_in_bytes

    for rule in (spiking.RTRL(ENGINE), spiking.EProp(ENGINE)):
        assert memory(rule, 2000) <= memory(rule, 200) + 8 * 1800  # the inputs themselves
    assert memory(spiking.Backprop(ENGINE), 2000) > 5 * memory(spiking.RTRL(ENGINE), 200)


def test_the_table_compares_with_exact_events():
    layers = {"hidden": spiking.CurrentLIF(3), "out": spiking.LeakyIntegrator(2)}
    network = spiking.feedforward(jax.random.key(1), 3, layers, mean=8.0, spread=2.0)
    rules = {
        "exact": spiking.Backprop(spiking.Events(max_spikes=6, adjoint="eventprop")),
        "through time": spiking.Backprop(spiking.FixedStep(0.05, spiking.surrogates.StraightThrough())),
    }
    rows = spiking.gradient_table(network, INPUTS, TARGETS, rules, loss=squared, duration=30.0, seconds=0.0)
    assert rows[0]["cosine"] == pytest.approx(1.0) and rows[0]["norm"] == 1.0 and rows[1]["memory_bytes"] > 0
    assert rows[1]["loss"] == pytest.approx(rows[0]["loss"], rel=0.02)
    assert rows[1]["cosines"]["connections.out.weight"] > 0.999
    assert "through time" in spiking.gradient_report(rows)


@pytest.mark.parametrize(
    ("change", "targets", "message"),
    [
        (lambda n: n, jnp.zeros((7, 2)), "targets have 7 rows for 60 steps"),
        (lambda n: n.replace(readout="hidden"), TARGETS, "readout 'hidden' spikes"),
        (lambda n: n.set("populations.out.tau", jnp.ones(2)), TARGETS, "time constants are single numbers"),
        (
            lambda n: n.replace(
                connections=n.connections | {"out": n.connections["out"].replace(delay=0.0, max_delay=1.0)}
            ),
            TARGETS,
            r"nor room for one \(max_delay = 1.0 ms\): give connection.replace\(delay=0.0, max_delay=0.0\)",
        ),
    ],
)
def test_what_a_rule_cannot_take(network: spiking.SpikingNetwork, change, targets: jax.Array, message: str):
    with pytest.raises(ValueError, match=message):
        spiking.gradient(change(network), INPUTS, targets, loss=squared, duration=30.0, rule=spiking.EProp(ENGINE))


def test_batch_axes_are_refused(network: spiking.SpikingNetwork):
    with pytest.raises(ValueError, match="give one sample"):
        spiking.gradient(
            network, jnp.zeros((60, 2, 3)), TARGETS, loss=squared, duration=30.0, rule=spiking.EProp(ENGINE)
        )
