"""What a simulation gives and a measurement is: values against time."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from .crossings import HEIGHT, find_spikes
from .pytree import Pytree, static
from .summary import Summarised


class Spikes(Summarised, Pytree):
    """Spike times in an array of fixed size.

    Attributes:
        times: Spike times, padded with infinity (spike,) [ms].
        mask: True where a time is a spike (spike,).
        overflow: True if there were more spikes than the array holds, so that the last are missing.
    """

    times: jax.Array
    mask: jax.Array
    overflow: jax.Array

    @property
    def count(self) -> jax.Array:
        """The number of spikes held."""
        return jnp.sum(self.mask, axis=-1)


class Recording(Summarised, Pytree):
    """Values against time, simulated or measured.

    Attributes:
        t: Times (time,) [ms]. Regular, but the sample nearest to a jump of the stimulus is moved onto it.
        values: What was recorded, by name: `v` (time, compartment) [mV], gates (time, compartment) in [0, 1],
            currents [µA/cm²], concentrations [mM], `spikes`: time of the spike in that row or infinity [ms].
        ok: False if a record or a state after any step was not finite, a voltage went beyond 1000 mV, the solver failed, or
            something traced cannot be, such as a negative conductance: then the values mean nothing. One for each of a batch.
        final: State at the end, to go on from with `simulate(..., initial=recording.final)`; None if measured.
        current: The current injected in a measurement (time,) [nA]; None if simulated.
        name: Where it came from.
        source: Which voltage of a file was paired with which current: names, units, channels, sampling.
    """

    t: jax.Array
    values: dict[str, jax.Array]
    ok: jax.Array | bool = True
    final: Any = None
    current: jax.Array | None = None
    name: str = static(default="")
    source: str = static(default="")

    @property
    def v(self) -> jax.Array:
        """Membrane potential (time, compartment) [mV]."""
        return self["v"]

    def __getitem__(self, name: str) -> jax.Array:
        if name not in self.values:
            raise KeyError(
                f"{name!r} was not recorded, only {', '.join(self.values)}: pass record=(..., {name!r}) to simulate."
            )
        return self.values[name]

    def spike_times(
        self,
        level: float | None = None,
        max_spikes: int = 128,
        compartment: int = 0,
        *,
        of: str = "v",
        height: float = HEIGHT,
        threshold: float | None = None,
    ) -> Spikes:
        """When the voltage rises through a level in a spike, exact to the order of the solver.

        What a spike is: `jaxneuro.crossings.find_spikes`. Located on a polynomial through the six samples around a
        crossing; differentiable by the implicit function theorem, dt/dp = -(dv/dp) / (dv/dt). A model with a reset, and a
        run with `record="spikes"`, report the spikes that were recorded as they happened: every rise through the level.

        Args:
            level: What a spike must reach, and is timed at [mV]; by default 0 mV, and lower for spikes that do not reach it.
            max_spikes: Size of the array of times.
            compartment: Where, of what was recorded.
            of: Which voltage, such as `soma.v`.
            height: Least rise and fall of a spike [mV].
            threshold: An older name of `level`.

        Returns:
            The spikes, padded to `max_spikes`.

        Raises:
            ValueError: for a compartment that was not recorded.
        """
        as_they_happened = of == "v" and "spikes" in self.values
        _check_recorded(compartment, self["spikes" if as_they_happened else of])
        if as_they_happened:
            rows = self.values["spikes"]
            times = jnp.sort(rows if rows.ndim == 1 else rows[:, compartment])
            padding = jnp.full(max(max_spikes - times.shape[0], 0), jnp.inf, times.dtype)
            padded = jnp.concatenate([times, padding])
            return Spikes(
                padded[:max_spikes], jnp.isfinite(padded[:max_spikes]), jnp.isfinite(padded[max_spikes:]).any()
            )
        level = threshold if level is None else level
        found = find_spikes(jnp.asarray(self.t), jnp.asarray(self[of])[:, compartment], level, max_spikes, height)
        return Spikes(found.times, jnp.isfinite(found.times), found.count > max_spikes)


def _check_recorded(compartment: Any, values: Any) -> None:
    count = jnp.shape(values)[1] if jnp.ndim(values) > 1 else 1
    if not isinstance(compartment, Tracer) and not -count <= compartment < count:
        raise ValueError(f"compartment = {compartment}: {count} were recorded, from 0 to {count - 1}.")
