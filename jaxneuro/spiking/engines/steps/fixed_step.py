"""The fixed-step engine: exact flow between grid points, spikes on the grid, surrogate derivatives."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name

from ....biophysics.network import SpikeTrains
from ....pytree import Pytree, static
from ...grid import advance, as_rows, binned
from ...inputs import Inputs
from ...loops import loops
from ...network import INPUT, SpikingNetwork
from ...neurons.base import Neuron, State
from ...run import Response
from .delays import ARRIVALS, check_delay, delivery, depth, sent, width
from .parallel import resets, states_over_time
from .surrogates import Arctan, spike

POTENTIAL = "potential"
KEPT = jax.checkpoint_policies.save_only_these_names(ARRIVALS, POTENTIAL)
BLOCK = 25  # rows that stay in the cache from one layer to the next; measured, see benchmarks/spiking_speed.py

Carry = tuple[dict[str, State], dict[str, jax.Array], dict[str, jax.Array]]  # states, spikes, and spikes on their way


class FixedStep(Pytree):
    """Steps of equal length, at whose ends neurons spike.

    A spike without delay arrives at the same grid point, before the neurons there are asked whether they spike; within a loop of
    populations it arrives there too, but after they were asked. One with a delay arrives between two grid points and is shared by
    them. So spike times converge to those of `Events` with the first order of dt.

    Populations that are in no loop are run layer after layer, a block of steps at a time: all that they receive is one product of
    matrices. The gradient keeps what each step received and the membrane potential, and computes the rest again. Inputs on the
    grid may have batch axes (time, ..., channel), as trains and voltages then have: faster than `jax.vmap`, which moves them.

    Attributes:
        dt: Step [ms].
        surrogate: What the derivative of a spike is taken from; the default neither grows nor fades over many layers, if these
            begin as `feedforward` draws them.
        checkpoint: Keep the state only once in so many steps (or a few less), and compute all else again for the gradient, whose
            memory falls by this factor for the time of one more run. "sqrt" takes the root of the number of steps.
        parallel: Run populations without reset that are in no loop in parallel over time, by an associative scan: meant for
            accelerators and many steps.
    """

    dt: float = static(default=1.0)
    surrogate: Any = Arctan()
    checkpoint: Any = static(default=None)
    parallel: bool = static(default=False)

    def check(self, network: SpikingNetwork, inputs: Inputs, duration: float) -> None:
        if not 0 < self.dt < math.inf:
            raise ValueError(f"dt = {self.dt} ms: give a positive number.")
        if self.checkpoint not in (None, "sqrt") and not (isinstance(self.checkpoint, int) and self.checkpoint > 0):
            raise ValueError(f'checkpoint = {self.checkpoint!r}: give a positive number of steps, "sqrt" or None.')
        steps = round(duration / self.dt)
        if steps < 1 or abs(duration / self.dt - steps) > 1e-6:
            raise ValueError(f"duration = {duration} ms is not a multiple of dt = {self.dt} ms.")
        if not isinstance(inputs, SpikeTrains) and (jnp.ndim(inputs) < 2 or jnp.shape(inputs)[0] != steps):
            raise ValueError(
                f"the input has shape {jnp.shape(inputs)}, the run {steps} steps: give one row for each step."
            )
        for name, connection in network.connections.items():
            check_delay(name, connection)

    def rows(self, inputs: Inputs, duration: float) -> jax.Array:
        """The inputs on the grid (time, channel)."""
        if isinstance(inputs, SpikeTrains):
            return as_rows(binned(jnp.asarray(inputs.times, float), self.dt, round(duration / self.dt)))
        return as_rows(inputs)

    def start(self, network: SpikingNetwork, batch: tuple[int, ...] = ()) -> Carry:
        """Everything at rest, no spikes, and none on their way."""
        populations = network.populations.items()
        states = {n: jax.tree.map(lambda x: jnp.broadcast_to(x, batch + x.shape), p.initial()) for n, p in populations}
        fired = {name: jnp.zeros((*batch, p.size)) for name, p in populations if p.spikes}
        way = {n: jnp.zeros((depth(c, self.dt), *batch, width(c))) for n, c in network.connections.items()}
        return states, fired, way

    def step(self, network: SpikingNetwork, carry: Carry, row: jax.Array) -> tuple[Carry, dict[str, jax.Array]]:
        """One step: the state and the spikes after it, and the membrane potentials before spikes reset them."""
        carry, (_, voltage) = self.block(network, tuple(network.populations), carry, row[None])
        return carry, {name: v[0] for name, v in voltage.items()}

    def block(self, network: SpikingNetwork, record: tuple[str, ...], carry: Carry, rows: jax.Array) -> tuple:
        """Some steps, one layer after the other: what follows, and the spikes and membrane potentials at each step."""
        states, _, way = carry
        deliver = {name: delivery(connection, self.dt) for name, connection in network.connections.items()}
        trains, voltage = {INPUT: rows}, {}
        for group in loops(network):
            arriving, within = {}, []
            for name, connection in network.connections.items():
                if connection.post not in group:
                    continue
                if connection.pre in group:
                    within.append(name)
                    continue
                underway = onto(way[name], sent(connection, trains[connection.pre]))
                way = way | {name: underway[len(rows) :]}
                x = checkpoint_name(deliver[name](underway, len(rows)), ARRIVALS)
                arriving[connection.post] = arriving[connection.post] + x if connection.post in arriving else x

            if self.parallel and group[0] in arriving and not within and not resets(network.populations[group[0]]):
                (name,) = group
                states, fired, v = self._at_once(network.populations[name], name, states, arriving[name])
                trains, voltage = trains | fired, voltage | ({name: v} if name in record else {})
                continue

            def step(carry: tuple, arriving: dict, group=group, within=within) -> tuple:
                return self._step(network, group, {n: deliver[n] for n in within}, record, carry, arriving)

            step = jax.checkpoint(step, prevent_cse=False, policy=KEPT)
            inner = {name: states[name] for name in group}, {name: way[name] for name in within}
            (new, underway), (fired, v) = jax.lax.scan(step, inner, arriving, length=len(rows))
            states, way, trains, voltage = states | new, way | underway, trains | fired, voltage | v
        del trains[INPUT]
        return (states, {name: train[-1] for name, train in trains.items()}, way), (trains, voltage)

    def _at_once(self, population: Neuron, name: str, states: dict, x: jax.Array) -> tuple:
        """All steps of a population that nothing resets."""
        series = states_over_time(population, states[name], x, self.dt)
        fired = {name: spike(population.excess(series), self.surrogate)} if population.spikes else {}
        return states | {name: jax.tree.map(lambda s: s[-1], series)}, fired, series.v

    def _step(
        self, network: SpikingNetwork, group: tuple, deliver: dict, record: tuple, carry: tuple, arriving: dict
    ) -> tuple:
        """One step of populations that drive one another."""
        states, way = carry
        fired, voltage, new = {}, {}, {}
        for name in group:
            population = network.populations[name]
            state = advance(population, states[name], self.dt)
            if name in arriving:
                state = population.receive(state, arriving[name])
            v = state.v
            state = jax.tree.map(lambda x, v=v: checkpoint_name(x, POTENTIAL) if x is v else x, state)
            voltage[name] = state.v
            if population.spikes:
                fired[name] = spike(population.excess(state), self.surrogate)
                state = after(population, state, fired[name])
            new[name] = state
        for name, bring in deliver.items():
            connection = network.connections[name]
            underway = onto(way[name], sent(connection, fired[connection.pre][None]))
            way = way | {name: underway[1:]}
            post = network.populations[connection.post]
            new[connection.post] = post.receive(new[connection.post], bring(underway, 1)[0])
        return (new, way), (fired, {name: voltage[name] for name in group if name in record})

    def solve(self, network: SpikingNetwork, inputs: Inputs, duration: float, record: tuple[str, ...]) -> Response:
        rows = self.rows(inputs, duration)
        steps = rows.shape[0]
        length = divisor(
            steps,
            {None: steps if self.parallel else BLOCK, "sqrt": math.ceil(steps**0.5)}.get(
                self.checkpoint, self.checkpoint
            ),
        )

        def block(carry: Carry, rows: jax.Array) -> tuple:
            return self.block(network, record, carry, rows)

        block = jax.checkpoint(block, prevent_cse=False, policy=None if self.checkpoint else KEPT)
        rows = jnp.pad(rows, [(0, -steps % length), *[(0, 0)] * (rows.ndim - 1)])
        rows = rows.reshape(-1, length, *rows.shape[1:])
        (states, _, _), series = jax.lax.scan(block, self.start(network, rows.shape[2:-1]), rows)
        trains, voltage = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:steps], series)
        t = (jnp.arange(steps) + 1) * self.dt
        finite = jnp.stack([jnp.isfinite(state.v).all() for state in states.values()]).all()
        return Response({}, trains, voltage, t, jnp.asarray(False), finite)


def divisor(steps: int, most: int) -> int:
    """A length of blocks, not much shorter than the most, that leaves the last one full if any does."""
    full = (length for length in range(min(most, steps), most // 2, -1) if steps % length == 0)
    return next(full, math.ceil(steps / math.ceil(steps / most)))


def onto(way: jax.Array, sent: jax.Array) -> jax.Array:
    """What is on its way, and what was sent now."""
    return jnp.concatenate([way, sent]) if way.shape[0] else sent


def after(population: Any, state: State, fired: jax.Array) -> State:
    """The state after spikes where `fired` is 1; its surrogate derivative passes through the reset."""
    return jax.tree.map(lambda x, y: x if y is x else x + fired * (y - x), state, population.fire(state))
