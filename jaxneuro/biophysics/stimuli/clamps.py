"""Stimuli that depend on the voltage: voltage clamp and injected conductance."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from .base import Drive, Stimulus, check


class Clamp(Stimulus):
    """See `voltage_clamp` and `dynamic_clamp`: the current `conductance(t) (reversal(t) - v)`."""

    conductance: Stimulus
    reversal: Stimulus

    def __call__(self, t: jax.Array) -> jax.Array:
        raise TypeError("the current of a clamp depends on the voltage: record 'stimulus' to have it.")

    def jumps(self) -> list[Values]:
        return self.conductance.jumps() + self.reversal.jumps()

    def ends(self) -> list[Values]:
        return self.conductance.ends() + self.reversal.ends()

    def drive(self, t: jax.Array, density_per_nanoampere: jax.Array) -> Drive:
        del density_per_nanoampere
        conductance = self.conductance(t)[..., None]
        return Drive(conductance * self.reversal(t)[..., None], conductance)


class Constant(Stimulus):
    """The same value always, without a jump at zero."""

    value: Any

    def __call__(self, t: jax.Array) -> jax.Array:
        return jnp.broadcast_to(self.value, jnp.shape(t))


def voltage_clamp(command: Stimulus, conductance: Values = 1e4) -> Clamp:
    """Hold the membrane at a command potential; record `stimulus` for the clamp current [µA/cm²].

    The membrane follows within capacitance / conductance (1e-4 ms by default), shorter than any step: the solver takes
    it to its equilibrium, which differs from the command by current / conductance. The capacitive transient is not
    resolved.

    Args:
        command: Command potential [mV]; `voltage_clamp(-65.0 + ...)` is written `constant(-65.0) + step(...)`.
        conductance: Of the amplifier [mS/cm²]; after `inject` the inverse of the series resistance [µS = 1/MΩ]. A
        larger
            one clamps better and, in float32, resolves the current less.

    Returns:
        The stimulus.

    Raises:
        ValueError: for a conductance that is not positive.
    """
    check("conductance", conductance, rule="positive")
    return Clamp(Constant(conductance), command)


def dynamic_clamp(conductance: Stimulus, reversal: Values) -> Clamp:
    """Inject a conductance, as an artificial synapse: the current is `conductance(t) (reversal - v)`.

    Args:
        conductance: Its time course [mS/cm²; µS after `inject`].
        reversal: Reversal potential [mV].

    Returns:
        The stimulus.

    Raises:
        ValueError: for a reversal potential that is not finite.

    Source: Sharp, O'Neil, Abbott & Marder (1993), J. Neurophysiol. 69:992.
    """
    check("reversal", reversal)
    return Clamp(conductance, Constant(reversal))


def constant(value: Values) -> Constant:
    """The same value at all times, as the holding potential of a clamp.

    Args:
        value: Value [µA/cm²; nA after `inject`; mV as a command].

    Raises:
        ValueError: for a value that is not finite.
    """
    check("value", value)
    return Constant(value)
