"""Learning online from what each synapse knows: e-prop, and three-factor rules as its special cases."""

from typing import Any

import jax
import jax.numpy as jnp

from ...pytree import Pytree
from ..engines.steps import FixedStep, depth
from ..inputs import Inputs
from ..loops import loops
from ..network import INPUT, SpikingNetwork
from ..neurons.base import LeakyIntegrator, State
from . import eligibility
from .eligibility import Eligibility, arrived
from .feedback import symmetric_feedback
from .learning import Loss, samples, steps_per_sample


class EProp(Pytree):
    """Eligibility × learning signal: a synapse multiplies how it has moved its neuron's spikes with what the loss makes of these.

    dE/dw = sum over t of L(t) F(t): the learning signal of a neuron L = sum over k of feedback_k dE/dy_k, and F the derivative of
    the neuron's spikes by the weight (presynaptic trace × surrogate), filtered as the readout filters spikes. What is left out is
    the way through other neurons. Memory is a few numbers for each synapse, whatever the duration.

    A three-factor rule is this with feedback of ones (`one_feedback`): the third factor is the same for all. With the readout's
    weights the identity and its target a filtered spike train it is SuperSpike.

    Attributes:
        engine: The steps, and the surrogate.
        feedback: From the readout's units to the neurons of each population (neuron, unit): `random_feedback`, `one_feedback`; by
            default the weights to the readout (symmetric), so that populations without any do not learn.

    Source: Bellec et al. (2020), Nat. Commun. 11:3625, eq. 1; Zenke & Ganguli (2018), Neural Comput. 30:1514.
    """

    engine: FixedStep = FixedStep()
    feedback: dict[str, Any] | None = None

    def value_and_gradient(
        self, network: SpikingNetwork, inputs: Inputs, targets: Any, loss: Loss, duration: float
    ) -> tuple[jax.Array, SpikingNetwork]:
        self._check_readout(network)
        local = {name: each(population) for name, population in network.populations.items()}
        feedback = symmetric_feedback(network) if self.feedback is None else self.feedback

        def step(carry: tuple, row: jax.Array) -> tuple:
            return self._step(network, local, carry, row), None

        def sample(carry: tuple, given: tuple) -> tuple:
            rows, target = given
            moving, _ = jax.lax.scan(step, carry[0], rows)
            states, _, traces, filtered = moving
            value, error = jax.value_and_grad(loss)(states[network.readout].v, target)
            slopes = {name: times(filtered[name], feedback[name] @ error) for name in filtered}
            slopes[network.readout] = times(traces[network.readout], error)
            return (moving, carry[1] + value, jax.tree.map(jnp.add, carry[2], slopes)), None

        first = self._start(network, local, tuple(name for name in feedback if local[name].spikes))
        learning = {**first[3], network.readout: first[2][network.readout]}
        zero = {name: times(trace, 0.0) for name, trace in learning.items()}
        every = steps_per_sample(self.engine, duration, targets)
        rows = self.engine.rows(inputs, duration).reshape(samples(targets), every, -1)
        (_, value, total), _ = jax.lax.scan(sample, (first, jnp.zeros(()), zero), (rows, targets))
        return value / samples(targets), as_network(network, jax.tree.map(lambda x: x / samples(targets), total))

    def _check_readout(self, network: SpikingNetwork) -> None:
        readout = network.populations[network.readout]
        if not isinstance(readout, LeakyIntegrator) or any(
            map(jnp.ndim, jax.tree.leaves((readout.tau, readout.tau_syn)))
        ):
            raise ValueError(
                f"e-prop filters with the readout's kernel, and {network.readout!r} has none for all of its units: give a "
                "LeakyIntegrator whose time constants are single numbers."
            )
        for name, connection in network.connections.items():
            if connection.layout is not None:
                raise ValueError(
                    f"connection {name!r} is a convolution, and e-prop keeps a trace for each synapse: give network.dense()."
                )
        for name, connection in network.into(network.readout).items():
            if connection.max_delay:
                raise ValueError(
                    f"connection {name!r}: e-prop takes no delay to the readout, nor room for one (max_delay = "
                    f"{connection.max_delay} ms): give connection.replace(delay=0.0, max_delay=0.0)."
                )

    def _start(self, network: SpikingNetwork, local: dict, learning: tuple[str, ...]) -> tuple:
        """States, spikes on their way, traces of states, and traces of spikes filtered by the readout."""
        pre = {name: {c: network.size(x.pre) for c, x in network.into(name).items()} for name in local}
        traces = {name: eligibility.start(population, pre[name]) for name, population in local.items()}
        way = {
            name: jnp.zeros((depth(connection, self.engine.dt), network.size(connection.pre)))
            for name, connection in network.connections.items()
        }
        filtered = {name: traces[name].pick(lambda state: still(jax.tree.leaves(state)[0])) for name in learning}
        return self.engine.start(network)[0], way, traces, filtered

    def _step(self, network: SpikingNetwork, local: dict, carry: tuple, row: jax.Array) -> tuple:
        states, way, traces, filtered = (dict(x) for x in carry)
        fired, spikes = {INPUT: row}, {}
        weights = {name: connection.weight for name, connection in network.connections.items()}

        def arriving(post: str, group: tuple, within: bool) -> dict[str, jax.Array]:
            z = {}
            for name, connection in network.into(post).items():
                if (connection.pre in group) == within:
                    underway = jnp.concatenate([way[name], fired[connection.pre][None]])
                    z[name], way[name] = arrived(connection, self.engine.dt, underway), underway[1:]
            return z

        def ask(population: Any, state: Any, x: jax.Array) -> tuple:
            return eligibility.ask(population, state, x, self.engine.dt, self.engine.surrogate)

        for group in loops(network):
            for name in group:  # what comes from outside the loop arrives before they are asked whether they spike
                z = arriving(name, group, within=False)
                made, change = eligibility.advance(traces[name], local[name], states[name], z, weights, ask)
                (states[name], fired[name]), traces[name] = made, change.pick(lambda x: x[0])
                spikes[name] = change.pick(lambda x: x[1])
            for name in group:  # and what they send one another after
                if z := arriving(name, group, within=True):
                    receive = lambda population, state, x: population.receive(state, x)
                    made = eligibility.advance(traces[name], local[name], states[name], z, weights, receive)
                    states[name], traces[name] = made
        kernel = network.populations[network.readout].replace(bias=0.0)
        filtered = {name: self._through(kernel, trace, spikes[name]) for name, trace in filtered.items()}
        return states, way, traces, filtered

    def _through(self, kernel: Any, filtered: Eligibility, spikes: Eligibility) -> Eligibility:
        def move(spike: jax.Array, state: Any) -> Any:  # the readout is linear
            zero = jax.tree.map(jnp.zeros_like, (state, spike))
            step = lambda s, x: kernel.receive(kernel.flow(s, self.engine.dt), x)
            return jax.jvp(step, zero, (state, spike))[1]

        synapse = {name: move(spikes.synapse[name], state) for name, state in filtered.synapse.items()}
        return Eligibility(move(spikes.parameter, filtered.parameter), synapse)


def each(population: Any) -> Any:
    """The population with each parameter one for each neuron."""
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (population.size,)), population)


def still(like: jax.Array) -> State:
    """The traces of a readout that nothing has reached."""
    return State(*[jnp.zeros_like(like)] * 4)


def times(traces: Eligibility, signal: Any) -> Eligibility:
    """The traces of the potential times the signal of each neuron."""
    return traces.pick(lambda state: state.v * signal)


def as_network(network: SpikingNetwork, total: dict[str, Eligibility]) -> SpikingNetwork:
    """The gradient in the shape of the network; zero where a rule has none."""
    gradient = jax.tree.map(jnp.zeros_like, network)
    populations, connections = dict(gradient.populations), dict(gradient.connections)
    for name, slope in total.items():
        leaves, tree = jax.tree.flatten(network.populations[name])
        rows = [row.sum() if jnp.ndim(x) == 0 else row for x, row in zip(leaves, slope.parameter, strict=True)]
        populations[name] = tree.unflatten(rows)
        for c, weight in slope.synapse.items():
            connections[c] = connections[c].replace(weight=weight)
    return gradient.replace(populations=populations, connections=connections)
