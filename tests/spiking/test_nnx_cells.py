"""Cells of flax: equal to the engine, and a convolutional network that trains."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import optax
import pytest
from flax import nnx

from jaxneuro import spiking
from jaxneuro.spiking.engines.steps import BatchNormThroughTime, Constant, SpikingCell

ROWS = 3.0 * jax.random.uniform(jax.random.key(0), (20, 2, 4))


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_cell_does_what_the_engine_does(recurrent: bool):
    neuron = spiking.CurrentLIF(4, refractory=2.0)
    cell = SpikingCell(neuron, train=("tau",), recurrent=recurrent, rngs=nnx.Rngs(0))
    connections = {"in": spiking.Connection("input", "a", jnp.eye(4))}
    if cell.weight is not None:
        connections["again"] = spiking.Connection("a", "a", cell.weight[...])
    network = spiking.SpikingNetwork(4, {"a": neuron}, connections, "a")
    expected = spiking.run(network, ROWS, duration=20.0, engine=spiking.FixedStep(1.0)).trains["a"]
    assert jnp.array_equal(nnx.RNN(cell, time_major=True)(ROWS), expected) and expected.any()
    assert jnp.array_equal(nnx.RNN(cell)(ROWS.swapaxes(0, 1)).swapaxes(0, 1), expected)
    trained = jax.tree.leaves(nnx.state(cell, nnx.Param))
    assert len(trained) == 1 + recurrent and len(jax.tree.leaves(nnx.state(cell, Constant))) == 6


@pytest.mark.parametrize("subtract", [False, True])
def test_by_subtraction_a_neuron_spikes_in_proportion_to_its_drive(subtract: bool):
    drive = jnp.array([0.0, 0.13, 0.37, 0.9])
    rnn = nnx.RNN(SpikingCell(spiking.LIF(4, tau=1e9, subtract=subtract)), time_major=True)
    counts = rnn(jnp.broadcast_to(drive, (1000, 4))).sum(0)
    steps = 1 / jnp.maximum(drive, 1e-6)
    assert jnp.allclose(counts, 1000 / (steps if subtract else jnp.ceil(steps)), atol=1.0)


def test_a_convolutional_network_trains():
    """Bars that move up or to the right, over 8 steps; time, batch, height, width, channel."""
    rngs = nnx.Rngs(0)
    model = nnx.Sequential(
        nnx.Conv(1, 4, (3, 3), rngs=rngs),
        nnx.BatchNorm(4, rngs=rngs),
        nnx.RNN(
            SpikingCell(spiking.LIF(4, 5.0), spatial_axes=2, surrogate=spiking.surrogates.Arctan()), time_major=True
        ),
        lambda x: nnx.avg_pool(x, (2, 2), (2, 2)),
        lambda x: x.reshape(*x.shape[:2], -1),
        nnx.Dropout(0.1, broadcast_dims=(0,), rngs=rngs),
        nnx.Linear(36, 2, rngs=rngs),
        nnx.RNN(SpikingCell(spiking.LeakyIntegrator(2, tau_syn=2.0), train=("tau",)), time_major=True),
    )
    place = (jnp.arange(8)[:, None] + jnp.arange(6)) % 6
    bar = jnp.broadcast_to(jax.nn.one_hot(place, 6)[..., None], (8, 6, 6, 6))
    images = jnp.concatenate([bar, bar.swapaxes(2, 3)], 1)[..., None]
    labels = jnp.repeat(jnp.arange(2), 6)
    graph, parameters, rest = nnx.split(model, nnx.Param, ...)
    optimiser = optax.adam(0.05)

    @jax.jit
    def step(parameters, rest, moments):
        def loss(parameters):
            model = nnx.merge(graph, parameters, rest, copy=True)
            logits = model(images).mean(0)
            error = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
            return error, nnx.state(model, nnx.Not(nnx.Param))

        (value, rest), slope = jax.value_and_grad(loss, has_aux=True)(parameters)
        change, moments = optimiser.update(slope, moments)
        return optax.apply_updates(parameters, change), rest, moments, value

    moments, values = optimiser.init(parameters), []
    for _ in range(60):
        parameters, rest, moments, value = step(parameters, rest, moments)
        values.append(float(value))
    assert values[-1] < 0.3 * values[0], values


def test_batch_norm_through_time_has_statistics_of_each_step():
    x = jax.random.normal(jax.random.key(1), (5, 64, 3)) * jnp.arange(1.0, 6.0)[:, None, None] + 2.0
    normal = BatchNormThroughTime(3, 5, rngs=nnx.Rngs(0))(x)
    assert jnp.allclose(normal.mean(1), 0, atol=1e-6) and jnp.allclose(normal.std(1), 1, atol=1e-3)


def test_dropout_drops_the_same_units_at_all_times():
    dropped = nnx.Dropout(0.5, broadcast_dims=(0,), rngs=nnx.Rngs(0))(jnp.ones((6, 2, 10)))
    assert jnp.array_equal(dropped, jnp.broadcast_to(dropped[0], dropped.shape)) and 0 < (dropped[0] == 0).sum() < 20


def test_what_does_not_fit_is_refused():
    with pytest.raises(KeyError, match=r"no parameter 'speed'\. The paths are: tau, threshold"):
        SpikingCell(spiking.LIF(4), train=("speed",))
    with pytest.raises(ValueError, match="give rngs"):
        SpikingCell(spiking.LIF(4), recurrent=True)
    with pytest.raises(ValueError, match="the input has 3 channels, the cell 4 neurons"):
        nnx.RNN(SpikingCell(spiking.LIF(4)))(jnp.zeros((2, 5, 3)))


def test_the_cells_are_found_by_name_and_flax_only_comes_with_them():
    assert spiking.SpikingCell is SpikingCell and "SpikingCell" in dir(spiking)
    heavy = "{'flax', 'optax', 'diffrax'} & set(sys.modules)"
    code = f"import sys, jaxneuro.spiking as s; assert not {heavy}; s.SpikingCell; assert 'flax' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
