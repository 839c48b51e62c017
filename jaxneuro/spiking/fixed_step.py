"""The fixed-step engine: exact flow between grid points, spikes on the grid, surrogate derivatives."""

from typing import Any

import jax
import jax.numpy as jnp

from ..biophysics.spike_trains import SpikeTrains
from ..pytree import Pytree, static
from .network import INPUT, Network
from .neurons import State
from .run import Response
from .surrogates import FastSigmoid, spike

Carry = tuple[dict[str, State], dict[str, jax.Array]]  # states, and spikes of the last step


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

    def rows(self, inputs: Any, duration: float) -> jax.Array:
        """The inputs on the grid (time, channel)."""
        return binned(inputs.times, self.dt, round(duration / self.dt)) if isinstance(inputs, SpikeTrains) else inputs

    def start(self, network: Network) -> Carry:
        """Everything at rest, and no spikes."""
        states = {name: population.initial() for name, population in network.populations.items()}
        return states, {name: jnp.zeros(p.size) for name, p in network.populations.items() if p.spikes}

    def step(self, network: Network, carry: Carry, row: jax.Array) -> tuple[Carry, dict[str, jax.Array]]:
        """One step: the state and the spikes after it, and the membrane potentials before spikes reset them."""
        states, fired = carry
        states = {name: network.populations[name].flow(state, self.dt) for name, state in states.items()}
        for connection in network.connections.values():
            arriving = (row if connection.pre == INPUT else fired[connection.pre]) @ connection.weight
            states[connection.post] = network.populations[connection.post].receive(states[connection.post], arriving)
        spiking = {name: network.populations[name] for name in fired}
        fired = {name: spike(population.excess(states[name]), self.surrogate) for name, population in spiking.items()}
        voltage = {name: state.v for name, state in states.items()}
        states |= {name: after(population, states[name], fired[name]) for name, population in spiking.items()}
        return (states, fired), voltage

    def solve(self, network: Network, inputs: Any, duration: float, record: tuple[str, ...]) -> Response:
        def step(carry: Carry, row: jax.Array) -> tuple:
            carry, voltage = self.step(network, carry, row)
            return carry, (carry[1], {name: voltage[name] for name in record})

        (states, _), (trains, voltage) = jax.lax.scan(step, self.start(network), self.rows(inputs, duration))
        t = (jnp.arange(round(duration / self.dt)) + 1) * self.dt
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
