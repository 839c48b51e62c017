"""What spikes cost a brain: ATP for the sodium that a spike lets in, and the power of a brain.

    sodium [ions] = ∫ inward sodium current dt / e,   ATP = sodium / 3,   energy = ATP × 50 kJ/mol

The least sodium that could do it is the charge on the membrane, C ΔV / e; the rest flows while potassium flows out already. The
squid axon takes in 4.0 times the least at 18.5 °C, the factor of the budget below, and 13 times at 6.3 °C, where its channels
are slow; axons of mammals 1.3 times (Alle et al. 2009).

    jn.spiking.spike_cost(jn.cells.hodgkin_huxley(18.5), stimulus, duration=40.0).excess    # 4.0
    jn.spiking.brain_power()                              # 86e9 neurons at 4 Hz: 23.4 W, a light bulb

Sources: Attwell & Laughlin (2001), J. Cereb. Blood Flow Metab. 21:1133; Alle, Roth & Geiger (2009), Science 325:1405.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ..arithmetic import Values
from ..biophysics.membrane import Cell
from ..biophysics.stimuli import Stimulus
from ..pytree import Pytree
from ..simulate import simulate
from ..units import AVOGADRO, ELEMENTARY_CHARGE, NANOAMPERE_PER_SQUARE_MICROMETRE

SODIUM_PER_ATP = 3.0  # ions out for each ATP, by the Na/K pump
JOULE_PER_ATP = 50e3 / AVOGADRO  # 50 kJ/mol in cells: Milo & Phillips (2015), Cell Biology by the Numbers, ch. 3
ATP_PER_SPIKE = 3.84e8  # of a rodent's cortical neuron, for 1.15e9 Na, 4 times the least: Attwell & Laughlin (2001)
ATP_PER_SPIKE_AND_SYNAPSES = 7.1e8  # and what it does at its synapses, the same
ATP_AT_REST = 4.44e8  # 1/s: resting potentials of a neuron and its glia, the same
NEURONS = 86e9  # of a human brain: Azevedo et al. (2009), J. Comp. Neurol. 513:532


class SpikeCost(Pytree):
    """What one spike of a cell costs.

    Attributes:
        charge: Sodium charge that enters [pC].
        least: The charge that moves the membrane by the height of the spike, C ΔV [pC].
        spikes: Number of spikes that were averaged; a cost with none is NaN.
    """

    charge: jax.Array
    least: jax.Array
    spikes: jax.Array

    @property
    def excess(self) -> jax.Array:
        """Sodium entry over the least that could be; below 1 where the stimulus itself carries the charge: give a brief one."""
        return self.charge / self.least

    @property
    def sodium(self) -> jax.Array:
        """Sodium ions that enter."""
        return self.charge * 1e-12 / ELEMENTARY_CHARGE

    @property
    def atp(self) -> jax.Array:
        """Molecules of ATP that pump them out."""
        return self.sodium / SODIUM_PER_ATP

    @property
    def joules(self) -> jax.Array:
        """Energy [J]."""
        return self.atp * JOULE_PER_ATP


def spike_cost(
    cell: Cell, stimulus: Stimulus, *, duration: float, dt: float = 0.025, sodium: tuple[str, ...] = ("na",)
) -> SpikeCost:
    """The mean cost of the spikes that a stimulus evokes: sodium through the channels named, beyond what flows at the start.

    Args:
        cell: The cell.
        stimulus: What makes it spike; long enough after it, the run should end at rest.
        duration: Length of the run [ms].
        dt: Step [ms].
        sodium: Names of the sodium channels.

    Raises:
        KeyError: for a channel that the cell does not have; the message lists those that exist.
    """
    currents = tuple(f"{name}.current" for name in sodium)
    run = simulate(cell, stimulus, duration=duration, dt=dt, record=("v", *currents))
    inward = -sum((run[name] for name in currents), jnp.zeros(()))
    charge = jnp.sum(jnp.trapezoid(inward - inward[0], run.t, axis=0) * cell.nanoampere)
    spikes = run.spike_times().count
    farads = jnp.asarray(cell.area) / NANOAMPERE_PER_SQUARE_MICROMETRE * cell.capacitance  # nF
    least = jnp.sum(farads * (run.v.max(0) - run.v[0]))
    return SpikeCost(jnp.where(spikes > 0, charge / spikes, jnp.nan), least, spikes)


def brain_power(
    rate: Values = 4.0,
    *,
    neurons: Any = NEURONS,
    per_spike: Any = ATP_PER_SPIKE_AND_SYNAPSES,
    at_rest: Any = ATP_AT_REST,
) -> Any:
    """Power of a brain for signals [W]: every neuron as costly as a rodent's cortical neuron, which is a large one.

    Args:
        rate: Mean firing rate [Hz].
        neurons: How many.
        per_spike: ATP for a spike and what follows from it.
        at_rest: ATP for a neuron in silence [1/s].
    """
    return neurons * (at_rest + rate * per_spike) * JOULE_PER_ATP
