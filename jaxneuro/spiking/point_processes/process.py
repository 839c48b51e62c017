"""Models of a spike train as a point process: a rate that depends on the stimulus and on the spikes so far.

A model gives the logarithm of its rate λ [1/ms] in a bin, given the spikes before; a bin then has a spike with the probability
1 - exp(-λ dt). With the measured spikes put in, the likelihood is exact and differentiable in every parameter; with spikes
drawn, the model runs by itself. A state is any pytree.

Source: Truccolo et al. (2005), J. Neurophysiol. 93:1074; Gerstner et al. (2014), Neuronal Dynamics, ch. 9 and 10.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...pytree import Editable

SILENT = -30.0  # log rate [log 1/ms] of what cannot spike: one spike in 300 years, so that a likelihood stays finite


class PointProcess(Editable):
    """Base of models of one spike train."""

    def drive(self, stimulus: jax.Array, dt: float) -> jax.Array:
        """What a stimulus (time,) does, in all bins at once (time,)."""
        raise NotImplementedError

    def initial(self) -> Any:
        """The state before the first bin."""
        raise NotImplementedError

    def advance(self, state: Any, drive: jax.Array, dt: float) -> Any:
        """The state at the end of a bin, of which the rate is a function."""
        raise NotImplementedError

    def log_rate(self, state: Any) -> jax.Array:
        """Logarithm of the rate [log 1/ms]."""
        raise NotImplementedError

    def fire(self, state: Any) -> Any:
        """The state after a spike."""
        raise NotImplementedError


def binned_train(times: Any, dt: float, duration: float) -> np.ndarray:
    """A train as 0 or 1 in each bin (time,).

    Raises:
        ValueError: for two spikes in a bin, or spikes outside of the run.
    """
    times, count = np.asarray(times), round(duration / dt)
    if len(times) and not (times.min() >= 0 and times.max() < duration):
        raise ValueError(
            f"spikes from {times.min():g} to {times.max():g} ms in a run of {duration:g} ms: cut them to it."
        )
    train = np.bincount((times / dt + 1e-6).astype(int), minlength=count)[:count]
    if train.max(initial=0) > 1:
        raise ValueError(f"{train.max()} spikes in one bin of dt = {dt:g} ms: give a smaller dt.")
    return train.astype(np.float32)


@partial(jax.jit, static_argnames="dt")
def log_rates(process: PointProcess, stimulus: jax.Array, train: jax.Array, dt: float) -> jax.Array:
    """Logarithm of the rate in each bin given the spikes before it (time,) [log 1/ms].

    Args:
        process: The model.
        stimulus: In each bin (time,).
        train: Spikes, 0 or 1 (time,).
        dt: Bin [ms].
    """

    def step(state: Any, x: tuple) -> tuple[Any, jax.Array]:
        drive, spiked = x
        state = process.advance(state, drive, dt)
        rate = process.log_rate(state)
        return _fired(process, state, spiked > 0), rate

    return jax.lax.scan(step, process.initial(), (process.drive(stimulus, dt), train))[1]


@partial(jax.jit, static_argnames="dt")
def sample(process: PointProcess, key: jax.Array, stimulus: jax.Array, dt: float) -> jax.Array:
    """A train drawn from the model, 0 or 1 (time,): every spike acts on those after it."""

    def step(state: Any, x: tuple) -> tuple[Any, jax.Array]:
        drive, chance = x
        state = process.advance(state, drive, dt)
        spiked = chance < -jnp.expm1(-jnp.exp(process.log_rate(state)) * dt)
        return _fired(process, state, spiked), spiked.astype(stimulus.dtype)

    drive = process.drive(stimulus, dt)
    chances = jax.random.uniform(key, drive.shape, stimulus.dtype)
    return jax.lax.scan(step, process.initial(), (drive, chances))[1]


def log_likelihood(rates: jax.Array, train: jax.Array, dt: float) -> jax.Array:
    """Logarithm of the probability of a train (time,) at log rates (time,)."""
    expected = jnp.exp(rates) * dt
    return jnp.sum(jnp.where(train > 0, jnp.log(-jnp.expm1(-expected)), -expected))


def bits_per_spike(rates: jax.Array, train: jax.Array, dt: float) -> jax.Array:
    """How much more the model tells than a homogeneous Poisson process of the train's own rate [bit/spike]."""
    count = jnp.sum(train)
    flat = jnp.log(-jnp.log1p(-count / train.shape[0]) / dt)
    gain = log_likelihood(rates, train, dt) - log_likelihood(jnp.full_like(rates, flat), train, dt)
    return gain / (count * jnp.log(2.0))


def _fired(process: PointProcess, state: Any, spiked: jax.Array) -> Any:
    return jax.tree.map(lambda x, y: jnp.where(spiked, y, x), state, process.fire(state))
