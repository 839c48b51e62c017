"""What a cell does with current: its action potential, its threshold, its firing rate."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ...biophysics.stimuli import step
from ...model import Model
from ...pytree import Pytree
from ...recording import Recording
from ...simulate import simulate

PULSE = 1.0  # ms, short against the membrane time constant, so that the action potential follows undriven
ONSET = 2.0  # ms
STRONGEST = 50.0  # µA/cm², searched for the threshold; by itself it lifts 1 µF/cm² by 50 mV, short of a spike
SETTLE = 200.0  # ms without stimulus, after which the cell is taken to rest
SPIKE = 0.0  # mV


class Excitability(Pytree):
    """How a cell fires.

    Attributes:
        rest: Resting potential [mV].
        peak: Peak of the action potential [mV].
        width: Width at half of the height above rest [ms].
        threshold: Weakest pulse of 1 ms that evokes an action potential [µA/cm²]; infinite if none does.
        currents: Constant currents (current,) [µA/cm²].
        rates: Firing rate at each, 0 where firing does not go on (current,) [Hz].
        recording: The action potential after a pulse of 1.5 times the threshold, which begins at 2 ms.
    """

    rest: Any
    peak: Any
    width: Values
    threshold: Values
    currents: Any
    rates: Any
    recording: Recording


def excitability(cell: Model, currents: Any, *, duration: float = 300.0, dt: float = 0.02) -> Excitability:
    """Measure how a cell fires, all currents in one vmap.

    Args:
        cell: A cell of one compartment.
        currents: Constant currents (current,) [µA/cm²].
        duration: Length of each run for the firing rate [ms].
        dt: Step [ms].

    Returns:
        The figures.
    """
    settled = simulate(cell, duration=SETTLE, dt=dt, every=round(SETTLE / dt)).final
    threshold = _threshold(cell, settled, dt)
    strength = 1.5 * min(threshold, STRONGEST / 1.5)
    recording = simulate(cell, step(strength, ONSET, PULSE), duration=20.0, dt=dt, initial=settled)
    rest, peak = float(settled.v[0]), float(recording.v.max())
    width = _width(np.asarray(recording.t), np.asarray(recording.v[:, 0]), 0.5 * (rest + peak))
    return Excitability(
        rest, peak, width, threshold, currents, _rates(cell, settled, currents, duration, dt), recording
    )


def _threshold(cell: Model, settled: Any, dt: float) -> float:
    """Weakest pulse that fires [µA/cm²]: two sweeps of 32 pulses, the second within one gap of the first."""
    low, high = 0.0, STRONGEST
    for _ in range(2):
        pulses = np.linspace(low, high, 33)[1:]
        fired = np.asarray(_peaks(cell, settled, jnp.asarray(pulses), dt)) > SPIKE
        if not fired.any():
            return float("inf")
        first = int(fired.argmax())
        low, high = (pulses[first - 1] if first else low), pulses[first]
    return float(high)


@partial(jax.jit, static_argnames="dt")
def _peaks(cell: Model, settled: Any, strengths: jax.Array, dt: float) -> jax.Array:
    """Largest voltage after each pulse (pulse,) [mV]."""

    def peak(strength: jax.Array) -> jax.Array:
        return simulate(cell, step(strength, ONSET, PULSE), duration=20.0, dt=dt, initial=settled, every=5).v.max()

    return jax.vmap(peak)(strengths)


def _width(t: np.ndarray, v: np.ndarray, level: float) -> float:
    """Time that a trace spends above a level around its peak [ms], by linear interpolation."""
    top, above = int(v.argmax()), v > level
    outside = np.flatnonzero(~above)
    before, after = outside[outside < top], outside[outside > top]
    if not before.size or not after.size:
        return float("nan")

    def crossing(i: int) -> float:
        return t[i] + (level - v[i]) / (v[i + 1] - v[i]) * (t[i + 1] - t[i])

    return float(crossing(after[0] - 1) - crossing(before[-1]))


def _rates(cell: Model, settled: Any, currents: Any, duration: float, dt: float) -> np.ndarray:
    """Inverse mean interval of the spikes in the second half of each run [Hz]; 0 for fewer than three."""
    times = np.asarray(_spikes(cell, settled, jnp.asarray(currents), duration, dt))
    late = np.where((times > duration / 2) & np.isfinite(times), times, np.nan)
    count = np.isfinite(late).sum(1)
    span = np.array([np.ptp(row[np.isfinite(row)]) if n > 2 else np.inf for row, n in zip(late, count, strict=True)])
    return 1e3 * np.maximum(count - 1, 0) / span


@partial(jax.jit, static_argnames=("duration", "dt"))
def _spikes(cell: Model, settled: Any, currents: jax.Array, duration: float, dt: float) -> jax.Array:
    """Spike times under each current (current, spike) [ms]."""

    def spikes(current: jax.Array) -> jax.Array:
        run = simulate(cell, step(current), duration=duration, dt=dt, initial=settled)
        return run.spike_times(max_spikes=256).times

    return jax.vmap(spikes)(currents)
