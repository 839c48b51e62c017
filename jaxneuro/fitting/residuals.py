"""The residuals that a spiking cell is fitted by: times and shapes of spikes, never voltage against voltage.

A voltage error has its lowest values at cells that stay silent. Here spikes are matched by their index, so that a
shifted spike is a small error and its derivative points the right way.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..biophysics.stimuli import inject, sampled
from ..learn import ParameterBox
from ..model import Model
from ..pytree import Pytree, static
from ..simulate import simulate
from .targets import Features, Target, features

TIME = 4.0  # ms of a spike time, per unit of residual
LOG_INTERVAL = 0.05  # of the logarithm of an interval
SHAPE = 5.0  # mV of the mean spike
COURSE = 2.0  # mV of voltages between spikes
COUNT = 1.0  # spikes
MISSING = 4.0  # residual for what the model does not show at all


class Weights(Pytree):
    """Weight of each group in the loss; a group of n residuals counts as its mean square times this.

    Attributes:
        times: Spike times. A spike that is missing, or too many, counts as one at the end of the window.
        intervals: Logarithms of intervals, the latency first.
        shape: Mean spike.
        between: Mean course between spikes.
        latency: Course from the onset to the first spike.
        quiet: Voltage away from spikes.
        count: Soft spike count.
    """

    times: float = static(default=4.0)
    intervals: float = static(default=4.0)
    shape: float = static(default=4.0)
    between: float = static(default=4.0)
    latency: float = static(default=2.0)
    quiet: float = static(default=4.0)
    count: float = static(default=2.0)


class SweepResiduals(Pytree):
    """Residuals of one cell on all its sweeps, as a function of a parameter vector.

    Attributes:
        model: The model; its free parameters are replaced.
        box: The free parameters.
        target: What was measured.
        weights: Of the groups.
    """

    model: Model
    box: ParameterBox
    target: Target
    weights: Weights = Weights()

    def __call__(self, theta: jax.Array) -> jax.Array:
        """Residuals (residual,) at a vector theta (parameter,)."""
        return self.of_cell(self.box.cell(self.model, theta))

    def of_cell(self, cell: Model) -> jax.Array:
        """Residuals (residual,) of a cell."""
        v = free_run(cell, self.target)
        found = describe(v, self.target)
        compare = jax.vmap(lambda a, b, n: residuals(a, b, n, self.weights))
        rows = compare(found, self.target.features, self.target.has_quiet)
        share = jnp.sqrt(self.target.weight / jnp.sum(self.target.weight))
        return jnp.ravel(rows * share[:, None])


def free_run(cell: Model, target: Target) -> jax.Array:
    """Voltage of a cell under the measured currents, from the measured first voltage (trace, time) [mV]."""

    def run(current: jax.Array, start: jax.Array) -> jax.Array:
        t = jnp.arange(current.shape[0]) * jnp.asarray(target.dt, current.dtype)
        started, stimulus = cell.set("v_init", start), inject(sampled(t, current))
        record = (Voltages(target.compartments),)
        return simulate(started, stimulus, duration=target.duration, dt=target.dt, record=record)["value"].T

    starts = target.v[:: len(target.compartments), 0]
    return jax.vmap(run)(target.current, starts).reshape(target.v.shape)


class Voltages(NamedTuple):
    """What is recorded for a target: the voltages of some compartments; a value, so that equal ones compile once."""

    compartments: tuple[int, ...]

    def __call__(self, cell: Model, state: Any, drive: Any) -> jax.Array:
        del cell, drive
        return jnp.stack([state.v[i] for i in self.compartments])


def describe(v: jax.Array, target: Target) -> Features:
    """Features of voltages on the grid of a target (trace, time) [mV]."""
    return jax.vmap(lambda x, f: features(x, target.dt, f, spikes=target.spikes, level=target.level))(v, target.frame)


def residuals(model: Features, data: Features, has_quiet: jax.Array, weights: Weights) -> jax.Array:
    """Residuals of one sweep (residual,); half their sum of squares is the loss.

    Args:
        model: What the model shows.
        data: What was measured.
        has_quiet: Number of quiet points, 0 if there is none.
        weights: Of the groups.
    """
    either, both = model.fired | data.fired, model.fired & data.fired
    time = jnp.where(either, (model.times - data.times) / TIME, 0.0)
    ratio = jnp.log(jnp.maximum(model.intervals, 0.1) / jnp.maximum(data.intervals, 0.1)) / LOG_INTERVAL
    interval = jnp.where(both, robust(ratio), jnp.where(either, MISSING, 0.0))
    silent, fires = ~jnp.any(model.fired), jnp.any(data.fired)
    repeats = jnp.sum(data.fired) > 1
    cannot = jnp.sum(model.fired) < 2
    spikes = jnp.maximum(jnp.sum(data.fired), 1)
    return jnp.concatenate([
        robust(time) * jnp.sqrt(weights.times / spikes),
        interval * jnp.sqrt(weights.intervals / spikes),
        _group((model.shape - data.shape) / SHAPE, fires, silent, weights.shape),
        _group((model.between - data.between) / COURSE, repeats, cannot, weights.between),
        _group((model.latency - data.latency) / COURSE, fires, False, weights.latency),
        _group((model.quiet - data.quiet) / COURSE, has_quiet > 0, False, weights.quiet),
        _group(jnp.reshape((model.soft_count - data.soft_count) / COUNT, (1,)), True, False, weights.count),
    ])  # fmt: skip


def robust(r: jax.Array) -> jax.Array:
    """A residual whose square grows as |r| beyond 1: r √(2 / (1 + √(1 + r²))), without cancellation at 0."""
    return r * jnp.sqrt(2.0 / (1.0 + jnp.sqrt(1.0 + r * r)))


def _group(r: jax.Array, exists: Any, missing: Any, weight: float) -> jax.Array:
    r = jnp.where(missing, MISSING, robust(r))
    return jnp.where(exists, r, 0.0) * (weight / r.shape[0]) ** 0.5
