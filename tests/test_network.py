"""Networks: delays, weights, order of convergence, derivatives, what is refused and what is reported."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

SQUID = jn.cells.hodgkin_huxley()
STIMULUS = {"a": jn.stimuli.step(10.0, start=1.0)}
WEAK = 2e-4  # µS: depolarises by a few mV


def pair(weight=WEAK, delay=2.0, cell=SQUID, synapse=None, max_delay=6.0):
    """Cell `a` drives cell `b`."""
    synapse = jn.synapses.DoubleExponential(0.5, 3.0) if synapse is None else synapse
    edges = jn.connect.one_to_one(1)
    ab = jn.Projection("a", "b", synapse, edges, weight, delay, max_delay=max_delay)
    return jn.Network({"a": jn.Population(SQUID, 1), "b": jn.Population(cell, 1)}, {"ab": ab})


def response(weight=WEAK, delay=2.0, dt=0.025, duration=15.0, **options):
    """Voltage of `b` at the end."""
    recording = jn.simulate(pair(weight, delay, **options), STIMULUS, duration=duration, dt=dt, record="b.v", every=20)
    return recording["b.v"][-1, 0, 0]


def test_second_order_in_time_through_a_synapse():
    exact = response(weight=2e-3, dt=0.001)  # strong enough to fire b
    steps = np.array([0.05, 0.025, 0.0125])
    errors = np.abs([float(response(weight=2e-3, dt=dt) - exact) for dt in steps])
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 1.7 < order < 2.6, (order, errors)


def test_a_delay_of_any_length_moves_the_response_by_itself():
    """The response at a fixed time to a delay: smooth through multiples of the step, not a staircase."""
    delays = 2.0 + np.arange(0.0, 0.0501, 0.00625)
    v = np.array(jax.jit(jax.vmap(lambda d: response(delay=d)))(jnp.asarray(delays)))
    slopes = np.diff(v) / np.diff(delays)
    line = np.polyval(np.polyfit(delays[1:], slopes, 1), delays[1:])
    assert (np.abs(slopes / line - 1) < 0.005).all() and (slopes < 0).all()


def test_derivatives_by_weight_and_delay_equal_finite_differences():
    loss = lambda p: response(weight=p[0], delay=p[1])
    at = jnp.array([WEAK, 2.013])
    run = jax.jit(loss)
    for i, h in enumerate((1e-9, 1e-5)):
        step = jnp.zeros(2).at[i].set(h)
        slope = (run(at + step) - run(at - step)) / (2 * h)
        np.testing.assert_allclose(jax.grad(loss)(at)[i], slope, rtol=1e-5)
        np.testing.assert_allclose(jax.jacfwd(loss)(at)[i], slope, rtol=1e-5)


def test_overflow_is_seen():
    edges = jn.connect.all_to_all(20, 1)
    crowd = jn.Population(SQUID, 20, max_spikes=19)
    network = jn.Network(
        {"a": crowd, "b": jn.Population(SQUID, 1)},
        {"ab": jn.Projection("a", "b", jn.synapses.Exponential(), edges, 1e-5, 1.0)},
    )
    with pytest.warns(RuntimeWarning, match=r"a: 1 spikes were lost.*max_spikes=20"):
        recording = jn.simulate(network, STIMULUS, duration=5.0)
    assert not bool(recording.ok)
    network = network.replace(populations={**network.populations, "a": crowd.replace(max_spikes=None)})
    assert bool(jn.simulate(network, STIMULUS, duration=5.0).ok)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (dict(delay=0.01), ValueError, "delay = 0.01 ms is shorter than a step"),
        (dict(delay=-1.0), ValueError, "not a negative one"),
        (dict(delay=7.0), ValueError, "max_delay=7"),
        (dict(delay=None), ValueError, "has no delay"),
        (dict(weight=jnp.ones(2)), ValueError, r"weight has shape \(2,\)"),
        (dict(pre="c"), KeyError, "no population 'c'"),
        (dict(edges=jn.connect.one_to_one(2)), ValueError, "edges are for 2 and 2 cells"),
        (dict(edges=jn.connect.edges([0], [0], 1, 1, compartment=3)), ValueError, "compartment contains 3"),
    ],
)
def test_bad_projections_are_refused(change, error, message):
    network = pair()
    ab = network.projections["ab"].replace(**change)
    with pytest.raises(error, match=message):
        jn.simulate(network.replace(projections={"ab": ab}), STIMULUS, duration=1.0)


def test_other_bad_input_is_refused():
    network = pair()
    with pytest.raises(KeyError, match="a stimulus for 'c'"):
        jn.simulate(network, {"c": STIMULUS["a"]}, duration=1.0)
    with pytest.raises(KeyError, match="begin with a population"):
        jn.simulate(network, STIMULUS, duration=1.0, record="c.v")
    with pytest.raises(KeyError, match="populations of cells are a, b"):
        jn.simulate(network, STIMULUS, duration=1.0, record="c.spikes")
    with pytest.raises(KeyError, match=r"ab\.weight"):
        network.set("ab.wieght", 1.0)
    with pytest.raises(ValueError, match="first axis must be the 1 cells"):
        varied = jn.Population(SQUID, 1, {"na.g_max": jnp.ones(2)})
        jn.simulate(network.replace(populations={"a": varied, "b": varied}), STIMULUS, duration=1.0)
