"""The generalised linear model of a spike train, and the stimulus filter that other models share."""

from typing import Any

import jax
import jax.numpy as jnp

from ...pytree import Pytree, parameter, static
from .process import PointProcess

HISTORY = (1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0)  # ms


class Filter(Pytree):
    """A causal filter: a sum of raised cosines, equally spaced, each overlapping three others on either side.

    Attributes:
        weights: Of each bump (bump,).
        span: Centre of the last bump; the first is at 0 [ms].

    Source: Pillow et al. (2008), Nature 454:995, on a linear axis.
    """

    weights: Any
    span: float = static(default=15.0)

    def kernel(self, dt: float) -> jax.Array:
        """The filter at lags 0, dt, ... (lag,)."""
        count = jnp.shape(self.weights)[0]
        spacing = self.span / (count - 1)
        lags = jnp.arange(0.0, self.span + 2 * spacing, dt)
        phase = (lags - jnp.arange(count)[:, None] * spacing) / spacing * (jnp.pi / 2)
        return self.weights @ (0.5 + 0.5 * jnp.cos(jnp.clip(phase, -jnp.pi, jnp.pi)))

    def __call__(self, stimulus: jax.Array, dt: float) -> jax.Array:
        """The stimulus (time,) filtered, 0 before it begins; the integral over lags in ms (time,)."""
        kernel = self.kernel(dt).astype(stimulus.dtype)
        return jax.scipy.signal.fftconvolve(stimulus, kernel)[: stimulus.shape[0]] * dt


class GLMState(Pytree):
    """The filtered stimulus now, and the exponentials of past spikes (exponential,)."""

    drive: jax.Array
    traces: jax.Array


class GLM(PointProcess):
    """log λ = bias + filtered stimulus + Σ of exponentials after each spike so far: concave in all parameters.

    Attributes:
        filter: Of the stimulus.
        bias: Log rate without stimulus and spikes [log 1/ms].
        history: Weight of each exponential (exponential,).
        tau: Their time constants (exponential,) [ms].

    Source: Truccolo et al. (2005), J. Neurophysiol. 93:1074; Pillow et al. (2008), Nature 454:995.
    """

    filter: Filter
    bias: Any = -2.5
    history: Any = (0.0,) * len(HISTORY)
    tau: Any = parameter(default=HISTORY, unit="ms", above=0.0)

    def drive(self, stimulus: jax.Array, dt: float) -> jax.Array:
        return self.filter(stimulus, dt)

    def initial(self) -> GLMState:
        return GLMState(jnp.zeros(()), jnp.zeros(jnp.shape(jnp.asarray(self.tau))))

    def advance(self, state: GLMState, drive: jax.Array, dt: float) -> GLMState:
        return GLMState(drive, state.traces * jnp.exp(-dt / jnp.asarray(self.tau)))

    def log_rate(self, state: GLMState) -> jax.Array:
        return self.bias + state.drive + jnp.asarray(self.history) @ state.traces

    def fire(self, state: GLMState) -> GLMState:
        return state.replace(traces=state.traces + 1.0)
