"""The current that a synapse would inject: rises and falls exponentially."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...checks import Rule
from ...pytree import parameter
from .base import Stimulus, check


class PostsynapticCurrent(Stimulus):
    """See `postsynaptic`."""

    amplitude: Values = parameter()
    start: Values = parameter(unit="ms")
    rise: Values = parameter(unit="ms", above=0.0)
    decay: Values = parameter(unit="ms", above=0.0)

    def rules(self) -> list[Rule]:
        """What must hold of several numbers."""
        return [Rule(self.rise < self.decay, f"rise = {self.rise} ms is not shorter than decay = {self.decay} ms.")]

    def __call__(self, t: jax.Array) -> jax.Array:
        since = jnp.maximum(t - self.start, 0.0)
        return self.amplitude * self._shape(since) / self._shape(self._time_to_peak())

    def jumps(self) -> list[Values]:
        return [self.start]

    def _shape(self, since: Values) -> jax.Array:
        return jnp.exp(-since / self.decay) - jnp.exp(-since / self.rise)

    def _time_to_peak(self) -> jax.Array:
        return self.rise * self.decay / (self.decay - self.rise) * jnp.log(self.decay / self.rise)


def postsynaptic(
    amplitude: Values, start: Values = 0.0, rise: Values = 0.5, decay: Values = 5.0
) -> PostsynapticCurrent:
    """A current shaped like that of a synapse: the difference of two exponentials, with its peak at `amplitude`.

    Args:
        amplitude: Peak [µA/cm²; nA after `inject`].
        start: Onset [ms].
        rise: Time constant of the rise [ms].
        decay: Time constant of the decay, longer than that of the rise [ms].

    Returns:
        The stimulus.

    Raises:
        ValueError: for a number that is not finite, a time constant that is not positive, or a rise not shorter than the decay.

    Source: Schaefer, Larkum, Sakmann & Roth (2003), J. Neurophysiol. 89:3143, who inject it into dendrites.
    """
    check("amplitude", amplitude)
    check("start", start)
    check("rise", rise, rule="positive")
    check("decay - rise", decay - rise, rule="positive")
    return PostsynapticCurrent(amplitude, start, rise, decay)
