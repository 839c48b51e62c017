"""Exact responses of leaky integrators to exponential currents."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values


def relative_decay(x: jax.Array) -> jax.Array:
    """(1 - exp(-x)) / x, and 1 at 0; derivatives are right there too."""
    small = jnp.abs(x) < 1e-3  # the series is exact to 1e-14 there
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1 - x / 2 * (1 - x / 3 * (1 - x / 4)), -jnp.expm1(-safe) / safe)


def response(t: Values, tau: Values, tau_input: Values) -> jax.Array:
    """Potential of a leaky integrator a time t after a current of 1 that decays: tau dv/dt = -v + exp(-t / tau_input).

    (exp(-t / tau) - exp(-t / tau_input)) / (tau / tau_input - 1) with the limit t exp(-t / tau) / tau for equal time constants,
    accurate near it.

    Args:
        t: Time, not negative [ms].
        tau: Time constant of the integrator [ms].
        tau_input: Time constant of the current [ms].
    """
    fast, slow = jnp.minimum(tau, tau_input), jnp.maximum(tau, tau_input)
    return t / tau * jnp.exp(-t / slow) * relative_decay(t * (1 / fast - 1 / slow))
