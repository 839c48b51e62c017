"""Exact spike times: against closed forms, and at every kind of coincidence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import lambertw

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking.neurons.base import State

ENGINE = spiking.Events(max_spikes=6, adjoint="eventprop")


def one(neuron: spiking.Neuron, weights: list[float]) -> spiking.SpikingNetwork:
    """One neuron and one input channel for each weight."""
    weight = np.asarray(weights).reshape(-1, 1)
    return spiking.SpikingNetwork(weight.shape[0], {"n": neuron}, {"w": spiking.Connection("input", "n", weight)}, "n")


def spikes(neuron: spiking.Neuron, weights: list[float], *trains: list[float]) -> list[float]:
    trains = [
        jnp.asarray((train + [jnp.inf] * 2)[:2]) for train in trains
    ]  # one shape: one compilation for each neuron
    network, inputs = one(neuron, weights), jn.SpikeTrains(jnp.stack(trains))
    times = np.asarray(spiking.run(network, inputs, duration=60.0, engine=ENGINE).spikes["n"][0])
    return times[np.isfinite(times)].tolist()


# --- closed forms -------------------------------------------------------------------------------------------------------


def closed_form(kind: str, w: float, tau: float) -> float:
    """Time from an input of weight w to a spike at 1."""
    if kind == "LIF":  # constant drive w
        return tau * np.log(w / (w - 1))
    if kind == "equal":  # w t / tau exp(-t / tau) = 1
        return -tau * lambertw(-1 / w).real
    x = (1 - np.sqrt(1 - 4 / w)) / 2  # tau = 2 tau_syn: w (x - x²) = 1 with x = exp(-t / tau)
    return -tau * np.log(1 - x)


def first(kind: str, w: jax.Array, tau: jax.Array) -> jax.Array:
    zero = jnp.zeros_like(w)
    if kind == "LIF":
        neuron, state = spiking.LIF(1, tau=tau, bias=w), State(zero, zero, zero, zero)
    else:
        neuron = spiking.CurrentLIF(1, tau=tau, tau_syn=tau if kind == "equal" else tau / 2)
        state = State(zero, w, zero, zero)
    return neuron.wait(state, neuron.crossing(state, 100.0 + zero))


@pytest.mark.parametrize("kind", ["LIF", "equal", "double"])
@pytest.mark.parametrize(("double", "bound"), [(True, 1e-9), (False, 2e-5)])
def test_spike_times_and_their_derivatives_are_those_of_the_closed_form(kind: str, double: bool, bound: float):
    with jax.enable_x64(double):
        w = jnp.linspace(4.5 if kind == "double" else 3.0, 9.0, 7)
        times = jax.jit(lambda w, tau: first(kind, w, tau))(w, 10.0)
        assert np.abs(np.asarray(times) - closed_form(kind, np.linspace(w[0], 9.0, 7), 10.0)).max() < bound
        if double:
            by = jax.jit(jax.vmap(jax.grad(lambda w, tau: first(kind, w, tau), (0, 1)), (0, None)))(w, 10.0)
            h = 1e-5
            for got, (dw, dtau) in zip(by, [(h, 0.0), (0.0, h)], strict=True):
                want = [closed_form(kind, np.asarray(w) + s * dw, 10.0 + s * dtau) for s in (-2, -1, 1, 2)]
                np.testing.assert_allclose(got, (8 * (want[2] - want[1]) - want[3] + want[0]) / (12 * h), rtol=1e-6)


@pytest.mark.parametrize("kind", [spiking.CurrentLIF, spiking.AdaptiveLIF])
def test_no_crossing_is_missed_whatever_the_time_constants(kind):
    rng, n = np.random.default_rng(0), 2000
    draw = lambda low, high: jnp.asarray(rng.uniform(low, high, n))
    neuron = kind(n, tau=draw(2, 30), tau_syn=draw(2, 30), bias=draw(-2, 2))
    a = draw(-2, 2) if kind is spiking.AdaptiveLIF else jnp.zeros(n)
    state, within = State(draw(-2, 1), draw(-15, 15), a, jnp.zeros(n)), draw(5, 60)
    found = jax.jit(neuron.crossing)(state, within)
    grid = jnp.linspace(0, 1, 1001)[:, None] * within
    excess = jax.jit(jax.vmap(lambda t: neuron.excess(neuron.flow(state, t))))(grid)
    up = (excess[1:] >= 0) & (excess[:-1] < 0)
    seen = np.where(excess[0] >= 0, 0.0, np.where(up.any(0), grid[up.argmax(0) + 1, np.arange(n)], np.inf))
    at = jnp.where(jnp.isfinite(found), found, 0.0)
    assert np.all((seen >= found) & ((seen - at <= within / 1000 * 1.001) | np.isinf(seen)))
    assert np.mean(np.isfinite(found) & np.isinf(seen)) < 1e-2  # up and down between two points of the grid
    inside = jnp.isfinite(found) & (found > 0)
    assert inside.sum() > 300 and np.abs(jnp.where(inside, neuron.excess(neuron.flow(state, at)), 0.0)).max() < 1e-13


# --- coincidences -------------------------------------------------------------------------------------------------------


def test_simultaneous_inputs_are_added_and_a_jump_over_threshold_spikes_at_once():
    neuron = spiking.LIF(1)
    assert spikes(neuron, [0.6, 0.6], [5.0], [5.0]) == [5.0]
    assert spikes(neuron, [2.0, -2.0], [5.0], [5.0]) == []
    assert spikes(neuron, [1.5, 1.5], [5.0], [7.0]) == [5.0, 7.0]


def test_by_subtraction_what_is_above_threshold_is_kept():
    assert spikes(spiking.LIF(1, subtract=True), [2.3, 0.5], [5.0], [7.0]) == [5.0, 5.0]


def test_inputs_in_the_refractory_period_are_lost_by_jumps_and_kept_by_currents():
    assert spikes(spiking.LIF(1, refractory=3.0), [1.5, 1.5], [5.0], [7.0]) == [5.0]
    held = spikes(spiking.CurrentLIF(1, tau=10.0, tau_syn=10.0, refractory=3.0), [6.0, 0.0], [5.0], [7.0])
    assert len(held) >= 2 and held[0] == pytest.approx(5.0 + closed_form("equal", 6.0, 10.0), abs=1e-9)
    left = 6.0 * np.exp(-(held[0] + 3.0 - 5.0) / 10.0)  # the current at the end of the period
    assert held[1] - held[0] - 3.0 == pytest.approx(closed_form("equal", left, 10.0), abs=1e-9)


def test_it_fires_again_at_once_and_several_times_between_inputs():
    times = spikes(spiking.LIF(1, tau=10.0, bias=1.5), [0.0, 0.0], [5.0], [7.0])
    np.testing.assert_allclose(times, closed_form("LIF", 1.5, 10.0) * np.arange(1, 6), atol=1e-9)


def test_a_maximum_between_two_inputs_is_found():
    neuron, top = spiking.CurrentLIF(1, tau=10.0, tau_syn=10.0), np.exp(1.0)  # w t/tau exp(-t/tau) peaks at w / e
    assert len(spikes(neuron, [top * (1 + 1e-9), 0.0], [5.0], [50.0])) == 1
    assert spikes(neuron, [top * (1 - 1e-9), 0.0], [5.0], [50.0]) == []


def test_a_full_buffer_is_told():
    network, inputs = one(spiking.LIF(1, tau=10.0, bias=5.0), [0.0, 0.0]), jn.SpikeTrains(jnp.asarray([[5.0, 6.0]] * 2))
    with pytest.warns(RuntimeWarning, match="max_spikes"):
        response = spiking.run(network, inputs, duration=60.0, engine=ENGINE)
    assert response.overflow and not response.ok


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (spiking.LIF(1, tau=0.0), "tau = 0 ms: it must be above 0"),
        (spiking.CurrentLIF(1, tau_syn=-5.0), "tau_syn = -5 ms"),
        (spiking.AdaptiveLIF(1, tau_a=0.0), "tau_a = 0 ms"),
        (spiking.LIF(1, refractory=-1.0), "refractory = -1 ms"),
        (spiking.LIF(1, threshold=-0.5), "reset = 0 is not below threshold = -0.5"),
        (spiking.CurrentLIF(1, reset=1.0), "reset = 1 is not below threshold = 1"),
        (spiking.LIF(1, reset=None, subtract=True), "subtract = True, reset = None"),
    ],
)
def test_a_neuron_that_cannot_be_is_refused(neuron: spiking.Neuron, message: str):
    with pytest.raises(ValueError, match=message):
        spikes(neuron, [1.0, 1.0], [5.0], [6.0])


@pytest.mark.parametrize("times", [[5.0, 3.0], [-1.0, 3.0]])
def test_input_times_that_cannot_be_are_refused(times: list[float]):
    with pytest.raises(ValueError, match="give times from 0 on that increase"):
        spikes(spiking.LIF(1), [1.0], times)
