"""All ways to the gradient of exact events agree."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking

INPUTS = jn.spike_trains([1.0, 5.0, 9.0], [2.0, 7.0], [3.0, 4.0])


def draw(key: jax.Array) -> spiking.SpikingNetwork:
    """Five neurons that drive one another with delays."""
    first, second, third = jax.random.split(key, 3)
    neuron = spiking.CurrentLIF(5, tau=10.0, tau_syn=3.0, refractory=1.0, reset=-0.1)
    weight = 2.5 + jax.random.normal(first, (3, 5))
    delay = jax.random.uniform(third, (5, 5), minval=0.5, maxval=4.0)
    connections = {
        "in": spiking.Connection("input", "n", weight, 0.3),
        "recurrent": spiking.Connection("n", "n", jax.random.normal(second, (5, 5)), delay, max_delay=4.0),
    }
    return spiking.SpikingNetwork(3, {"n": neuron}, connections, "n")


def loss(response: spiking.Response) -> jax.Array:
    times = response.times["n"]
    return jnp.sum(jnp.where(jnp.isfinite(times), jnp.sin(times), 0.0))


@pytest.mark.slow
def test_every_way_to_the_gradient_agrees_on_twenty_recurrent_networks():
    def check(key: jax.Array) -> spiking.GradCheck:
        engine = spiking.Events(max_spikes=8, max_steps=160)
        return spiking.gradcheck(draw(key), INPUTS, loss, duration=20.0, engine=engine, key=key)

    result = jax.jit(jax.vmap(check))(jax.random.split(jax.random.key(0), 20))
    well = np.asarray(~result.ill)
    assert well.sum() >= 15
    assert np.asarray(result.error)[well].max() < 1e-6
    assert all(np.any(np.abs(d[well]) > 1e-3) for d in result.derivatives.values())


def test_float32_is_refused():
    with jax.enable_x64(False), pytest.raises(ValueError, match="enable float64"):
        spiking.gradcheck(
            draw(jax.random.key(0)), INPUTS, loss, duration=20.0, engine=spiking.Events(8), key=jax.random.key(0)
        )
