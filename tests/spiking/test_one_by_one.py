"""One clock for all neurons, differentiated through all its events or back through those that there were."""

import chex
import jax
import jax.numpy as jnp
import pytest

import jaxneuro as jn
from jaxneuro import spiking


def test_going_back_through_the_events_that_there_were_is_autodiff():
    layers = {"hidden": spiking.CurrentLIF(3, tau=20.0, tau_syn=5.0), "out": spiking.CurrentLIF(1, tau=15.0)}
    network = spiking.feedforward(jax.random.key(0), 2, layers, mean=12.0, spread=4.0, recurrent=("hidden",))
    times = jn.spike_trains([0.0, 5.0, 9.0], [3.0, 8.0, 14.0]).times
    batch = jnp.stack([jnp.asarray(times), jnp.asarray(times) + 0.5])

    def total(network: spiking.SpikingNetwork, times: jax.Array, adjoint: str) -> jax.Array:
        engine = spiking.OneByOne(64, until="out", adjoint=adjoint)
        response = spiking.run(network, jn.SpikeTrains(times), duration=40.0, engine=engine)
        spikes = [jnp.where(jnp.isfinite(t), t, 0.0) for t in response.spikes.values()]
        return jnp.where(response.ok, sum(t.sum() for t in spikes), jnp.nan)

    gradient = jax.vmap(jax.value_and_grad(total, (0, 1)), (None, 0, None))
    found, expected = gradient(network, batch, "replay"), gradient(network, batch, "autodiff")
    chex.assert_trees_all_close(found, expected, rtol=1e-12, atol=1e-14)
    assert jnp.any(found[1][0].get("connections.hidden_recurrent.weight") != 0)


def test_another_way_back_is_refused():
    network = spiking.feedforward(jax.random.key(0), 1, {"out": spiking.CurrentLIF(1)})
    with pytest.raises(ValueError, match="adjoint = 'replayed'"):
        spiking.run(network, jn.spike_trains([1.0]), duration=5.0, engine=spiking.OneByOne(adjoint="replayed"))
