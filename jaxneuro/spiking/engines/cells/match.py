"""Conductance-based cells matched by gradient to the neurons that they stand for: what one has learned, the other can do."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from ....biophysics.network import SpikeTrains
from ....learn import LevenbergMarquardt, Optimised, box, optimise
from ....pytree import Pytree
from ...network import INPUT, Connection, SpikingNetwork
from ...run import Response, run
from ..events import Events
from .conductance import Conductance
from .counterpart import Counterpart

LEVEL, SLOPE = (
    -30.0,
    8.0,
)  # mV: a rise through this counts as a spike, softly, so that one that nearly was has a derivative
SOFT = 0.3  # spikes: what soft counts differ by although the spikes are as many
MISSED = 3.0  # a spike too many or too few counts as one that comes so many ms too late


class Match(Pytree):
    """How well a cell stands for a neuron.

    Attributes:
        counterpart: The matched counterpart.
        times: Spikes of the cell in each pattern (pattern, spike) [ms].
        wanted: Spikes of the neuron (pattern, spike) [ms].
        reached: Losses and statuses of all starts.
    """

    counterpart: Counterpart
    times: jax.Array
    wanted: jax.Array
    reached: Optimised

    @property
    def right_counts(self) -> float:
        """Share of the patterns with as many spikes."""
        counts = [np.isfinite(np.asarray(x)).sum(1) for x in (self.times, self.wanted)]
        return float(np.mean(counts[0] == counts[1]))

    @property
    def late(self) -> np.ndarray:
        """How much later the cell's first spikes come, of the patterns in which both spike (pattern,) [ms]."""
        first, wanted = np.asarray(self.times)[:, 0], np.asarray(self.wanted)[:, 0]
        both = np.isfinite(first) & np.isfinite(wanted)
        return first[both] - wanted[both]


def match(
    neuron: Any,
    counterpart: Counterpart,
    inputs: SpikeTrains,
    weights: Any,
    *,
    duration: float,
    free: Mapping[str, tuple[float, float]],
    key: jax.Array,
    starts: int = 4,
    steps: int = 30,
    dt: float = 0.05,
    max_spikes: int = 4,
    engine: Any = None,
) -> Match:
    """The parameters of a counterpart that spikes as a neuron does, in response to patterns of spikes.

    By Levenberg–Marquardt from several starts, on the differences of spike times, first with first, and on soft counts. A
    membrane needs time from its threshold to 0 mV: a lag that all spikes share counts for a tenth.

    Args:
        neuron: The neuron, of size 1.
        counterpart: The first start; the others are drawn between the bounds.
        inputs: Patterns of spikes (pattern, channel, spike) [ms].
        weights: Weight of each channel (pattern, channel).
        duration: Length of a pattern [ms].
        free: Bounds by path of the counterpart, such as `gain` or `cell.channels.leak.g_max`; paths joined by `+` share one.
        key: Random key of the starts.
        starts: How many.
        steps: Iterations.
        dt: Step of the cell [ms].
        max_spikes: So many spikes of each pattern are compared.
        engine: What runs the neuron; `Events()` by default.

    Raises:
        ValueError: for patterns in which the neuron never spikes, more than one neuron, shapes that do not fit.
        KeyError: for an unknown path.
    """
    weights = jnp.asarray(weights, float)
    if neuron.size != 1 or jnp.shape(inputs.times)[:-1] != weights.shape:
        raise ValueError(
            f"size = {neuron.size}, inputs {jnp.shape(inputs.times)} and weights {weights.shape}: give one neuron, inputs "
            "(pattern, channel, spike) and weights (pattern, channel)."
        )
    times = jnp.asarray(inputs.times)
    wanted = responses(neuron, times, weights, duration, engine or Events(max_spikes)).spikes["cell"][:, 0, :max_spikes]
    if not bool(jnp.isfinite(wanted).any()):
        raise ValueError("the neuron spikes in none of the patterns: give larger weights, or more spikes.")
    limits = box(counterpart, free)
    theta = limits.theta(limits.current(counterpart))[None]
    theta = jnp.concatenate([theta, limits.draw(key, starts - 1)]) if starts > 1 else theta
    answer: Any = partial(_answers, duration=duration, dt=dt, room=max_spikes)
    given = (neuron, counterpart, limits, times, weights)  # as data: a constant would be folded for seconds
    residuals = Partial(lambda given, wanted, x: _misfit(answer(*given, x), wanted), given, wanted)
    reached = optimise(residuals, theta, optimiser=LevenbergMarquardt(), steps=steps, progress=None)
    best = jnp.asarray(reached.theta)[reached.best]
    return Match(limits.cell(counterpart, best), jax.jit(answer)(*given, best).spikes["cell"][:, 0], wanted, reached)


def responses(
    neuron: Any, times: Any, weights: jax.Array, duration: float, engine: Any, record: tuple = ()
) -> Response:
    """What one neuron does in response to patterns of spikes: a response with a leading axis of patterns."""

    def one(times: jax.Array, weight: jax.Array) -> Response:
        connection = Connection(INPUT, "cell", weight[:, None])
        network = SpikingNetwork(weight.shape[0], {"cell": neuron}, {"cell": connection}, "cell")
        return run(network, SpikeTrains(times), duration=duration, engine=engine, record=record)

    return jax.vmap(one)(jnp.asarray(times), weights)


def _answers(
    neuron: Any,
    start: Counterpart,
    limits: Any,
    times: Any,
    weights: Any,
    theta: Any,
    *,
    duration: float,
    dt: float,
    room: int,
) -> Response:
    return responses(neuron, times, weights, duration, Conductance(limits.cell(start, theta), dt, room), ("cell",))


def _misfit(answer: Response, wanted: jax.Array) -> jax.Array:
    """Differences of spike times, where both have a spike, and of soft counts [ms]."""
    times = answer.spikes["cell"][:, 0]
    both = jnp.isfinite(times) & jnp.isfinite(wanted)
    late = jnp.where(both, times, 0.0) - jnp.where(both, wanted, 0.0)
    lag = 0.9 * jnp.sum(late) / jnp.maximum(jnp.sum(both), 1)
    # an n-th spike that is compared with a stranger says no more than a missed one
    late = jnp.where(both, MISSED * jnp.tanh((late - lag) / MISSED), 0.0)
    high = jax.nn.sigmoid((answer.voltage["cell"][:, :, 0] - LEVEL) / SLOPE)
    count = jnp.sum(jnp.maximum(jnp.diff(high, axis=1), 0.0), axis=1)
    surplus = count - jnp.isfinite(wanted).sum(1)
    wrong = surplus - jnp.clip(surplus, -SOFT, SOFT)
    return jnp.concatenate([late.ravel(), MISSED * wrong])
