"""Gap junctions, graded synapses, and networks of cells that differ."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

LEAK = jn.channels.Leak(0.05, -60.0)
PASSIVE = jn.Cell({"leak": LEAK}, area=(20_000.0,), v_init=-60.0)  # 0.2 nF, 10 nS
G = 0.02  # µS, twice the leak
PAIR = jn.connect.edges([0], [1], 2, 2)
FIRST = jn.stimuli.per_cell(jax.vmap(jn.stimuli.constant)(jnp.array([1.0, 0.0])))  # µA/cm², 0.2 nA


def joined(weight=G, edges=PAIR, size=2):
    gap = jn.Projection("cells", "cells", jn.synapses.GapJunction(), edges, weight)
    return jn.Network({"cells": jn.Population(PASSIVE, size)}, {"gap": gap})


def voltage(weight=G, dt=0.1):
    return jn.simulate(joined(weight), FIRST, duration=10.0, dt=dt, record="cells.v")["cells.v"][:, :, 0]


def closed_form(t):
    """Sum and difference of the two voltages relax by themselves."""
    capacity, leak, current = 0.2, 0.01, 0.2  # nF, µS, nA
    both = current / leak * (1 - np.exp(-t * leak / capacity))
    apart = current / (leak + 2 * G) * (1 - np.exp(-t * (leak + 2 * G) / capacity))
    return -60.0 + 0.5 * np.stack([both + apart, both - apart], axis=1)


def test_two_passive_cells_joined_by_a_gap_junction():
    errors, steps = [], np.array([0.4, 0.2, 0.1]) * 0.5
    for dt in steps:
        v = voltage(dt=dt)
        errors.append(np.abs(v - closed_form(dt * np.arange(len(v)))).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order > 1.95 and errors[-1] < 1e-4, (order, errors)


def test_charge_is_conserved_and_strong_junctions_are_stable():
    edges = jn.connect.edges([0, 1, 2, 0], [1, 2, 3, 3], 4, 4)
    silent = PASSIVE.set("leak.g_max", 0.0)
    network = joined(jnp.array([0.01, 100.0, 1.0, 0.0]), edges, 4)
    population = jn.Population(silent, 4, {"v_init": jnp.array([-80.0, -60.0, -40.0, 0.0])})
    network = network.replace(populations={"cells": population})
    v = jn.simulate(network, duration=10.0, dt=0.1, record="cells.v")["cells.v"][:, :, 0]
    np.testing.assert_allclose(v.sum(axis=1), -180.0, atol=1e-9)
    assert (v.max(axis=1) <= 1e-9).all() and (v.min(axis=1) >= -80.0 - 1e-9).all()
    assert np.ptp(v[-1, 1:]) < 10.0


def test_derivative_by_the_conductance_of_a_gap_junction():
    loss = jax.jit(lambda g: voltage(g)[-1, 1])
    for g in (G, 0.0):
        h = 1e-7
        slope = (loss(g + h) - loss(g - h)) / (2 * h) if g else (loss(h) - loss(0.0)) / h
        np.testing.assert_allclose([jax.grad(loss)(g), jax.jacfwd(loss)(g)], slope, rtol=1e-4)


def test_graded_synapse_follows_its_equation():
    """Presynaptic voltage is known, so ds/dt and what it does to the next cell can be integrated apart."""
    synapse = jn.synapses.WangBuzsaki(v_half=-50.0, width=5.0)
    edges = jn.connect.edges([0], [1], 2, 2)
    errors, steps = [], np.array([0.2, 0.1, 0.05])

    def run(dt):
        graded = jn.Projection("cells", "cells", synapse, edges, 0.01, 1.03)
        network = jn.Network({"cells": jn.Population(PASSIVE, 2)}, {"s": graded})
        return jn.simulate(network, FIRST, duration=20.0, dt=dt, record="cells.v")["cells.v"][:, 1, 0]

    t = np.linspace(0.0, 20.0, 20_001)
    pre = -60.0 + 20.0 * (1 - np.exp(-t / 20.0))
    release = 12.0 / (1 + np.exp(-(pre + 50.0) / 5.0))
    s, v, h = release[0] / (release[0] + 0.1), -60.0, t[1]
    opened, expected = [s] * 1030, [v]
    for k in range(len(t) - 1):  # midpoint rule with frozen coefficients, at a step of 1 µs
        rate = 0.5 * (release[k] + release[k + 1])
        opened.append(s)
        s = rate / (rate + 0.1) + (s - rate / (rate + 0.1)) * np.exp(-h * (rate + 0.1))
        g = 0.01 * 0.5 * (opened[k] + (opened[k + 1]))
        steady = (0.01 * -60.0 + g * -75.0) / (0.01 + g)
        v = steady + (v - steady) * np.exp(-h * (0.01 + g) / 0.2)
        expected.append(v)
    for dt in steps:
        errors.append(np.abs(run(dt) - np.array(expected)[:: round(dt / h)]).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order > 1.7 and errors[-1] < 1e-3, (order, errors)


def test_prinz_synapse_has_the_published_steady_state_and_time_constant():
    kinetics = jn.synapses.AbbottMarder().kinetics(jnp.array([-45.0, -35.0]))
    steady = 1 / (1 + np.exp(np.array([10.0, 0.0]) / 5.0))
    np.testing.assert_allclose(kinetics.steady, steady, rtol=1e-12)
    np.testing.assert_allclose(1 / kinetics.rate, (1 - steady) / 0.025, rtol=1e-12)


def mixed(weight=3e-3):
    """Squid axons, an integrate-and-fire neuron, a cable and an input in one network."""
    soma = jn.Cell({"leak": LEAK}, area=(20_000.0,), v_init=-60.0)
    populations = {
        "input": jn.spike_trains([1.0, 2.0, 3.0], [5.5]),
        "axon": jn.Population(jn.cells.hodgkin_huxley(), 2, {"k.g_max": jnp.array([36.0, 30.0])}),
        "lif": jn.Population(jn.cells.LIF(), 1),
        "soma": jn.Population(soma, 1),
    }
    fast = jn.synapses.Exponential(2.0)
    projections = {
        "ia": jn.Projection("input", "axon", fast, jn.connect.one_to_one(2), weight, 0.0),
        "al": jn.Projection("axon", "lif", fast, jn.connect.all_to_all(2, 1), 0.3, 1.0),
        "ls": jn.Projection("lif", "soma", jn.synapses.GABAA(), jn.connect.one_to_one(1), 0.01, 0.5),
    }
    return jn.Network(populations, projections)


RECORD = ("v", "axon.spikes", "lif.spikes", "axon.na.m", "ls.g")


def test_cells_of_different_kinds_in_one_network():
    recording = jn.simulate(mixed(), duration=15.0, record=RECORD)
    times = {name: np.sort(np.asarray(recording[f"{name}.spikes"]).ravel()) for name in ("axon", "lif")}
    first, lif = times["axon"][0], times["lif"][0]
    assert bool(recording.ok) and np.isfinite(first) and first + 1.0 < lif < first + 6.0
    g = np.asarray(recording["ls.g"])[:, 0]
    np.testing.assert_array_less(np.asarray(recording.t)[np.flatnonzero(g)[0] - 1], lif + 0.5)
    assert recording["v"]["soma"].min() < -60.5 and recording["axon.na.m"].shape == (601, 2, 1)


def test_vmap_over_weights_equals_a_loop_and_compiles_once():
    traces, edges = [], jn.connect.one_to_one(2)
    trains = jn.spike_trains([1.0, 2.0, 3.0], [5.5])

    def last(model, state, drive):
        traces.append(1)
        return state.cells["cell"].v[:, 0]

    def one(weight):
        projection = jn.Projection("input", "cell", jn.synapses.Exponential(), edges, weight, 0.0)
        network = jn.Network({"input": trains, "cell": jn.Population(PASSIVE, 2)}, {"s": projection})
        return jn.simulate(network, duration=8.0, record=(last,), every=40)["last"]

    weights = np.array([[1e-3, 2e-3], [3e-3, 1e-3]])
    loop = [one(weight) for weight in weights]
    before = len(traces)
    one(2 * weights[0])
    assert len(traces) == before
    np.testing.assert_allclose(jax.vmap(one)(jnp.asarray(weights)), loop, rtol=1e-9)


def test_a_run_goes_on_where_another_ended():
    """With a spike under way between them."""
    edges = jn.connect.one_to_one(1)
    projection = jn.Projection("lif", "cell", jn.synapses.Exponential(), edges, 1e-3, 2.5)
    network = jn.Network(
        {"lif": jn.Population(jn.cells.LIF(), 1), "cell": jn.Population(PASSIVE, 1)}, {"s": projection}
    )
    run = lambda duration, **options: jn.simulate(
        network, {"lif": jn.stimuli.constant(3.0)}, duration=duration, **options
    )
    whole, first = run(16.0), run(8.0)
    assert first["v"]["cell"].max() < -59.99 and whole["v"]["cell"].max() > -59.5
    second = run(8.0, initial=first.final)
    for name, v in second["v"].items():
        np.testing.assert_allclose(v, whole["v"][name][320:], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(delay=1.0), "has no delay; leave it out"),
        (dict(plasticity=jn.synapses.TsodyksMarkram()), "knows no spikes"),
        (dict(synapse=jn.channels.Leak()), "is no synapse"),
    ],
)
def test_bad_junctions_are_refused(change, message):
    network = joined()
    gap = network.projections["gap"].replace(**change)
    with pytest.raises(ValueError, match=message):
        jn.simulate(network.replace(projections={"gap": gap}), duration=1.0)
