"""Networks of conductance-based cells from the specification: spikes, derivatives, training, refusals."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking.neurons import kernels

CELL = jn.cells.fast_spiking()
INPUTS = jn.spike_trains([1.0, 6.013], [3.0, 4.0])
DURATION = 12.0  # ms
WEIGHT = jnp.array([[1.6, 0.2], [0.9, 0.3]])
COUNTERPART = spiking.Counterpart(CELL, 2.0)
ENGINE = spiking.Conductance(COUNTERPART, 0.05, max_spikes=3)
AT = jnp.array([4.0, 0.713, 1.6])  # tau_syn, a delay, a weight


def network(tau: Any = 4.0, delay: Any = 0.7, weight: Any = WEIGHT) -> spiking.SpikingNetwork:
    """Two inputs to two cells, of which one excites and one inhibits the other, and one readout."""
    populations = {"hidden": spiking.CurrentLIF(2, tau_syn=tau), "out": spiking.LeakyIntegrator(1, 8.0, 3.0)}
    connections = {
        "hidden": spiking.Connection("input", "hidden", weight, 0.5),
        "within": spiking.Connection("hidden", "hidden", jnp.array([[0.0, 2.0], [-1.0, 0.0]]), delay, max_delay=5.0),
        "out": spiking.Connection("hidden", "out", jnp.array([[1.0], [-0.5]])),
    }
    return spiking.SpikingNetwork(2, populations, connections, "out")


@jax.jit
def run(p: jax.Array) -> tuple[jax.Array, tuple]:
    """First spikes of the hidden cells and the readout at the end; whether all spikes found room."""
    spec = network(jnp.array([1.0, 1.1]) * p[0], p[1], WEIGHT.at[0, 0].set(p[2]))
    response = spiking.run(spec, INPUTS, engine=ENGINE, duration=DURATION, record=("out",))
    return jnp.append(response.spikes["hidden"][:, 0], response.voltage["out"][-1]), (response.overflow, response.ok)


@pytest.fixture(scope="module")
def reverse():
    return jax.jit(jax.jacrev(run, has_aux=True))


def differences() -> np.ndarray:
    """Finite differences of `run` (value, parameter)."""
    steps = 1e-5 * jnp.eye(3)
    return np.stack([(run(AT + h)[0] - run(AT - h)[0]) / 2e-5 for h in steps], axis=1)


def test_derivatives_in_reverse_equal_finite_differences(reverse):
    slopes = differences()
    assert np.all(slopes[:, 0] != 0) and np.any(slopes[:, 1] != 0)
    np.testing.assert_allclose(reverse(AT)[0], slopes, rtol=1e-5, atol=1e-8)


@pytest.mark.slow
def test_derivatives_forward_equal_finite_differences():
    np.testing.assert_allclose(jax.jacfwd(run, has_aux=True)(AT)[0], differences(), rtol=1e-5, atol=1e-8)


def test_a_loss_on_spike_times_is_trained(reverse):
    """Both cells are told when to spike first, by a weight, a time constant and the delay between them."""
    wanted, optimiser, p = jnp.array([5.5, 8.0]), optax.adam(0.05), AT
    state, losses = optimiser.init(p), []
    for _ in range(60):
        missed = run(p)[0][:2] - wanted
        losses.append(float(jnp.sum(missed**2)))
        changes, state = optimiser.update(2 * missed @ reverse(p)[0][:2], state)
        p = optax.apply_updates(p, changes)
    assert losses[0] > 0.5 and losses[-1] < 0.02 * losses[0], losses


def test_more_spikes_than_there_is_room_for_are_seen():
    overflow, ok = run(AT)[1]
    assert not overflow and ok
    overflow, ok = run(jnp.array([20.0, 0.713, 8.0]))[1]
    assert overflow and not ok


def test_a_readout_is_a_passive_membrane():
    """Against the closed form, second order in the step."""
    spec = spiking.SpikingNetwork(
        2, {"out": spiking.LeakyIntegrator(2, jnp.array([8.0, 5.0]), 3.0, 0.3)},
        {"out": spiking.Connection("input", "out", WEIGHT, jnp.array([[0.513, 1.0], [0.0, 2.1]]))}, "out",
    )  # fmt: skip
    errors = []
    for dt in (0.1, 0.05):
        response = spiking.run(spec, INPUTS, engine=spiking.Conductance({}, dt), duration=DURATION, record=("out",))
        errors.append(np.abs(response.voltage["out"][-1] - integrated(spec, DURATION)).max())
    assert errors[1] < 1e-5 and errors[0] > 3.5 * errors[1]


def integrated(spec: spiking.SpikingNetwork, end: float) -> np.ndarray:
    """Potential of the readout at the end: the response to each spike, and the bias."""
    neuron: Any = spec.populations["out"]
    connection = spec.connections["out"]
    since = end - INPUTS.times[:, :, None] - connection.delay[:, None, :]
    single = kernels.response(since, neuron.tau, neuron.tau_syn)
    return np.einsum("isj,ij->j", single, connection.weight) + neuron.bias * (1 - np.exp(-end / neuron.tau))


def test_synapses_as_currents_and_as_conductances_agree_at_rest():
    neuron, weight = spiking.CurrentLIF(1), jnp.array([[2.0], [-3.0]])
    current = COUNTERPART.synapses(neuron, weight)["current"][1]
    kinds = COUNTERPART.replace(reversal=(0.0, -80.0)).synapses(neuron, weight)
    flow = sum(g * (synapse.e - CELL.v_init) for synapse, g in kinds.values())
    np.testing.assert_allclose(flow, current)
    assert all(jnp.all(g >= 0) for _, g in kinds.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n, e: (n, e.replace(counterparts={})), "has no cell"),
        (lambda n, e: (n.set("populations.hidden", spiking.LIF(2)), e), "a LIF has no tau_syn"),
        (lambda n, e: (n, e.replace(max_spikes=0)), "max_spikes = 0"),
        (lambda n, e: (n, e.replace(dt=0.07)), "is not a multiple of dt"),
    ],
)
def test_what_cannot_run_is_refused(change, message: str):
    spec, engine = change(network(), ENGINE)
    with pytest.raises(ValueError, match=message):
        spiking.run(spec, INPUTS, engine=engine, duration=DURATION, record=("out",))


def test_numbers_on_a_grid_are_refused():
    with pytest.raises(ValueError, match="give inputs as SpikeTrains"):
        spiking.run(network(), jnp.zeros((300, 2)), engine=ENGINE, duration=DURATION, record=("out",))
