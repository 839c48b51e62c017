"""Spikes at given times, as a population that drives others."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from ...arithmetic import Values
from ...checks import Rule, increasing
from ...pytree import Pytree, computed, parameter


class SpikeTrains(Pytree):
    """Sources that spike at given times: in a network they stand where a population of cells does.

    Attributes:
        times: Spike times of each source, increasing, padded with infinity (source, spike) [ms].
        events: No parameter: all spikes in the order of time, as times (event,) [ms] and sources (event,), when `prepared`.
        order: No parameter: where each of these is in `times`, source after source (event,).
    """

    times: Any = parameter(unit="ms", least=0.0, finite=False)
    events: tuple | None = computed(default=None)
    order: Any = computed(default=None)
    max_spikes = None

    def rules(self) -> list[Rule]:
        """What must hold of the times."""
        return [Rule(increasing(self.times, strictly=False), "give spike times that increase, padded with infinity.")]

    @property
    def size(self) -> int:
        """Number of sources."""
        return jnp.shape(self.times)[-2]

    def prepared(self) -> "SpikeTrains":
        """The trains with all spikes in one sequence."""
        flat = jnp.ravel(jnp.asarray(self.times))
        order = jnp.argsort(flat)
        return self.replace(
            events=(flat[order], (order // jnp.shape(self.times)[-1]).astype(jnp.int32)), order=order.astype(jnp.int32)
        )

    def check(self, name: str) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: with the value, the rule and the fix.
        """
        if jnp.ndim(self.times) != 2:
            raise ValueError(
                f"spike trains {name!r}: times have shape {jnp.shape(self.times)}; give (source, spike), shorter trains "
                "padded with infinity."
            )
        if isinstance(self.times, Tracer):
            return
        times = np.asarray(self.times)
        with np.errstate(invalid="ignore"):
            wrong = np.isnan(times).any() or (times < 0).any() or (np.diff(times, axis=1) < 0).any()
        if wrong:
            raise ValueError(f"spike trains {name!r}: give times from 0 on that increase, padded with infinity.")


def spike_trains(*trains: ArrayLike) -> SpikeTrains:
    """Spike trains of different lengths, one argument for each source: times (spike,) [ms]."""
    given = [np.asarray(train, jnp.result_type(float)) for train in trains]
    times = np.full((len(given), max((train.size for train in given), default=0)), np.inf)
    for row, train in zip(times, given, strict=True):
        row[: train.size] = train
    return SpikeTrains(times)


def poisson(key: jax.Array, rate: Values, size: int, duration: float, max_spikes: int | None = None) -> SpikeTrains:
    """Poisson spike trains: intervals are exponential, so no time step bounds the rate. Differentiable in the rate.

    Args:
        key: Random key.
        rate: Rate of each source: one number, or (source,) [Hz].
        size: Number of sources.
        duration: Spikes are drawn up to here [ms].
        max_spikes: Length of the trains; chosen so that none is cut, unless the rate is traced.

    Raises:
        ValueError: for a negative rate, or a traced one without `max_spikes`.
    """
    if max_spikes is None:
        if isinstance(rate, Tracer):
            raise ValueError("the rate is traced, so the longest train is not known: give max_spikes.")
        if np.any(np.asarray(rate) < 0):
            raise ValueError(f"rate = {np.min(rate)} Hz: give zero or a positive number.")
        mean = float(np.max(rate)) * 1e-3 * duration
        max_spikes = int(mean + 7.0 * mean**0.5 + 20.0)
    intervals = jax.random.exponential(key, (size, max_spikes)) * 1e3 / jnp.broadcast_to(rate, (size,))[:, None]
    times = jnp.cumsum(intervals, axis=1)
    return SpikeTrains(jnp.where(times <= duration, times, jnp.inf))
