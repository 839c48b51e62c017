"""The waveforms: step, pulse train, ramp, sine, chirp, samples, and Ornstein–Uhlenbeck noise.

All are differentiable in all numbers, onsets and durations too.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from ...arithmetic import Values
from ...checks import Rule, increasing
from ...machine import memory
from ...pytree import parameter, static
from .base import Stimulus, check

SIZES = 32  # bytes a sample takes while it is made: path, decay, kick and time
FOREVER = 1e9  # ms; an infinity would make derivatives of `start + duration` NaN


class Step(Stimulus):
    """See `step`."""

    amplitude: Values = parameter()
    start: Values = parameter(unit="ms")
    duration: Values = parameter(unit="ms", least=0.0)

    def __call__(self, t: jax.Array) -> jax.Array:
        return jnp.where((t >= self.start) & (t < self.start + self.duration), self.amplitude, 0.0)

    def jumps(self) -> list[Any]:
        return [self.start, self.start + self.duration]


class PulseTrain(Stimulus):
    """See `pulse_train`."""

    amplitude: Values = parameter()
    start: Values = parameter(unit="ms")
    width: Values = parameter(unit="ms", least=0.0)
    period: Values = parameter(unit="ms", above=0.0)
    count: int = static(default=1)

    def rules(self) -> list[Rule]:
        """What must hold of several numbers."""
        return [Rule(self.width <= self.period, f"width = {self.width} ms is longer than period = {self.period} ms.")]

    def __call__(self, t: jax.Array) -> jax.Array:
        since = t - self.start
        pulse = jnp.floor(since / self.period)
        on = (pulse >= 0) & (pulse < self.count) & (since - pulse * self.period < self.width)
        return jnp.where(on, self.amplitude, 0.0)

    def jumps(self) -> list[Any]:
        onsets = self.start + jnp.arange(self.count, dtype=jnp.result_type(self.period, float)) * self.period
        return [onsets, onsets + self.width]


class Ramp(Stimulus):
    """See `ramp`."""

    first: Values = parameter()
    last: Values = parameter()
    start: Values = parameter(unit="ms")
    duration: Values = parameter(unit="ms", above=0.0)

    def __call__(self, t: jax.Array) -> jax.Array:
        value = self.first + (self.last - self.first) * (t - self.start) / self.duration
        return jnp.where((t >= self.start) & (t < self.start + self.duration), value, 0.0)

    def jumps(self) -> list[Any]:
        return [self.start, self.start + self.duration]


class Chirp(Stimulus):
    """See `chirp` and `sine`."""

    amplitude: Values = parameter()
    first: Values = parameter(unit="Hz")
    last: Values = parameter(unit="Hz")
    start: Values = parameter(unit="ms")
    duration: Values = parameter(unit="ms", above=0.0)
    phase: Values = parameter(unit="rad")

    def __call__(self, t: jax.Array) -> jax.Array:
        since = t - self.start
        cycles = 1e-3 * since * (self.first + 0.5 * (self.last - self.first) * since / self.duration)  # Hz ms -> cycles
        value = self.amplitude * jnp.sin(2 * jnp.pi * cycles + self.phase)
        return jnp.where((since >= 0) & (since < self.duration), value, 0.0)

    def jumps(self) -> list[Any]:
        return [self.start, self.start + self.duration]


class Sampled(Stimulus):
    """See `sampled`."""

    times: Any = parameter(unit="ms")
    values: Any = parameter()
    breaks: Any = ()

    def rules(self) -> list[Rule]:
        """What must hold of the times."""
        return [Rule(increasing(self.times, strictly=True), "the times of samples must increase: sort them.")]

    def __call__(self, t: jax.Array) -> jax.Array:
        return jnp.interp(t, jnp.asarray(self.times), jnp.asarray(self.values))

    def jumps(self) -> list[Any]:
        return list(self.breaks)

    def ends(self) -> list[Any]:
        return [self.times[..., -1] if isinstance(self.times, jax.Array | np.ndarray) else self.times[-1]]


def step(amplitude: Values, start: Values = 0.0, duration: Values = FOREVER) -> Step:
    """A constant value from `start` for `duration`, zero elsewhere.

    Args:
        amplitude: Value [µA/cm²; nA after `inject`].
        start: Onset [ms].
        duration: Length [ms]; without end by default.

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite or a negative duration.
    """
    _check_window(amplitude, start, duration)
    return Step(amplitude, start, duration)


def pulse_train(amplitude: Values, start: Values, width: Values, period: Values, count: int) -> PulseTrain:
    """Equal rectangular pulses at equal intervals.

    Args:
        amplitude: Value during a pulse [µA/cm²; nA after `inject`].
        start: Onset of the first pulse [ms].
        width: Length of a pulse [ms].
        period: From onset to onset, longer than `width` [ms].
        count: Number of pulses; part of the structure.

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite, a negative width, no pulse, or pulses that overlap.
    """
    _check_window(amplitude, start, width)
    check("period", period, rule="positive")
    if int(count) != count or count < 1:
        raise ValueError(f"count = {count}: a pulse train has a whole number of pulses, at least 1.")
    if not isinstance(width, Tracer) and not isinstance(period, Tracer) and jnp.any(width > period):
        raise ValueError(f"width = {width} ms is longer than period = {period} ms: pulses overlap; shorten the width.")
    return PulseTrain(amplitude, start, width, period, int(count))


def ramp(first: Values, last: Values, start: Values, duration: Values) -> Ramp:
    """A value that goes linearly from `first` at `start` to `last` at `start + duration`, zero elsewhere.

    Args:
        first: Value at the start [µA/cm²; nA after `inject`].
        last: Value at the end [µA/cm²; nA after `inject`].
        start: Onset [ms].
        duration: Length [ms].

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite or a duration that is not positive.
    """
    _check_window(first, start, duration)
    check("last", last)
    check("duration", duration, rule="positive")
    return Ramp(first, last, start, duration)


def sine(
    amplitude: Values, frequency: Values, start: Values = 0.0, duration: Values = FOREVER, phase: Values = 0.0
) -> Chirp:
    """A sine wave.

    Args:
        amplitude: Amplitude [µA/cm²; nA after `inject`].
        frequency: Frequency [Hz].
        start: Onset [ms].
        duration: Length [ms]; without end by default.
        phase: Phase at the onset [rad].

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite or a negative duration.
    """
    return chirp(amplitude, frequency, frequency, start, duration, phase)


def chirp(
    amplitude: Values, first: Values, last: Values, start: Values = 0.0, duration: Values = 1000.0, phase: Values = 0.0
) -> Chirp:
    """A sine wave whose frequency sweeps linearly (ZAP), to measure an impedance.

    Args:
        amplitude: Amplitude [µA/cm²; nA after `inject`].
        first: Frequency at the start [Hz].
        last: Frequency at the end [Hz].
        start: Onset [ms].
        duration: Length [ms].
        phase: Phase at the onset [rad].

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite or a duration that is not positive.

    Source: Puil, Gimbarzevsky & Miura (1986), J. Neurophysiol. 55:995.
    """
    _check_window(amplitude, start, duration)
    check("duration", duration, rule="positive")
    for name, value in (("first", first), ("last", last), ("phase", phase)):
        check(name, value)
    return Chirp(amplitude, first, last, start, duration, phase)


def sampled(times: ArrayLike, values: ArrayLike, breaks: Any = ()) -> Sampled:
    """A waveform given by samples on its own time base, linear between them: a recorded current, for instance.

    Args:
        times: Sample times, increasing (sample,) [ms].
        values: Samples (sample,) [µA/cm²; nA after `inject`].
        breaks: Times at which a solver should begin a new step [ms].

    Returns:
        The stimulus; `simulate` refuses to run beyond its last sample.

    Raises:
        ValueError: for arrays of different shapes, times that do not increase, or values that are not finite.
    """
    if jnp.shape(times) != jnp.shape(values):
        raise ValueError(f"times has shape {jnp.shape(times)} and values {jnp.shape(values)}: give one value a time.")
    check("times", times, rule="increasing")
    check("values", values)
    return Sampled(times, values, breaks)


def ornstein_uhlenbeck(
    key: jax.Array,
    duration: float,
    *,
    mean: Values = 0.0,
    deviation: Values = 1.0,
    tau: Values = 3.0,
    spacing: float = 0.1,
) -> Sampled:
    """A noisy current with exponential autocorrelation, stationary from the start.

    x(t + spacing) = mean + (x(t) - mean) e + deviation √(1 - e²) ξ,  e = exp(-spacing / tau)

    The recursion is exact at the samples; between them the path is linear, which lowers the variance there by up to
    (1 - e) / 2 of itself. The path belongs to the key: it depends on no solver's step, and a longer one begins with the
    shorter.

    Args:
        key: Random key.
        duration: Length [ms].
        mean: Mean [µA/cm²; nA after `inject`].
        deviation: Standard deviation, in the unit of `mean`.
        tau: Correlation time [ms].
        spacing: Interval of the samples [ms]; small against `tau`.

    Returns:
        The stimulus; differentiable in mean, deviation and tau (the path moves with them).

    Raises:
        ValueError: for a number that is not finite, a duration, tau or spacing that is not positive, or a path that needs more
            memory than is free.

    Source: Uhlenbeck & Ornstein (1930), Phys. Rev. 36:823; update of Gillespie (1996), Phys. Rev. E 54:2084.
    """
    check("mean", mean)
    for name, value in (("duration", duration), ("tau", tau), ("spacing", spacing)):
        check(name, value, rule="positive")
    check("deviation", deviation, rule="non-negative")
    count = int(-(-duration // spacing)) + 2
    what = f"noise of duration = {duration:g} ms, {count:.3g} samples,"
    memory.refuse(SIZES * count, what, "make it shorter and go on with another key, or give a longer spacing.")
    path = _standard_path(key, jnp.exp(-spacing / jnp.asarray(tau, float)), count)
    return Sampled(jnp.arange(count, dtype=path.dtype) * spacing, mean + deviation * path)


@partial(jax.jit, static_argnames="count")
def _standard_path(key: jax.Array, decay: jax.Array, count: int) -> jax.Array:
    """Samples with mean 0, variance 1 and correlation `decay` between neighbours (count,)."""
    index = jnp.arange(count)
    normal = jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), dtype=decay.dtype))(index)
    first = index == 0
    kicks = normal * jnp.where(first, 1.0, jnp.sqrt(1 - decay**2))
    decays = jnp.where(first, 0.0, decay)
    return jax.lax.associative_scan(lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), (decays, kicks))[1]


def _check_window(amplitude: Values, start: Values, duration: Values) -> None:
    check("amplitude", amplitude)
    check("start", start)
    check("duration", duration)
    check("duration", duration, rule="non-negative")
