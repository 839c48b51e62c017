"""Two Hodgkin–Huxley cells as the last stage of an agent: currents in, a turn to the left or to the right out."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...biophysics import stimuli
from ...biophysics.cells import hodgkin_huxley
from ...pytree import Pytree, static
from ...simulate import simulate
from ..environments.body import DRIVE

MIRRORED = np.array([DRIVE.index((forward, -turn)) for forward, turn in DRIVE])  # each action's mirror image


class MotorPair(Pytree):
    """A cell for each side. A current makes it spike; what its muscle feels is a smooth function of its voltage.

        drive = 1 / duration ∫ sigmoid((v - threshold) / slope) dt

    The larger the difference of the two drives, the larger the turn. Every step is differentiable, so the gradient of a loss of
    turns goes through the membranes to the policy that gives the currents.

    Attributes:
        cell: Of both sides; it starts from rest for each action.
        threshold: Voltage above which a muscle contracts [mV].
        slope: Over which it begins to [mV].
        gain: Slope of the turn by the difference of the drives.
        weight: What a full turn adds to the log-probabilities of actions to its side, and takes from those to the other.
        duration: For which the currents last [ms].
        dt: Step of the integration [ms].
        alone: Whether nothing but the cells tells left from right: the outputs for an action and its mirror image are averaged.
    """

    cell: Any
    threshold: float = -20.0
    slope: float = 5.0
    gain: float = 10.0
    weight: float = 3.0
    duration: float = static(default=20.0)
    dt: float = static(default=0.025)
    alone: bool = static(default=False)

    def voltages(self, currents: jax.Array) -> jax.Array:
        """Membrane potentials of the pair while currents [µA/cm²] (side,) last: (time, side) [mV]."""
        run = partial(simulate, self.cell, duration=self.duration, dt=self.dt)
        return jax.vmap(lambda current: run(stimuli.step(current)).v[:, 0], out_axes=1)(currents)

    def spike_counts(self, currents: jax.Array) -> jax.Array:
        """How often each cell spikes (side,); has no useful derivative."""
        above = self.voltages(currents) > self.threshold
        return jnp.sum(above[1:] & ~above[:-1], axis=0)

    def drives(self, currents: jax.Array) -> jax.Array:
        """Part of the time for which each cell is depolarised, smoothly (side,)."""
        return jax.nn.sigmoid((self.voltages(currents) - self.threshold) / self.slope).mean(0)

    def turn(self, currents: jax.Array) -> jax.Array:
        """Turn to the left (positive) or to the right, -1 to 1, for currents to the left and the right cell [µA/cm²]."""
        left, right = self.drives(currents)
        return jnp.tanh(self.gain * (left - right))


def motor_pair(cell: Any = None, **options: Any) -> MotorPair:
    """A pair of squid axons, or of another cell.

    Raises:
        ValueError: for a duration or step that is not above zero.
    """
    for name in ("duration", "dt", "slope"):
        if name in options and not options[name] > 0:
            raise ValueError(f"{name} = {options[name]}: give a number above 0.")
    return MotorPair(hodgkin_huxley() if cell is None else cell, **options)


def preferences(motor: MotorPair | None, outputs: jax.Array) -> jax.Array:
    """Log-probabilities of the actions up to a constant (..., action), of the outputs of a policy.

    Without a motor they are the outputs themselves. With one, the last two outputs are currents to the left and the right cell,
    softplus of them in units of 10 µA/cm², and the turn of the pair speaks for the actions to its side.
    """
    if motor is None:
        return outputs
    each = jnp.vectorize(motor.turn, signature="(side)->()")
    turn = each(10.0 * jax.nn.softplus(outputs[..., -2:]))
    direct = outputs[..., :-2]
    if motor.alone:
        direct = 0.5 * (direct + direct[..., MIRRORED])
    return direct + motor.weight * turn[..., None] * jnp.array([side for _, side in DRIVE])
