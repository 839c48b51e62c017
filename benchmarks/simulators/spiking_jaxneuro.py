"""jaxneuro's part of the speed of spiking networks."""

import jax
import jax.numpy as jnp

from benchmarks.simulators import spiking_problem as problem
from benchmarks.simulators.spiking_jax import measured
from jaxneuro import spiking


def _network(size: int) -> spiking.SpikingNetwork:
    layers = {str(k): spiking.LIF(size, tau=20.0) for k in range(problem.LAYERS)}
    network = spiking.feedforward(jax.random.key(0), size, layers, mean=1.0, spread=1.0)
    for name, weight in zip(layers, problem.weights(size), strict=True):
        network = network.set(f"connections.{name}.weight", jnp.asarray(weight))
    return network


def layers(size: int, steps: int) -> dict:
    """Forward, and the gradient by all weights of the squared error of rates."""
    network = _network(size)
    spikes, wanted = map(jnp.asarray, problem.inputs(size, steps))
    engine = spiking.FixedStep(1.0, spiking.surrogates.FastSigmoid(problem.SHARPNESS))
    weights = {name: connection.weight for name, connection in network.connections.items()}

    def run(weights: dict, spikes: jax.Array) -> jax.Array:
        given = network
        for name, weight in weights.items():
            given = given.set(f"connections.{name}.weight", weight)
        return spiking.run(given, spikes, duration=float(steps), engine=engine).trains[network.readout]

    def loss(weights: dict, spikes: jax.Array, wanted: jax.Array) -> jax.Array:
        return jnp.mean((run(weights, spikes).mean(0) - wanted) ** 2)

    return {"gradient": measured(jax.grad(loss), weights, spikes, wanted), "forward": measured(run, weights, spikes)}


def checkpoint(size: int, steps: int, checkpoint) -> dict:
    """The gradient by all weights, through three layers and ten leaky integrators, of the integrators' potential."""
    names = {str(k): spiking.LIF(size) for k in range(problem.LAYERS)}
    network = spiking.feedforward(
        jax.random.key(0), size, names | {"out": spiking.LeakyIntegrator(10)}, mean=0.5, spread=2.0
    )
    spikes = jnp.asarray(problem.inputs(size, steps)[0])
    engine = spiking.FixedStep(1.0, spiking.surrogates.FastSigmoid(problem.SHARPNESS), checkpoint)

    def loss(weights: dict, spikes: jax.Array) -> jax.Array:
        given = network
        for name, weight in weights.items():
            given = given.set(f"connections.{name}.weight", weight)
        response = spiking.run(given, spikes, duration=float(steps), engine=engine, record=("out",))
        return jnp.mean(response.voltage["out"] ** 2)

    weights = {name: connection.weight for name, connection in network.connections.items()}
    return {"gradient": measured(jax.grad(loss), weights, spikes)}


def readout(size: int, steps: int, parallel: bool) -> dict:
    """Leaky integrators alone, one step after another or in parallel over time."""
    network = spiking.feedforward(jax.random.key(0), size, {"out": spiking.LeakyIntegrator(10)}, mean=1.0, spread=1.0)
    spikes = jnp.asarray(problem.inputs(size, steps)[0])
    engine = spiking.FixedStep(1.0, parallel=parallel)

    def run(network: spiking.SpikingNetwork, spikes: jax.Array) -> jax.Array:
        return spiking.run(network, spikes, duration=float(steps), engine=engine, record=("out",)).voltage["out"]

    def loss(network: spiking.SpikingNetwork, spikes: jax.Array) -> jax.Array:
        return jnp.mean(run(network, spikes) ** 2)

    return {"forward": measured(run, network, spikes), "gradient": measured(jax.grad(loss), network, spikes)}
