"""Operations and energies against counts by hand, ATP against the literature."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking

INPUTS = jn.spike_trains([1.0, 5.0], [2.0])


@pytest.fixture(scope="module")
def counted() -> spiking.Operations:
    """Two channels to three neurons to one: the first channel reaches two of the three."""
    network = spiking.SpikingNetwork(
        2,
        {"hidden": spiking.CurrentLIF(3), "out": spiking.LeakyIntegrator(1)},
        {
            "hidden": spiking.Connection("input", "hidden", jnp.array([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]])),
            "out": spiking.Connection("hidden", "out", jnp.ones((3, 1))),
        },
        "out",
    )
    spikes = {"hidden": jnp.array([[3.0, 4.0], [jnp.inf, jnp.inf], [6.0, jnp.inf]])}
    response = spiking.Response(spikes, {}, {}, jnp.zeros(0), jnp.asarray(False), jnp.asarray(True))
    return spiking.operations(network, INPUTS, response, steps=100)


def test_operations_by_hand(counted: spiking.Operations):
    assert {name: int(count) for name, count in counted.spikes.items()} == {"input": 3, "hidden": 3}
    assert counted.synaptic == 2 * 2 + 1 * 3 + 3 * 1
    assert counted.dense == 2 * 3 + 3 * 1
    assert counted.updates == 100 * 4 * 2


@pytest.mark.parametrize(("precision", "add", "multiply"), [("float32", 0.9, 3.7), ("int8", 0.03, 0.2)])
def test_energy_by_hand(counted: spiking.Operations, precision: str, add: float, multiply: float):
    cost = spiking.energy(counted.replace(updates=jnp.zeros(())), precision)
    np.testing.assert_allclose(cost.spiking, 10 * add * 1e-12)
    np.testing.assert_allclose(cost.dense, 9 * (add + multiply) * 1e-12)
    clocked = spiking.energy(counted, precision, passes=100)
    np.testing.assert_allclose(clocked.spiking - cost.spiking, 800 * (add + multiply) * 1e-12)
    np.testing.assert_allclose(clocked.ratio, 100 * cost.dense / clocked.spiking)


def test_a_precision_without_a_figure_is_refused(counted: spiking.Operations):
    with pytest.raises(KeyError, match="int8"):
        spiking.energy(counted, "int4")


def test_a_spike_of_the_squid_lets_in_four_times_the_least_sodium():
    """Hodgkin & Huxley (1952), p. 535: 4.33 pmol/cm² for the propagated spike at 18.5 °C; here the whole membrane spikes."""
    pulse = jn.stimuli.step(20.0, start=1.0, duration=1.0)
    cost = spiking.spike_cost(jn.cells.hodgkin_huxley(18.5), pulse, duration=30.0)
    assert cost.spikes == 1
    np.testing.assert_allclose(cost.excess, 4.0, rtol=0.05)
    np.testing.assert_allclose(cost.least, 0.01 * 95.0, rtol=0.02)  # 0.01 nF × 95 mV [pC]
    np.testing.assert_allclose(cost.charge * 1e-12 / 96485.0 / 1e-5 * 1e12, 4.33, rtol=0.15)  # pmol/cm² on 1e-5 cm²
    np.testing.assert_allclose(cost.atp, cost.charge * 1e-12 / 1.602176634e-19 / 3)
    np.testing.assert_allclose(cost.joules, cost.atp * 50e3 / 6.02214076e23)


def test_what_never_spikes_has_no_cost_and_a_missing_channel_is_named():
    cell = jn.cells.hodgkin_huxley(18.5)
    assert np.isnan(spiking.spike_cost(cell, jn.stimuli.step(0.0, start=1.0, duration=1.0), duration=30.0).charge)
    with pytest.raises(KeyError, match=r"na\.current"):
        spiking.spike_cost(cell, jn.stimuli.step(20.0), duration=1.0, sodium=("nat",))


def test_a_brain_is_a_light_bulb():
    np.testing.assert_allclose(spiking.brain_power(), 86e9 * 3.284e9 * 50e3 / 6.02214076e23, rtol=1e-12)
    assert 20.0 < spiking.brain_power() < 25.0
    # 4 times the least for the charge of 2.88e8 ions: the 3.84e8 ATP of the budget
    cost = spiking.SpikeCost(jnp.asarray(4 * 46.1), jnp.asarray(46.1), jnp.asarray(1))
    np.testing.assert_allclose(cost.atp, 3.84e8, rtol=2e-3)
