"""What goes round a loop of populations: on a grid a spike of NIR is the current of the step that follows it.

`FixedStep` brings it to neurons of its own loop as a jump, after these were asked whether they spike. Of such a jump an LIF
forgets exp(-dt / tau) until it is asked again, where NIR's current has moved it by the whole: the jump is larger by as much. The
current of a synapse jumps at the end of that step: the delay is longer by dt.
"""

import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ..loops import loops
from ..network import Connection, SpikingNetwork


def within_loops(network: SpikingNetwork) -> dict[str, Connection]:
    """The connections between populations that drive one another."""
    group = {name: number for number, names in enumerate(loops(network)) for name in names}
    return {name: c for name, c in network.connections.items() if group.get(c.pre) == group[c.post]}


def as_on_a_grid(network: SpikingNetwork, dt: float) -> SpikingNetwork:
    """A network whose loops have the weights and delays of NIR, with those that give the same at a fixed step.

    Raises:
        ValueError: for a neuron in a loop that forgets within a step whatever comes.
    """
    changed = {name: _moved(network, name, c, dt) for name, c in within_loops(network).items()}
    return network.replace(connections=network.connections | changed)


def as_in_nir(network: SpikingNetwork, dt: float) -> tuple[SpikingNetwork, list[str]]:
    """The inverse, and a sentence for what is sooner than a spike of NIR can be."""
    found = within_loops(network)
    losses = [
        f"connection {name!r}: within a loop NIR's spikes are at least a step late, so that its delays become {dt:g} ms or more."
        for name, c in found.items()
        if _has_synapse(network, c) and np.min(np.asarray(c.delay)) < dt * (1 - 1e-6)
    ]
    changed = {name: _moved(network, name, c, -dt) for name, c in found.items()}
    return network.replace(connections=network.connections | changed), losses


def _has_synapse(network: SpikingNetwork, connection: Connection) -> bool:
    return network.populations[connection.post].tau_syn is not None


def _moved(network: SpikingNetwork, name: str, connection: Connection, dt: float) -> Connection:
    if _has_synapse(network, connection):
        delay = jnp.maximum(jnp.asarray(connection.delay, float) + dt, 0.0)
        return _remade(connection, float(delay) if delay.ndim == 0 else delay)
    tau = network.populations[connection.post].tau
    gain = np.broadcast_to(np.exp(dt / np.asarray(np.inf if tau is None else tau)), connection.sizes[1:])
    if not np.all(np.isfinite(gain)):
        raise ValueError(
            f"NIR: {connection.post!r} is in a loop, and forgets within a step what {name!r} brings: put a membrane with a "
            "longer time constant before its threshold."
        )
    even = connection.layout is None or np.all(gain == gain[0])
    wide = connection if even else connection.dense()
    return wide.replace(weight=wide.weight * (gain[0] if wide.layout is not None else gain))


def _remade(connection: Connection, delay: Values) -> Connection:
    """The connection with another delay, and the room that it takes."""
    return Connection(connection.pre, connection.post, connection.weight, delay, layout=connection.layout)
