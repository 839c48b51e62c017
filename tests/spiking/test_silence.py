"""Learning from silence, and the engine of one clock."""

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro import spiking

INPUTS, END = jn.spike_trains([1.0, 4.0], [2.0]), 20.0
FOREVER = float("inf")
ENGINE = spiking.OneByOne(24, max_spikes=4, until="out")


def network(theta: dict) -> spiking.SpikingNetwork:
    connections = {
        "hidden": spiking.Connection("input", "hidden", theta["hidden"]),
        "loop": spiking.Connection("hidden", "hidden", theta["loop"]),
        "out": spiking.Connection("hidden", "out", theta["out"]),
    }
    layers: Any = {"hidden": spiking.QIF(3, step=FOREVER), "out": spiking.QIF(1, step=FOREVER)}
    return spiking.SpikingNetwork(2, layers, connections, "out")


def weights(scale: float) -> dict:
    sizes = {"hidden": (2, 3), "loop": (3, 3), "out": (3, 1)}
    keys = jax.random.split(jax.random.key(0), 3)
    drawn = {name: scale * jax.random.uniform(k, size) for (name, size), k in zip(sizes.items(), keys, strict=True)}
    return drawn | {"loop": (drawn["loop"] - 0.5 * scale) / 4}


def trains(theta: dict, engine) -> tuple[jax.Array, dict]:
    response = spiking.run(network(theta), INPUTS, duration=END, engine=engine)
    times = jnp.concatenate([response.spikes["hidden"], response.spikes["out"]])
    return jnp.sum(jnp.where(times < END, times, 0.0) ** 2), {"times": times, "ok": response.ok}


@pytest.mark.slow
def test_one_clock_gives_the_spikes_and_derivatives_of_many():
    def both(engine):
        return jax.jit(jax.value_and_grad(lambda theta: trains(theta, engine), has_aux=True))(weights(20.0))

    (_, one), one_gradient = both(spiking.OneByOne(40, max_spikes=8))
    (_, many), many_gradient = both(spiking.Events(max_spikes=8))
    assert one["ok"] and many["ok"] and jnp.isfinite(one["times"]).sum() > 2
    np.testing.assert_allclose(one["times"], many["times"], atol=1e-9)
    chex.assert_trees_all_close(one_gradient, many_gradient, rtol=1e-7, atol=1e-7)


def test_one_clock_stops_when_it_has_what_is_wanted_and_says_when_there_was_no_room():
    enough = trains(weights(20.0), ENGINE)[1]
    assert enough["ok"] and jnp.isfinite(enough["times"][-1, 0])
    assert not trains(weights(300.0) | {"out": jnp.zeros((3, 1))}, ENGINE)[1]["ok"]
    delayed = network(weights(1.0)).set("connections.out.delay", 1.0)
    with pytest.raises(ValueError, match="'out' has a delay"):
        spiking.run(delayed, INPUTS, duration=END, engine=ENGINE)


@pytest.fixture(scope="module")
def first_spike():
    """The first spike of the output, real or not, and its derivatives."""
    engine = spiking.Pseudospikes(spiking.OneByOne(24, max_spikes=4))

    def time(theta: dict) -> jax.Array:
        return spiking.run(network(theta), INPUTS, duration=END, engine=engine).spikes["out"][0, 0]

    return jax.jit(jax.value_and_grad(time))


@pytest.mark.slow
def test_a_spike_moves_over_the_end_without_a_jump(first_spike):
    def at(scale: float) -> dict:
        return weights(10.0) | {"out": jnp.full((3, 1), scale)}

    low, high = 0.0, 20.0
    for _ in range(45):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if first_spike(at(middle))[0] < END else (middle, high)
    for scale in (low - 1e-5, high + 1e-5, low - 0.5, high + 0.5):
        difference = (first_spike(at(scale + 1e-6))[0] - first_spike(at(scale - 1e-6))[0]) / 2e-6
        np.testing.assert_allclose(jnp.sum(first_spike(at(scale))[1]["out"]), difference, rtol=1e-4)
    before, after = (jnp.sum(first_spike(at(scale))[1]["out"]) for scale in (low - 1e-7, high + 1e-7))
    np.testing.assert_allclose(first_spike(at(low))[0], END, atol=1e-6)
    np.testing.assert_allclose(before, after, rtol=1e-3)


def test_a_network_without_one_spike_learns_to_spike_early(first_spike):
    theta: Any = weights(1.0)
    wanted = 12.0
    assert not jnp.any(trains(theta, ENGINE)[1]["times"] < END)
    optimiser = optax.adam(0.3)
    moments = optimiser.init(theta)
    for _ in range(150):
        t, gradient = first_spike(theta)
        gradient = jax.tree.map(lambda g, t=t: 2 * (t - wanted) * g, gradient)
        updates, moments = optimiser.update(gradient, moments)
        theta = optax.apply_updates(theta, updates)
    assert first_spike(theta)[0] < 16.0 and trains(theta, ENGINE)[1]["times"][-1, 0] < 16.0


def test_pseudospikes_of_other_neurons_are_refused():
    other = spiking.SpikingNetwork(
        2, {"out": spiking.CurrentLIF(1)}, {"out": spiking.Connection("input", "out", jnp.ones((2, 1)))}, "out"
    )
    with pytest.raises(ValueError, match="'out' is of CurrentLIF"):
        spiking.run(other, INPUTS, duration=END, engine=spiking.Pseudospikes(spiking.Events()))
