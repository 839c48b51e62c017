"""The front door of spiking networks: a specification and its inputs in, spikes out, by any engine."""

import warnings
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..biophysics.network import SpikeTrains
from ..pytree import Pytree, static
from .grid import grid_times
from .inputs import Inputs
from .network import SpikingNetwork


class Response(Pytree):
    """What a network did.

    Attributes:
        times: Spike times of each population as `Events` and `Conductance` give them, for `spikes`.
        trains: Spikes of each population on the grid (time, neuron), 0 or 1, with surrogate derivatives; of `FixedStep` only.
        voltage: Membrane potential of the populations in `record` (time, neuron).
        t: The times of `trains` and `voltage` (time,) [ms].
        overflow: True if more spikes came than there was room for; the response means nothing then.
        ok: False if there was overflow, or a number was not finite.
        readout: Name of the population that decoders and losses read; `run` fills it in.
        final: State of each population at the end, by name; of `Events` only.
        end: Where the sample ended, beyond which decoders read nothing, if it is shorter than the run [ms].
    """

    times: dict[str, jax.Array]
    trains: dict[str, jax.Array]
    voltage: dict[str, jax.Array]
    t: jax.Array
    overflow: jax.Array
    ok: jax.Array
    readout: str = static(default="")
    final: Any = None
    end: Any = None

    @property
    def spikes(self) -> dict[str, jax.Array]:
        """Spike times of each population, increasing, padded with infinity (neuron, spike) [ms].

        Exact and differentiable by `Events` and `Conductance`, on the grid by `FixedStep`.
        """
        return self.times or {name: grid_times(train, self.t) for name, train in self.trains.items()}


class Engine(Protocol):
    """A way to run a network: a frozen pytree, static where it shapes the computation."""

    def solve(self, network: SpikingNetwork, inputs: Inputs, duration: float, record: tuple[str, ...]) -> Response:
        """Run a checked network."""
        ...

    def check(self, network: SpikingNetwork, inputs: Inputs, duration: float) -> None:
        """Refuse what this engine cannot run."""
        ...


def run(
    network: SpikingNetwork,
    inputs: Inputs,
    *,
    duration: float,
    engine: Engine,
    record: tuple[str, ...] = (),
    end: Any = None,
) -> Response:
    """Run a spiking network.

    Args:
        network: The specification.
        inputs: `SpikeTrains`, one for each input channel; or, to `FixedStep` only, numbers on its grid (time, channel), between
            which may be batch axes.
        duration: Length of the run [ms].
        engine: `Events`, `FixedStep` or `Conductance`.
        record: Populations whose membrane potential is wanted. By `FixedStep` it is that at the end of each step before a spike
            resets it, by `Events` that at regular times, after the spikes until then.
        end: Where the sample ends, if that is before `duration`: decoders read nothing after it [ms]. It may be traced.

    Returns:
        The response of one network to one input: `jax.vmap` over inputs or networks for many.

    Raises:
        ValueError: with the value, the rule and the fix.
        KeyError: for a name that does not exist.
    """
    check(network, inputs, duration, engine)
    for name in record:
        if name not in network.populations:
            raise KeyError(f"record = {name!r}: the populations are {', '.join(network.populations)}.")
    response = _solve(network, _with_room(inputs), engine, duration, tuple(record))
    if not isinstance(response.overflow, Tracer) and np.any(response.overflow):
        warnings.warn(
            "a neuron needed more room for spikes than the engine gives, so the response means nothing and its ok is "
            f"False: give {type(engine).__name__}(max_spikes=...) more.",
            RuntimeWarning,
            stacklevel=2,
        )
    return response if end is None else response.replace(end=end)


def _with_room(inputs: Inputs) -> Any:
    """Trains that are all silent have room for a spike that never comes: engines index the next one."""
    if not isinstance(inputs, SpikeTrains) or jnp.shape(inputs.times)[-1]:
        return inputs
    return SpikeTrains(jnp.full((*jnp.shape(inputs.times)[:-1], 1), jnp.inf))


def check(network: SpikingNetwork, inputs: Inputs, duration: float, engine: Engine) -> None:
    """Refuse what cannot be run, before anything is computed.

    Raises:
        ValueError: with the value, the rule and the fix.
        KeyError: for a name that does not exist.
    """
    network.check()
    if isinstance(inputs, SpikeTrains):
        inputs.check("input")
    channels = inputs.size if isinstance(inputs, SpikeTrains) else jnp.shape(inputs)[-1]
    if channels != network.inputs:
        raise ValueError(
            f"the input has {channels} channels, the network {network.inputs}: give one train for each channel."
        )
    engine.check(network, inputs, duration)


@partial(jax.jit, static_argnames=("duration", "record"))
def _solve(
    network: SpikingNetwork, inputs: Inputs, engine: Engine, duration: float, record: tuple[str, ...]
) -> Response:
    return engine.solve(network, inputs, duration, record).replace(readout=network.readout)
