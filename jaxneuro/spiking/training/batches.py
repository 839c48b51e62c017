"""Many samples at once: what a batch costs, how many answers are right, and what went wrong."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...biophysics.network import SpikeTrains
from ...pytree import Pytree
from ..network import SpikingNetwork
from ..run import Engine, Response, run
from .decoders import spike_counts
from .losses import Scoring


class Scores(Pytree):
    """How a network did on some samples.

    Attributes:
        loss: Mean loss of the samples without overflow; NaN if there are none.
        accuracy: Share of right answers, overflow counting as wrong; NaN for a loss without `scores`.
        spikes: Mean number of spikes a sample.
        overflow: Share of samples whose response was cut for want of room.
    """

    loss: Any
    accuracy: Any
    spikes: Any
    overflow: Any


def evaluate(
    network: SpikingNetwork,
    data: tuple[Any, ...],
    loss: Any,
    *,
    engine: Engine,
    duration: float,
    batch: int = 200,
    record: tuple[str, ...] | None = None,
) -> Scores:
    """How a network does on samples.

    Args:
        network: The network.
        data: Inputs with a leading axis of samples, as `run` takes them, targets (sample, ...), and, where samples are of
            different length, where each ends (sample,) [ms].
        loss: Loss of one sample, such as `CrossEntropy(FirstSpike(...))`.
        engine: How it is run.
        duration: Length of a run [ms].
        batch: Samples at once.
        record: Populations whose potential the loss reads; by default the readout if it never spikes.

    Returns:
        Scores, numbers on the host.

    Raises:
        ValueError, KeyError: with the value, the rule and the fix.
    """
    check_data(network, data, loss, duration)
    record = recorded(network, record)
    return jax.tree.map(float, _evaluate(network, data, loss, engine, duration, record, min(batch, len(data[1]))))


@partial(jax.jit, static_argnums=(4, 5, 6))
def _evaluate(
    network: SpikingNetwork, data: tuple, loss: Any, engine: Any, duration: float, record: tuple[str, ...], batch: int
) -> Scores:
    def one(sample: tuple) -> tuple:
        response = run(network, sample[0], duration=duration, engine=engine, record=record, end=end_of(sample))
        return loss(response, sample[1]), right(response, sample[1], loss), spikes(response), response.overflow

    return summary(*jax.lax.map(one, data, batch_size=batch))


def end_of(sample: tuple) -> Any:
    """Where a sample ends, if it is said."""
    return sample[2] if len(sample) > 2 else None


def summary(losses: jax.Array, right: jax.Array, spikes: jax.Array, overflow: jax.Array) -> Scores:
    """Scores from values of samples (sample,)."""
    kept = jnp.maximum(jnp.sum(~overflow), 1)
    loss = jnp.where(jnp.all(overflow), jnp.nan, jnp.sum(jnp.where(overflow, 0.0, losses)) / kept)
    return Scores(loss, jnp.mean(jnp.where(overflow, 0.0, right)), jnp.mean(spikes), jnp.mean(overflow))


def right(response: Response, target: jax.Array, loss: Any) -> jax.Array:
    """1 if the largest score is the target's, else 0; NaN for a loss without scores."""
    if not isinstance(loss, Scoring):
        return jnp.asarray(jnp.nan)
    return (jnp.argmax(loss.scores(response)) == target).astype(float)


def spikes(response: Response) -> jax.Array:
    """Number of spikes of all populations."""
    names = tuple(response.trains or response.spikes)
    return sum((jnp.sum(spike_counts(response, name)) for name in names), jnp.zeros(()))


def recorded(network: SpikingNetwork, record: tuple[str, ...] | None) -> tuple[str, ...]:
    """The populations to record: those asked for, or the readout if it never spikes."""
    if record is not None:
        return tuple(record)
    network.check()
    return () if network.populations[network.readout].spikes else (network.readout,)


def check_data(network: SpikingNetwork, data: tuple[Any, ...], loss: Any, duration: float, name: str = "data") -> None:
    """Refuse samples that the network cannot have.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    network.check()
    if len(data) not in (2, 3):
        raise ValueError(f"{name} is a tuple of {len(data)}: give (inputs, targets), or (inputs, targets, ends).")
    inputs, targets = data[:2]
    array = inputs.times if isinstance(inputs, SpikeTrains) else inputs
    shape, channels = jnp.shape(array), -2 if isinstance(inputs, SpikeTrains) else -1
    axes = "(sample, channel, spike)" if isinstance(inputs, SpikeTrains) else "(sample, time, channel)"
    if len(shape) != 3 or 0 in shape or shape[channels] != network.inputs:
        raise ValueError(f"{name}: inputs have shape {shape}; give {axes} with {network.inputs} channels.")
    _check_inputs(array, isinstance(inputs, SpikeTrains), name)
    if not isinstance(targets, jax.Array | np.ndarray):
        raise ValueError(f"{name}: targets are a {type(targets).__name__}: give an array (sample, ...).")
    if jnp.shape(targets)[:1] != shape[:1]:
        raise ValueError(
            f"{name}: {shape[0]} inputs and targets of shape {jnp.shape(targets)}: give one target for each sample."
        )
    if len(data) > 2:
        _check_ends(np.asarray(data[2], float), shape[0], duration, name)
    if isinstance(loss, Scoring):
        _check_classes(network, targets, name)


def _check_inputs(array: Any, trains: bool, name: str) -> None:
    """What `run` refuses of one sample, of all."""
    if isinstance(array, Tracer):
        return
    values = np.asarray(array)
    if trains:
        wrong = np.isnan(values) | (values < 0)
        wrong[..., 1:] |= values[..., 1:] < values[..., :-1]
        rule = "give times from 0 on that increase, padded with infinity"
    else:
        values = values if values.dtype.kind != "V" else values.astype(np.float32)  # bfloat16
        wrong, rule = ~np.isfinite(values), "give finite numbers"
    if wrong.any():
        raise ValueError(f"{name}: inputs of sample {np.argwhere(wrong)[0, 0]} are none that can be run: {rule}.")


def _check_ends(ends: np.ndarray, samples: int, duration: float, name: str) -> None:
    if ends.shape != (samples,):
        raise ValueError(f"{name}: ends have shape {ends.shape}: give one for each of {samples} samples [ms].")
    if not np.all((ends >= 0) & (ends <= duration * (1 + 1e-6))):
        worst = ends[np.argmax(np.where(np.isfinite(ends), np.abs(ends - 0.5 * duration), np.inf))]
        raise ValueError(
            f"{name}: a sample ends at {worst:g} ms, the run is of {duration:g} ms: give a longer duration, or cut."
        )


def _check_classes(network: SpikingNetwork, targets: Any, name: str) -> None:
    classes = network.size(network.readout)
    if jnp.ndim(targets) != 1 or not jnp.issubdtype(jnp.asarray(targets).dtype, jnp.integer):
        raise ValueError(
            f"{name}: targets are {jnp.asarray(targets).dtype} of shape {jnp.shape(targets)}; classes are integers (sample,)."
        )
    low, high = int(jnp.min(targets)), int(jnp.max(targets))
    if low < 0 or high >= classes:
        raise ValueError(
            f"{name}: classes reach from {low} to {high}, but the readout {network.readout!r} has {classes} neurons: "
            f"number them from 0 to {classes - 1}, or enlarge the readout."
        )
