"""Spikes that would come after the end of a run: with them even a silent network has a derivative."""

from typing import Any

import jax
import jax.numpy as jnp

from ....arithmetic import Values
from ....pytree import Pytree
from ...inputs import Inputs
from ...loops import loops
from ...network import SpikingNetwork
from ...neurons.quadratic import QIF, HalfPhase
from ...run import Engine, Response


class Pseudospikes(Pytree):
    """Another engine, after whose run each neuron of the readout gets one spike more, at its end or later.

    From the end on every neuron obeys tau dv/dt = (v - 1/2)² + softplus(last current + drive), by which it spikes at some
    time. The drive is, from each neuron before it and in place of its spikes, weight × how far that one has come on its way
    from -∞ to ∞. A spike that moves over the end of the run becomes a pseudospike without a jump, nor does its derivative
    jump: so spikes are learned that are not there. Only `QIF` neurons; loops within the network send nothing after the end.

    Attributes:
        engine: An engine that gives the final states: `Events`.
        sharpness: Scale of the softplus, in units of the current.

    Source: Klos & Memmesheimer (2023), arXiv:2309.14523, pseudospikes of the second kind.
    """

    engine: Engine
    sharpness: Values = 10.0

    def check(self, network: SpikingNetwork, inputs: Inputs, duration: float) -> None:
        for name, population in network.populations.items():
            if not isinstance(population, QIF):
                raise ValueError(
                    f"population {name!r} is of {type(population).__name__}: pseudospikes are of QIF neurons."
                )
        self.engine.check(network, inputs, duration)

    def solve(self, network: SpikingNetwork, inputs: Inputs, duration: float, record: tuple[str, ...]) -> Response:
        response = self.engine.solve(network, inputs, duration, record)
        progress, wait = {}, {}
        for name in (name for group in loops(network) for name in group):
            before = [c for c in network.into(name).values() if c.pre in progress]
            drive = sum((c.through(progress[c.pre]) for c in before), start=0.0)
            progress[name], wait[name] = self._after(network.populations[name], response.final[name], drive)
        last = network.readout
        times = response.times | {last: _next(response.times[last], duration + wait[last])}
        return response.replace(times=times)

    def _after(self, population: Any, state: HalfPhase, drive: Any) -> tuple[jax.Array, jax.Array]:
        """How far each neuron has come from -∞ (0) to ∞ (1), and the time to its next spike [ms]."""
        current = state.i + population.bias + drive
        root = jnp.sqrt(self.sharpness * jax.nn.softplus(current / self.sharpness))
        angle = jnp.arctan2(state.sine, root * state.cosine)
        return 0.5 + angle / jnp.pi, population.tau / root * (0.5 * jnp.pi - angle)


def _next(spikes: jax.Array, t: jax.Array) -> jax.Array:
    """Trains (neuron, spike) with one spike more in the first free place; none where there is no place."""
    count = jnp.sum(jnp.isfinite(spikes), axis=1)
    return spikes.at[jnp.arange(len(spikes)), count].set(t, mode="drop")
