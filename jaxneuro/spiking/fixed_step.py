"""The fixed-step engine: exact flow between grid points, spikes on the grid, surrogate derivatives."""

from typing import Any

import jax
import jax.numpy as jnp

from ..biophysics.spike_trains import SpikeTrains
from ..pytree import Pytree, static
from .network import INPUT, Network
from .run import Response
from .surrogates import FastSigmoid, spike


class FixedStep(Pytree):
    """Steps of equal length.

    Attributes:
        dt: Step [ms].
        surrogate: What the derivative of a spike is taken from.
    """

    dt: float = static(default=1.0)
    surrogate: Any = FastSigmoid()

    def check(self, network: Network, inputs: Any, duration: float) -> None:
        del network
        if abs(duration / self.dt - round(duration / self.dt)) > 1e-6:
            raise ValueError(f"duration = {duration} ms is not a multiple of dt = {self.dt} ms.")
        steps = round(duration / self.dt)
        if not isinstance(inputs, SpikeTrains) and jnp.shape(inputs)[-2] != steps:
            raise ValueError(
                f"the input has {jnp.shape(inputs)[-2]} rows, the run {steps} steps: give one row for each step."
            )

    def solve(self, network: Network, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        steps = round(duration / self.dt)
        counts = binned(inputs.times, self.dt, steps) if isinstance(inputs, SpikeTrains) else inputs
        states = {name: population.initial() for name, population in network.populations.items()}
        spiking = {name: population for name, population in network.populations.items() if population.spikes}
        fired = {name: jnp.zeros(population.size) for name, population in spiking.items()}

        def step(carry: tuple, row: jax.Array) -> tuple:
            states, fired = carry
            states = {name: network.populations[name].flow(state, self.dt) for name, state in states.items()}
            for connection in network.connections.values():
                arriving = (row if connection.pre == INPUT else fired[connection.pre]) @ connection.weight
                states[connection.post] = network.populations[connection.post].receive(
                    states[connection.post], arriving
                )
            fired = {
                name: spike(population.excess(states[name]), self.surrogate) for name, population in spiking.items()
            }
            voltage = {name: states[name].v for name in record}
            states |= {name: after(population, states[name], fired[name]) for name, population in spiking.items()}
            return (states, fired), (fired, voltage)

        (states, _), (trains, voltage) = jax.lax.scan(step, (states, fired), counts)
        t = (jnp.arange(steps) + 1) * self.dt
        finite = jnp.stack([jnp.isfinite(state.v).all() for state in states.values()]).all()
        return Response(
            {name: grid_times(train, t) for name, train in trains.items()},
            trains,
            voltage,
            t,
            jnp.asarray(False),
            finite,
        )


def after(population: Any, state: Any, fired: jax.Array) -> Any:
    """The state after spikes where `fired` is 1; its surrogate derivative passes through the reset."""
    return jax.tree.map(lambda x, y: x + fired * (y - x), state, population.fire(state))


def binned(times: jax.Array, dt: float, steps: int) -> jax.Array:
    """Spikes on a grid (time, channel), each shared by the two nearest points, so that it is differentiable in its time."""
    slot = jnp.where(jnp.isfinite(times), times / dt, 2.0 * steps)
    first = jnp.floor(slot).astype(jnp.int32)
    share = slot - first
    channel = jnp.arange(times.shape[0])[:, None]
    empty = jnp.zeros((steps, times.shape[0]), times.dtype)
    return empty.at[first - 1, channel].add(1 - share, mode="drop").at[first, channel].add(share, mode="drop")


def grid_times(train: jax.Array, t: jax.Array) -> jax.Array:
    """Times of the spikes of each neuron, in order, padded with infinity (neuron, spike)."""
    return jnp.sort(jnp.where(train > 0, t[:, None], jnp.inf), axis=0).T
