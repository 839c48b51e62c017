"""The specification that every engine runs: populations and connections, one pytree of parameters."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..arithmetic import Values
from ..pytree import Editable, Pytree, parameter, static
from ..summary import Summarised
from .convolution import Convolution, matrix
from .neurons.base import Neuron

INPUT = "input"  # the name of the channels that inputs come through
MOST = 2**24  # weights that a convolution may become, written out: 128 MB of float64


class Connection(Pytree):
    """Synapses from every neuron of one population to every neuron of another, or by a convolution from maps to maps.

    Attributes:
        pre: Name of the presynaptic population, or "input".
        post: Name of the postsynaptic population; the same for recurrence.
        weight: What a spike adds to the postsynaptic current or potential (pre, post); the kernel, if there is a `layout`.
        delay: From a spike to its effect, not negative: one number, (pre, 1), (1, post) or (pre, post) [ms].
        max_delay: The longest delay that a fixed step has room for [ms]; by default the longest of `delay`.
        layout: How the weight is laid over the presynaptic neurons, if they share it. `FixedStep` convolves; the other engines
            write out all pairs of neurons.
    """

    pre: str = static()
    post: str = static()
    weight: Any
    delay: Values = parameter(default=0.0, unit="ms", least=0.0, room="max_delay")
    max_delay: float | None = static(default=None)
    layout: Convolution | None = static(default=None)

    def __post_init__(self) -> None:
        if (
            self.max_delay is None
            and not isinstance(self.delay, Tracer)
            and isinstance(self.delay, (int, float, np.ndarray, jax.Array))
        ):
            object.__setattr__(self, "max_delay", float(np.max(np.asarray(self.delay), initial=0.0)))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of presynaptic and of postsynaptic neurons."""
        return jnp.shape(self.weight) if self.layout is None else self.layout.sizes(self.weight)

    def through(self, x: jax.Array) -> jax.Array:
        """What spikes (..., pre) add to the postsynaptic neurons (..., post)."""
        return x @ self.weight if self.layout is None else self.layout(self.weight, x)

    def dense(self) -> "Connection":
        """The same connection with a weight for each pair of neurons."""
        return self if self.layout is None else self.replace(weight=matrix(self.layout, self.weight), layout=None)


class SpikingNetwork(Summarised, Editable):
    """Populations and the connections between them. Every number is a parameter: differentiate, vmap or train any of them.

    Attributes:
        inputs: Number of input channels.
        populations: `Neuron` by name.
        connections: `Connection` by name.
        readout: Name of the population that decoders and losses read.
    """

    inputs: int = static()
    populations: dict[str, Neuron]
    connections: dict[str, Connection]
    readout: str = static()

    def into(self, post: str) -> dict[str, Connection]:
        """The connections that end on a population."""
        return {name: connection for name, connection in self.connections.items() if connection.post == post}

    def size(self, name: str) -> int:
        """Number of neurons of a population, or of input channels."""
        return self.inputs if name == INPUT else self.populations[name].size

    def dense(self) -> "SpikingNetwork":
        """The same network with a weight for each pair of neurons in place of its convolutions.

        Raises:
            ValueError: where that would be too many.
        """
        for name, connection in self.connections.items():
            if connection.layout is not None and np.prod(connection.sizes) > MOST:
                raise ValueError(
                    f"connection {name!r}: written out, the convolution has {int(np.prod(connection.sizes))} weights, more "
                    f"than {MOST}: run it by FixedStep, which convolves."
                )
        return self.replace(connections={name: connection.dense() for name, connection in self.connections.items()})

    def check(self) -> None:
        """Refuse what cannot be, before anything is computed.

        Raises:
            ValueError: with the value, the rule and the fix.
            KeyError: for a name that does not exist.
        """
        if INPUT in self.populations:
            raise ValueError(f"a population is named {INPUT!r}, which are the input channels: give it another name.")
        for name in (
            self.readout,
            *(end for c in self.connections.values() for end in (c.pre, c.post) if end != INPUT),
        ):
            if name not in self.populations:
                raise KeyError(f"no population {name!r}; there are {', '.join(self.populations)}.")
        for name, population in self.populations.items():
            population.check(name)
        for name, connection in self.connections.items():
            self._check_connection(name, connection)

    def _check_connection(self, name: str, connection: Connection) -> None:
        if connection.post == INPUT:
            raise ValueError(f"connection {name!r} ends on the inputs: only populations receive spikes.")
        if connection.pre != INPUT and not self.populations[connection.pre].spikes:
            raise ValueError(
                f"connection {name!r} comes from {connection.pre!r}, which never spikes: take one that does."
            )
        shape = (self.size(connection.pre), self.size(connection.post))
        if connection.sizes != shape:
            what = "weight has shape" if connection.layout is None else "its convolution is from and to"
            raise ValueError(
                f"connection {name!r}: {what} {connection.sizes}, but {connection.pre!r} has "
                f"{shape[0]} and {connection.post!r} has {shape[1]} neurons: give {shape}."
            )
        if connection.layout is not None and jnp.shape(connection.delay) == shape != (1, 1) and 1 not in shape:
            raise ValueError(
                f"connection {name!r}: delays of single synapses in a convolution: give one number, ({shape[0]}, 1) or "
                f"(1, {shape[1]})."
            )
        if jnp.shape(connection.delay) not in ((), (shape[0], 1), (1, shape[1]), shape):
            raise ValueError(
                f"connection {name!r}: delay has shape {jnp.shape(connection.delay)}: give one number, ({shape[0]}, 1), "
                f"(1, {shape[1]}) or {shape}."
            )
        if not isinstance(connection.delay, Tracer) and np.any(np.asarray(connection.delay) < 0):
            raise ValueError(
                f"connection {name!r}: delay = {np.min(connection.delay)} ms: give 0 or a positive number."
            )
