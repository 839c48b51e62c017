"""On a grid: refractory periods, inputs of every type, neurons that spike by themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking import LIF, Connection, CurrentLIF, Events, FixedStep, LeakyIntegrator, SpikingNetwork


def alone(neuron: spiking.Neuron) -> SpikingNetwork:
    """A neuron that one channel drives with weight 2."""
    return SpikingNetwork(1, {"a": neuron}, {"a": Connection("input", "a", jnp.full((1, 1), 2.0))}, "a")


PERIODS = [(0.2, 1.0), (0.1, 3.0), (0.1, 5.0), (0.05, 2.0), (0.7, 2.1), (0.3, 0.0)]


@pytest.mark.parametrize("x64", [False, True])
def test_a_refractory_period_of_n_steps_lasts_n_steps(x64: bool):
    with jax.enable_x64(x64):
        for dt, period in PERIODS:
            steps, every = 4 * round(period / dt) + 9, max(round(period / dt), 1)
            rows = jnp.ones((steps, 1))
            got = spiking.run(alone(LIF(1, refractory=period)), rows, duration=steps * dt, engine=FixedStep(dt))
            assert np.array_equal(np.flatnonzero(got.trains["a"][:, 0]), np.arange(0, steps, every)), (dt, period)


def test_a_period_between_two_steps_ends_within_one_and_keeps_its_derivative():
    engine = FixedStep(0.5, spiking.surrogates.StraightThrough(1e-9))  # no derivative but that of the flow

    def v(period: jax.Array) -> jax.Array:
        neuron = CurrentLIF(1, 20.0, 5.0, refractory=period, bias=0.8)
        network = alone(neuron).set("connections.a.weight", jnp.full((1, 1), 20.0))
        rows = jnp.zeros((12, 1)).at[0].set(1.0)
        return spiking.run(network, rows, duration=6.0, engine=engine, record=("a",)).voltage["a"][-1, 0]

    for period in (2.0, 2.2):
        slope = (v(period + 1e-6) - v(period)) / 1e-6
        assert abs(jax.grad(v)(period) - slope) < 1e-5 * abs(slope) and slope != 0


@pytest.mark.parametrize("x64", [False, True])
def test_inputs_of_every_type_are_the_same_spikes(x64: bool):
    with jax.enable_x64(x64):
        network = alone(CurrentLIF(1))
        rows = (np.arange(20) % 3 == 0)[:, None]
        run = lambda x: spiking.run(network, x, duration=20.0, engine=FixedStep(1.0), record=("a",)).voltage["a"]
        expected = run(jnp.asarray(rows, float))
        given = [rows, *(rows.astype(t) for t in (np.uint8, np.int32, np.float16, np.float32))]
        for x in (*given, jnp.asarray(rows, jnp.bfloat16)):
            assert np.array_equal(run(x), expected) and run(x).dtype == expected.dtype
        with pytest.raises(ValueError, match="the inputs are complex"):
            run(rows * 1j)


def test_the_events_of_a_sensor_run_in_both_precisions():
    events = jn.data.AddressEvents(np.array([0.5, 1.5, 1.6]), np.array([0, 0, 1]), 2)
    network = spiking.feedforward(jax.random.key(0), 2, {"out": LeakyIntegrator(1)})
    for x64 in (False, True):
        with jax.enable_x64(x64):
            given = jax.tree.map(lambda x: jnp.asarray(x, float), network)
            assert spiking.run(given, events.binned(1.0, 4.0), duration=4.0, engine=FixedStep(1.0)).ok


PACEMAKERS = {
    "synapse": CurrentLIF(1, tau=10.0, rest=1.5),
    "refractory": LIF(1, tau=10.0, rest=1.5, refractory=2.0, reset=-0.5),
    "adaptive": spiking.AdaptiveLIF(1, tau=10.0, rest=1.5, jump=0.0),
    "leakless": spiking.IF(1, bias=0.15),
}


def period(neuron) -> float:
    """From one spike of a pacemaker to the next, of tau dv/dt = rest - v or dv/dt = bias."""
    if isinstance(neuron, spiking.IF):
        return (neuron.threshold - neuron.reset) / neuron.bias
    rise = neuron.tau * np.log((neuron.rest - neuron.reset) / (neuron.rest - neuron.threshold))
    return rise + (neuron.refractory or 0.0)


@pytest.mark.parametrize("kind", PACEMAKERS)
def test_a_pacemaker_spikes_by_itself(kind: str):
    neuron = PACEMAKERS[kind]
    silent = jn.spike_trains([])
    first = period(neuron) - (neuron.refractory or 0.0)
    expected = first + period(neuron) * np.arange(3)
    exact = spiking.run(alone(neuron), silent, duration=60.0, engine=Events())
    np.testing.assert_allclose(exact.spikes["a"][0, :3], expected, rtol=1e-12)
    grid = spiking.run(alone(neuron), silent, duration=60.0, engine=FixedStep(0.01))
    assert np.all((grid.spikes["a"][0, :3] - expected + 1e-9 >= 0) & (grid.spikes["a"][0, :3] - expected < 0.05))


def test_what_makes_a_pacemaker_spike_is_differentiable():
    def first(rest: jax.Array) -> jax.Array:
        network = alone(LIF(1, tau=10.0, rest=rest))
        return spiking.run(network, jn.spike_trains([]), duration=60.0, engine=Events()).spikes["a"][0, 0]

    assert abs(jax.grad(first)(1.5) - 10.0 * (1 / 1.5 - 1 / 0.5)) < 1e-9
