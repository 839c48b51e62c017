"""Eligibility traces: how each parameter of a neuron has moved that neuron's own state, carried forward in time.

Neurons work elementwise, so a trace is a state with an axis in front: (parameter, post) and (pre, post).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...pytree import Pytree
from ..engines.steps import after, depth, spike
from ..grid import advance as stepped
from ..network import Connection
from ..neurons.base import Neuron, State


class Eligibility(Pytree):
    """Derivatives of something of a population, such as its state or its spikes, by its own parameters and the weights into it.

    Attributes:
        parameter: By each parameter of the neuron, in the order of the population's leaves (parameter, post).
        synapse: By the weights of each connection into the population (pre, post).
    """

    parameter: Any
    synapse: dict[str, Any]

    def pick(self, choose: Callable) -> "Eligibility":
        """The derivatives of a part."""
        return Eligibility(choose(self.parameter), {name: choose(trace) for name, trace in self.synapse.items()})


def start(population: Neuron, pre: dict[str, int]) -> Eligibility:
    """The traces before the first step, of a population whose parameters are one for each neuron; `pre`: sizes by connection."""
    _, push = jax.linearize(lambda p: p.initial(), population)
    rest = population.initial()
    still = {name: jax.tree.map(lambda x, n=n: jnp.zeros((n, *x.shape), x.dtype), rest) for name, n in pre.items()}
    return Eligibility(jax.vmap(push)(one_each(population)), still)


def one_each(population: Neuron) -> Neuron:
    """Unit changes of each parameter, in turn (parameter, post)."""
    leaves, tree = jax.tree.flatten(population)
    return tree.unflatten(
        [jnp.zeros((len(leaves), population.size), x.dtype).at[k].set(1) for k, x in enumerate(leaves)]
    )


def advance(
    traces: Eligibility, population: Neuron, state: State, arriving: dict[str, jax.Array], weights: dict, move: Callable
) -> tuple[Any, Eligibility]:
    """What becomes of a population, and of its traces.

    Args:
        traces: The traces of its state.
        population: The population, its parameters one for each neuron.
        state: Its state.
        arriving: Spikes that arrive through connections into it (pre, 1) or (pre, post).
        weights: Their weights (pre, post).
        move: (population, state, sum of what arrives) -> anything (post,).

    Returns:
        What `move` gives, and the derivatives of that.
    """
    x = sum((jnp.sum(z * weights[name], 0) for name, z in arriving.items()), jnp.zeros(population.size))
    made, push = jax.linearize(lambda p, s: move(p, s, x), population, state)
    by_parameter = jax.vmap(push)(one_each(population), traces.parameter)
    _, push = jax.linearize(lambda s, x: move(population, s, x), state, x)
    by_synapse = {
        name: jax.vmap(push)(trace, jnp.broadcast_to(arriving.get(name, 0.0), trace.v.shape))
        for name, trace in traces.synapse.items()
    }
    return made, Eligibility(by_parameter, by_synapse)


def ask(population: Neuron, state: State, x: jax.Array, dt: float, surrogate: Any) -> tuple[State, jax.Array]:
    """A population's state and spikes after a step in which x arrives.

    Only adaptation feels the derivative of the neuron's own spike; the reset does not, as in e-prop.
    """
    state = population.receive(stepped(population, state, dt), x)
    if not population.spikes:
        return state, jnp.zeros_like(state.v)
    fired = spike(population.excess(state), surrogate)
    reset = after(population, state, jax.lax.stop_gradient(fired))
    return reset.replace(a=after(population, state, fired).a) if isinstance(reset, State) else reset, fired


def arrived(connection: Connection, dt: float, underway: jax.Array) -> jax.Array:
    """The spikes that arrive now, by synapse (pre, 1) or (pre, post), of those sent until now (depth + 1, pre)."""
    deep = depth(connection, dt)
    if not deep:
        return underway[-1][:, None]
    at = jnp.clip(jnp.atleast_2d(connection.delay), 0.0, connection.max_delay) / dt
    first = jnp.clip(jnp.floor(at), 0, deep - 1).astype(jnp.int32)
    pre = jnp.arange(underway.shape[1])[:, None]
    near, far = underway[deep - first, pre], underway[deep - 1 - first, pre]
    return near + (at - first) * (far - near)
