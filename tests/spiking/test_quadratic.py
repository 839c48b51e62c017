"""Neurons that are not linear between events, against converged integrations and finite differences."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking.neurons.base import State

INPUTS, ARRIVALS = jn.spike_trains([1.0, 9.0, 20.0], [2.0, 3.0]), [(1.0, 0), (2.0, 1), (3.0, 1), (9.0, 0), (20.0, 0)]
END = 40.0


def network(neuron: spiking.Neuron, weight: Any) -> spiking.SpikingNetwork:
    connection = spiking.Connection("input", "cell", jnp.asarray(weight)[:, None])
    return spiking.SpikingNetwork(2, {"cell": neuron}, {"cell": connection}, "cell")


def spikes(neuron: spiking.Neuron, weight: Any) -> jax.Array:
    response = spiking.run(network(neuron, weight), INPUTS, duration=END, engine=spiking.Events(max_spikes=5))
    return response.spikes["cell"][0]


def integrated(slope, excess, start, reset, weight) -> np.ndarray:
    """Spike times by a method of order 8 with tight tolerances; the last variable is the synaptic current."""
    t, y, found = 0.0, np.array(start, float), []

    def event(t: float, y: np.ndarray) -> float:
        return excess(y)

    event.terminal, event.direction = True, 1
    for arrival, channel in [*ARRIVALS, (END, None)]:
        while t < arrival:
            run = solve_ivp(slope, (t, arrival), y, method="DOP853", rtol=1e-12, atol=1e-13, events=event)
            t, y = run.t[-1], run.y[:, -1]
            if run.t_events[0].size:
                found.append(t)
                y = reset(y)
        y[-1] += 0.0 if channel is None else weight[channel]
    return np.pad(found, (0, 5 - len(found)), constant_values=np.inf)


@pytest.mark.parametrize(("tau_syn", "bias"), [(10.0, 0.0), (5.0, 0.3), (20.0, -1.0)])
def test_quadratic_neurons_spike_when_a_converged_integration_does(tau_syn: float, bias: float):
    weight = [30.0, 12.0]

    def slope(_: float, y: np.ndarray) -> list:  # v - 1/2 = tan(y)
        return [(np.sin(y[0]) ** 2 + (bias - 0.25 + y[1]) * np.cos(y[0]) ** 2) / 20.0, -y[1] / tau_syn]

    expected = integrated(
        slope, lambda y: y[0] - np.pi / 2, [np.arctan(-0.5), 0], lambda y: np.array([-np.pi / 2, y[1]]), weight
    )
    got = spikes(spiking.QIF(1, tau_syn=tau_syn, bias=bias, step=0.5), weight)
    assert np.isfinite(expected).sum() >= 2
    np.testing.assert_allclose(got, expected, atol=1e-9 if bias == 0 else 1e-8)


def test_spike_times_of_quadratic_neurons_have_exact_derivatives_forward_and_reverse():
    at = jnp.array([30.0, 12.0, 20.0, 5.0, 0.3, 0.1])

    def total(p: jax.Array) -> jax.Array:
        t = spikes(spiking.QIF(1, tau=p[2], tau_syn=p[3], bias=p[4], start=p[5], step=0.5), p[:2])
        return jnp.sum(jnp.where(jnp.isfinite(t), t, 0.0) ** 2)

    both = jax.jit(jax.value_and_grad(total))
    steps = 1e-4 * jnp.eye(6)
    expected = [(both(at + h)[0] - both(at - h)[0]) / 2e-4 for h in steps]
    np.testing.assert_allclose(both(at)[1], expected, rtol=1e-5)


def test_the_quadratic_flow_is_of_order_six_and_exact_where_tau_syn_is_half_of_tau():
    flow = jax.jit(spiking.QIF.flow)

    def end(neuron: spiking.QIF, parts: int) -> jax.Array:
        state = neuron.initial().replace(i=jnp.array([20.0]))
        for _ in range(parts):
            state = flow(neuron, state, 6.0 / parts)
        return jnp.arctan2(state.sine, state.cosine)[0]

    exact = spiking.QIF(1, tau=20.0, tau_syn=10.0)
    np.testing.assert_allclose(end(exact, 1), end(exact, 7), atol=1e-13)
    general = spiking.QIF(1, tau=20.0, tau_syn=7.0, bias=0.4)
    parts = np.array([2, 3, 4, 6])
    errors = [abs(end(general, n) - end(general, 24)) for n in parts]
    assert 5.7 < -np.polyfit(np.log(parts), np.log(errors), 1)[0] < 6.5


def test_izhikevich_neurons_spike_when_a_converged_integration_does():
    weight = [25.0, 12.0]

    def slope(_: float, y: np.ndarray) -> list:
        return [0.04 * y[0] ** 2 + 5 * y[0] + 140 - y[1] + y[2], 0.02 * (0.2 * y[0] - y[1]), -y[2] / 5.0]

    expected = integrated(
        slope, lambda y: y[0] - 30.0, [-70.0, -14.0, 0.0], lambda y: np.array([-65.0, y[1] + 8.0, y[2]]), weight
    )
    got = jax.jit(jax.value_and_grad(lambda w: spikes(spiking.Izhikevich(1), w)[2]))
    value, gradient = got(jnp.array(weight))
    np.testing.assert_allclose(value, expected[2], atol=2e-8)
    step = jnp.array([1e-3, 0.0])
    difference = (got(jnp.array(weight) + step)[0] - got(jnp.array(weight) - step)[0]) / 2e-3
    np.testing.assert_allclose(gradient[0], difference, rtol=1e-5)


def test_a_time_constant_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="'cell': tau_syn = 0 ms"):
        spikes(spiking.QIF(1, tau_syn=0.0), [1.0, 1.0])


class Pendulum(spiking.Differential):
    """v'' = -v: its peak passes the threshold between two looks, and it is not reset."""

    def slope(self, state: State) -> State:
        return State(v=state.a, i=state.i * 0, a=-state.v, hold=state.hold * 0)

    def excess(self, state: State) -> jax.Array:
        return state.v - 0.999

    def fire(self, state: State) -> State:
        return state.replace(hold=state.hold + 3.0)

    def initial(self) -> State:
        zero = jnp.zeros(self.size)
        return State(v=zero, i=zero, a=zero + 1.0, hold=zero)


@pytest.mark.slow
def test_a_rise_and_fall_within_a_step_is_seen_once():
    got = spikes(Pendulum(1, step=0.8), [0.0, 0.0])
    first = np.arcsin(0.999)
    np.testing.assert_allclose(got, first + 2 * np.pi * np.arange(5), atol=1e-6)


def test_quadratic_neurons_run_at_a_fixed_step_too():
    def steps(weight: jax.Array) -> tuple:
        engine = spiking.FixedStep(0.05)
        response = spiking.run(network(spiking.QIF(1), weight), INPUTS, duration=END, engine=engine)
        return jnp.sum(response.trains["cell"] * response.t[:, None]), response.spikes["cell"][0]

    weight = jnp.array([30.0, 12.0])
    (_, got), gradient = jax.value_and_grad(steps, has_aux=True)(weight)
    exact = spikes(spiking.QIF(1, step=0.5), weight)
    exact = exact[jnp.isfinite(exact)]
    np.testing.assert_allclose(got[: len(exact)], exact, atol=0.15)
    assert jnp.all(gradient != 0) and jnp.isfinite(gradient).all()
