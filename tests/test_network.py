"""Networks: delays, weights, order of convergence, derivatives, what is refused and what is reported."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

SQUID = jn.cells.hodgkin_huxley()
FIRST = jn.stimuli.per_cell(jax.vmap(lambda amplitude: jn.stimuli.step(amplitude, start=1.0))(jnp.array([10.0, 0.0])))
WEAK, STRONG = 2e-4, 2e-3  # µS: depolarises by a few mV, makes the next cell fire


def pair(weight=WEAK, delay=2.0, **options):
    """Two cells; the first drives the second."""
    synapse, edges = jn.synapses.DoubleExponential(0.5, 3.0), jn.connect.edges([0], [1], 2, 2)
    chain = jn.Projection("cells", "cells", synapse, edges, weight, delay, max_delay=6.0)
    return jn.Network({"cells": jn.Population(SQUID, 2, **options)}, {"chain": chain})


def response(weight=WEAK, delay=2.0, dt=0.025, duration=12.0):
    """Voltage of the second cell at the end."""
    recording = jn.simulate(pair(weight, delay), FIRST, duration=duration, dt=dt, record="cells.v", every=20)
    return recording["cells.v"][-1, 1, 0]


def test_second_order_in_time_through_a_synapse():
    exact = response(STRONG, dt=0.002)
    steps = np.array([0.05, 0.025, 0.0125])
    errors = np.abs([float(response(STRONG, dt=dt) - exact) for dt in steps])
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 1.7 < order < 2.6, (order, errors)


def test_a_delay_of_any_length_moves_the_response_by_itself():
    """The response at a fixed time to a delay: smooth through multiples of the step, not a staircase."""
    delays = 2.0 + np.arange(0.0, 0.0501, 0.00625)
    v = np.array(jax.jit(jax.vmap(lambda d: response(delay=d)))(jnp.asarray(delays)))
    slopes = np.diff(v) / np.diff(delays)
    line = np.polyval(np.polyfit(delays[1:], slopes, 1), delays[1:])
    np.testing.assert_allclose(slopes, line, rtol=1e-4)


def test_derivatives_by_weight_and_delay_equal_finite_differences():
    loss = jax.jit(lambda p: response(weight=p[0], delay=p[1]))
    at = jnp.array([WEAK, 2.013])
    steps = jnp.diag(jnp.array([1e-9, 1e-5]))
    slopes = [(loss(at + h) - loss(at - h)) / (2 * h.sum()) for h in steps]
    np.testing.assert_allclose(jax.grad(loss)(at), slopes, rtol=1e-5)
    np.testing.assert_allclose(jax.jacfwd(loss)(at), slopes, rtol=1e-5)


def test_overflow_is_seen():
    both = jn.stimuli.step(10.0)
    with pytest.warns(RuntimeWarning, match=r"cells: 1 spikes were lost.*max_spikes=2"):
        recording = jn.simulate(pair(max_spikes=1), both, duration=5.0)
    assert not bool(recording.ok)
    assert bool(jn.simulate(pair(), both, duration=5.0).ok)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (dict(delay=0.01), ValueError, "delay = 0.01 ms is shorter than a step"),
        (dict(delay=-1.0), ValueError, "not a negative one"),
        (dict(delay=7.0), ValueError, "max_delay=7"),
        (dict(delay=None), ValueError, "has no delay"),
        (dict(weight=jnp.ones(2)), ValueError, r"weight has shape \(2,\)"),
        (dict(pre="c"), KeyError, "no population 'c'"),
        (dict(edges=jn.connect.one_to_one(3)), ValueError, "edges are for 3 and 3 cells"),
        (dict(edges=jn.connect.edges([0], [0], 2, 2, compartment=3)), ValueError, "compartment contains 3"),
    ],
)
def test_bad_projections_are_refused(change, error, message):
    network = pair()
    chain = network.projections["chain"].replace(**change)
    with pytest.raises(error, match=message):
        jn.simulate(network.replace(projections={"chain": chain}), FIRST, duration=1.0)


def test_other_bad_input_is_refused():
    network = pair()
    with pytest.raises(KeyError, match="a stimulus for 'c'"):
        jn.simulate(network, {"c": FIRST}, duration=1.0)
    with pytest.raises(KeyError, match="begin with a population"):
        jn.simulate(network, FIRST, duration=1.0, record="c.v")
    with pytest.raises(KeyError, match="populations of cells are cells"):
        jn.simulate(network, FIRST, duration=1.0, record="c.spikes")
    with pytest.raises(KeyError, match=r"chain\.weight"):
        network.set("chain.wieght", 1.0)
    with pytest.raises(ValueError, match="first axis must be the 2 cells"):
        jn.simulate(pair(varying={"na.g_max": jnp.ones(3)}), FIRST, duration=1.0)
    with pytest.raises(ValueError, match="leave out solver"):
        jn.simulate(network, FIRST, duration=1.0, solver=jn.ExponentialEuler())
    noisy = jn.Population(jn.Cell({"na": jn.channels.FoxLu(jn.channels.Na())}), 2)
    with pytest.raises(ValueError, match="'na' is noisy"):
        jn.simulate(jn.Network({"a": noisy}), duration=1.0)


EXCITED, INHIBITED = range(16), range(16, 20)
PAIRS = {"ee": (EXCITED, EXCITED), "ei": (EXCITED, INHIBITED), "ie": (INHIBITED, EXCITED), "ii": (INHIBITED, INHIBITED)}


def mean_activity(weights):
    """Fraction of 20 cells that are in a spike, over 15 ms of a network of excitation and inhibition."""
    na, k = jn.channels.CorticalNa(100.0, 50.0, -63.0), jn.channels.CorticalK(30.0, -90.0, -63.0)
    cell = jn.Cell({"na": na, "k": k, "leak": jn.channels.Leak(0.05, -60.0)}, area=(20_000.0,), celsius=36.0)
    projections = {}
    for name, (pre, post) in PAIRS.items():
        synapse = jn.synapses.Exponential(5.0, 0.0) if name[0] == "e" else jn.synapses.Exponential(10.0, -80.0)
        pairs = [(a, b) for a in pre for b in post if (a * 7 + b * 3) % 4 == 0]
        edges = jn.connect.edges(*zip(*pairs, strict=True), 20, 20)
        projections[name] = jn.Projection("cells", "cells", synapse, edges, weights[name], 0.5)
    cells = jn.Population(cell, 20, {"v_init": jnp.linspace(-80.0, -50.0, 20)})
    above = lambda model, state, drive: jnp.mean(jax.nn.sigmoid((state.cells["cells"].v + 20.0) / 5.0))
    network = jn.Network({"cells": cells}, projections)
    run = jn.simulate(network, jn.stimuli.constant(3.0), duration=15.0, dt=0.1, record=(above,), every=10)
    return run["<lambda>"].mean()


@pytest.mark.slow
def test_derivatives_of_activity_by_the_four_weights():
    weights = {"ee": 6e-3, "ei": 6e-3, "ie": 67e-3, "ii": 67e-3}
    activity = jax.jit(mean_activity)
    forward, reverse = jax.jit(jax.jacfwd(mean_activity))(weights), jax.jit(jax.grad(mean_activity))(weights)
    for name, weight in weights.items():
        h = 1e-6 * weight
        slope = (activity({**weights, name: weight + h}) - activity({**weights, name: weight - h})) / (2 * h)
        np.testing.assert_allclose([forward[name], reverse[name]], slope, rtol=1e-4)
        assert abs(slope) > 1e-3
