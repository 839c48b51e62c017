"""Networks that change while they run."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar
from ...pytree import find
from ..engines.steps import FixedStep
from ..inputs import Inputs
from ..network import INPUT, SpikingNetwork
from ..run import check
from .learning import one_sample


class Plasticity(Protocol):
    """A rule that changes a parameter with the spikes: `STDP`, `RewardSTDP`, `SynapticScaling`, `IntrinsicThreshold`."""

    def start(self, pre: int, post: int) -> Any:
        """What is remembered at the start."""
        ...

    def update(self, state: Any, pre: Any, post: Any, value: Any, dt: Scalar, reward: Any = None) -> tuple[Any, Any]:
        """What is remembered, and the parameter, a time dt later with the spikes at its end."""
        ...


def adapt(
    network: SpikingNetwork,
    inputs: Inputs,
    rules: Mapping[str, Plasticity],
    *,
    duration: float,
    engine: FixedStep,
    reward: Any = 0.0,
) -> tuple[SpikingNetwork, dict[str, jax.Array]]:
    """Run a network whose parameters change as it runs, each by its rule.

    A synapse sees a presynaptic spike when it is fired, whatever the delay. Memory does not grow with the duration, but for the
    spikes that are returned: one byte for each neuron and step.

    Args:
        network: The specification at the start.
        inputs: As `run` takes them.
        rules: Rule by the path of the parameter, such as `connections.hidden.weight` or `populations.hidden.threshold`, or by a
            pattern of paths.
        duration: Length of the run [ms].
        engine: The steps.
        reward: Third factor for rules that have one: one number, or one for each step (time,).

    Returns:
        The network at the end, and the spikes of each population (time, neuron).

    Raises:
        ValueError: for a path that no rule can change.
        KeyError: for a path that does not exist; the message lists those that do.
    """
    check(network, inputs, duration, engine)
    one_sample(inputs)
    rules = {path: rule for pattern, rule in rules.items() for path in network.free(pattern)}
    for path in rules:
        network = network.set(path, jnp.broadcast_to(network.get(path), _shape(network, path)))
    return _adapt(network, inputs, rules, engine, jnp.asarray(reward, float), duration)


def _ends(network: SpikingNetwork, path: str) -> tuple[str, str]:
    """The populations whose spikes change a parameter."""
    kind, name, *_ = find(network, path).keys
    if kind == "populations":
        return name, name
    return network.connections[name].pre, network.connections[name].post


def _shape(network: SpikingNetwork, path: str) -> tuple[int, ...]:
    pre, post = _ends(network, path)
    for name in (pre, post):
        if name != INPUT and not network.populations[name].spikes:
            raise ValueError(f"no rule can change {path!r}: {name!r} never spikes.")
    kind, name, *_ = find(network, path).keys
    if kind == "populations":
        return (network.size(post),)
    if network.connections[name].layout is not None:
        raise ValueError(f"no rule can change {path!r}, the kernel of a convolution: give network.dense().")
    return network.size(pre), network.size(post)


@partial(jax.jit, static_argnames="duration")
def _adapt(
    network: SpikingNetwork, inputs: Inputs, rules: dict, engine: FixedStep, reward: jax.Array, duration: float
) -> tuple:
    def step(carry: tuple, given: tuple) -> tuple:
        (row, reward), (moving, values, states) = given, carry
        now = network
        for path, value in values.items():
            now = now.set(path, value)
        moving, _ = engine.step(now, moving, row)
        spikes = {INPUT: row, **moving[1]}
        for path, rule in rules.items():
            pre, post = _ends(network, path)
            state, value = rule.update(states[path], spikes[pre], spikes[post], values[path], engine.dt, reward)
            states, values = states | {path: state}, values | {path: value}
        return (moving, values, states), {name: fired > 0 for name, fired in moving[1].items()}

    values = {path: network.get(path) for path in rules}
    states = {path: rule.start(*map(network.size, _ends(network, path))) for path, rule in rules.items()}
    rows = engine.rows(inputs, duration)
    first = (engine.start(network), values, states)
    (_, values, _), trains = jax.lax.scan(step, first, (rows, jnp.broadcast_to(reward, rows.shape[:1])))
    for path, value in values.items():
        network = network.set(path, value)
    return network, trains
