"""The specification, and the front door."""

import jax
import jax.numpy as jnp
import pytest

import jaxneuro as jn
from jaxneuro import spiking


@pytest.fixture(scope="module")
def network() -> spiking.SpikingNetwork:
    layers = {"hidden": spiking.CurrentLIF(8), "out": spiking.LeakyIntegrator(2)}
    return spiking.feedforward(jax.random.key(0), 3, layers, mean=6.0, spread=2.0, recurrent=("hidden",))


INPUTS = jn.spike_trains([1.0, 5.0, 9.0], [2.0], [3.0, 4.0])


def test_a_fixed_step_gives_spikes_and_gradients(network: spiking.SpikingNetwork):
    def energy(network: spiking.SpikingNetwork) -> jax.Array:
        response = spiking.run(network, INPUTS, duration=40.0, engine=spiking.FixedStep(0.5), record=("out",))
        return jnp.sum(response.voltage["out"] ** 2)

    response = spiking.run(network, INPUTS, duration=40.0, engine=spiking.FixedStep(0.5), record=("out",))
    assert response.ok and jnp.isfinite(response.spikes["hidden"]).sum() == response.trains["hidden"].sum() > 0
    gradient = jax.grad(energy)(network)
    assert all(jnp.any(gradient.get(path) != 0) for path in ("connections.hidden.weight", "populations.hidden.tau"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n.set("connections.out.weight", jnp.zeros((3, 2))), "weight' has shape"),
        (lambda n: n.set("connections.out.delay", -1.0), "delay = -1 ms: it must be at least 0"),
        (lambda n: n.replace(inputs=4), "weight has shape"),
        (lambda n: n.replace(readout="nobody"), "no population 'nobody'"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(network: spiking.SpikingNetwork, change, message: str):
    with pytest.raises((ValueError, KeyError), match=message):
        spiking.run(change(network), INPUTS, duration=40.0, engine=spiking.FixedStep(0.5))


def test_a_network_that_a_compiled_function_closes_over_is_checked_too(network: spiking.SpikingNetwork):
    late = network.set("connections.out.delay", jnp.asarray(0.0))
    run = lambda: spiking.run(late, INPUTS, duration=40.0, engine=spiking.FixedStep(0.5), record=("out",)).ok
    assert jax.jit(run)()
