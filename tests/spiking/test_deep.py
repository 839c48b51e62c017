"""Seven layers: with the defaults every one spikes, has a gradient, and learns."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxneuro import spiking
from jaxneuro.spiking import decoders, losses, tasks

LOSS = losses.CrossEntropy(decoders.MembraneMax())


def deep(key: jax.Array, neuron: type, size: int) -> spiking.SpikingNetwork:
    layers = {f"layer_{k}": neuron(size) for k in range(7)} | {"out": spiking.LeakyIntegrator(3)}
    return spiking.feedforward(key, 5, layers)


@pytest.mark.parametrize("neuron", [spiking.CurrentLIF, spiking.LIF])
def test_the_gradients_of_all_layers_are_alike(neuron: type):
    inputs, targets = tasks.yin_yang(jax.random.key(1), 32)

    @jax.jit
    def measure(network: spiking.SpikingNetwork) -> tuple:
        def cost(network: spiking.SpikingNetwork) -> tuple:
            def one(inputs, target) -> tuple:
                got = spiking.run(network, inputs, duration=40.0, engine=spiking.FixedStep(1.0), record=("out",))
                return LOSS(got, target), {name: train.mean() for name, train in got.trains.items()}

            value, rates = jax.vmap(one)(inputs, targets)
            return value.mean(), jax.tree.map(jnp.mean, rates)

        (_, rates), gradient = jax.value_and_grad(cost, has_aux=True)(network)
        return rates, {name: jnp.linalg.norm(c.weight) for name, c in gradient.connections.items()}

    whole, hidden = [], []
    for key in range(5):
        rates, found = measure(deep(jax.random.key(key), neuron, 64))
        norms = np.array([found[name] for name in ("out", *(f"layer_{k}" for k in range(7)))])
        whole.append(norms.max() / norms.min())
        hidden.append(norms[1:].max() / norms[1:].min())
        assert all(5e-3 < rate < 0.2 for rate in rates.values()), rates  # 5 to 200 Hz
    assert np.median(hidden) < 6 and np.max(hidden) < 15 and np.median(whole) < 10, (hidden, whole)


@pytest.mark.slow
def test_seven_layers_learn():
    data = tasks.yin_yang(jax.random.key(1), 500)
    options = {"engine": spiking.FixedStep(2.0), "duration": 40.0, "key": jax.random.key(2), "epochs": 8, "batch": 50}
    ran = spiking.train(
        deep(jax.random.key(0), spiking.CurrentLIF, 64), data, LOSS, optimiser=optax.adam(5e-3), **options
    )
    losses_by_epoch = [row["loss"] for row in ran.history]
    assert losses_by_epoch[-1] < 0.85 * losses_by_epoch[0] and ran.history[-1]["accuracy"] > 0.5
    assert ran.status == "finished"
