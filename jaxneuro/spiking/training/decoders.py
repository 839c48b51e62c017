"""What the readout says: a `Response` to one score for each class (class,), of which the largest is the answer.

A decoder is a frozen pytree, so its numbers may change without another compilation. Counts come from the trains of `FixedStep`,
with surrogate derivatives, where there are trains; from exact spike times they have no derivative, as in truth. Nothing is read
after the end of a sample that is shorter than its run (`Response.end`).
"""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree
from ..run import Response

__all__ = [
    "ROUNDED",
    "Counts",
    "FirstSpike",
    "Membrane",
    "MembraneLast",
    "MembraneMax",
    "MembraneMean",
    "first_spikes",
    "spike_counts",
    "within",
]


def __dir__() -> list[str]:
    return __all__


ROUNDED = 1e-6  # of a time, by which a grid point may be beyond the end of a sample that ends there


class Counts(Pytree):
    """Number of spikes of each readout neuron.

    Attributes:
        scale: Score of a spike.
    """

    scale: Values = 1.0

    def __call__(self, response: Response) -> jax.Array:
        return self.scale * spike_counts(response, response.readout)


class FirstSpike(Pytree):
    """The earlier its first spike, the higher the score: -t / tau, and -missing / tau for a neuron that stays silent.

    With a cross-entropy this is eq. 5 of Göltz et al. (2021), Nat. Mach. Intell. 3:823.

    Attributes:
        tau: Difference of times that counts for one unit of score [ms].
        missing: Time that stands for no spike; later spikes count as this too [ms].
    """

    tau: Values
    missing: Any

    def __call__(self, response: Response) -> jax.Array:
        return -first_spikes(response, response.readout, self.missing) / self.tau


class Membrane(Pytree):
    """Base of the decoders that read potentials; the readout must be in `record`."""

    scale: Values = 1.0

    def __call__(self, response: Response) -> jax.Array:
        if response.readout not in response.voltage:
            raise ValueError(
                f"this decoder reads the potential of {response.readout!r}, which was not recorded: "
                f"record=({response.readout!r},)."
            )
        v = response.voltage[response.readout]
        return self.scale * self.reduce(v, within(response, v))

    def reduce(self, v: jax.Array, within: jax.Array) -> jax.Array:
        """Potentials (time, neuron), and which of them are of the sample (time, 1), to scores (neuron,)."""
        raise NotImplementedError


class MembraneMax(Membrane):
    """The largest potential of each readout neuron. Source: Zenke & Ganguli (2018), Neural Comput. 30:1514."""

    def reduce(self, v: jax.Array, within: jax.Array) -> jax.Array:
        return jnp.max(v, axis=0, where=within, initial=-jnp.inf)


class MembraneMean(Membrane):
    """The mean potential of each readout neuron."""

    def reduce(self, v: jax.Array, within: jax.Array) -> jax.Array:
        return jnp.mean(v, axis=0, where=within)


class MembraneLast(Membrane):
    """The potential of each readout neuron at the end."""

    def reduce(self, v: jax.Array, within: jax.Array) -> jax.Array:
        return v[jnp.sum(within) - 1]


def within(response: Response, series: jax.Array) -> jax.Array:
    """Which rows of a series on the times `t` are of the sample (time, 1); the first always is."""
    if response.end is None:
        return jnp.ones((series.shape[0], 1), bool)
    t = response.t[:, None]
    return (t <= response.end * (1 + ROUNDED)) | (t == t[0])


def spike_counts(response: Response, population: str) -> jax.Array:
    """Number of spikes of each neuron (neuron,), with surrogate derivatives where there are trains."""
    if population in response.trains:
        return jnp.sum(_train(response, population), axis=0)
    return jnp.sum(jnp.isfinite(_spikes(response, population)), axis=-1).astype(float)


def first_spikes(response: Response, population: str, missing: Any) -> jax.Array:
    """Time of the first spike of each neuron, at most `missing`, which also stands for none (neuron,) [ms].

    From trains it is the sum over the grid of whether the neuron is silent so far, so that surrogate derivatives pass, those of
    silent neurons too.
    """
    if population not in response.trains:
        return jnp.minimum(_spikes(response, population)[..., 0], missing)
    silent = jnp.cumprod(1 - _train(response, population), axis=0)
    first = response.t[0] * (1 + jnp.sum(silent, axis=0))
    late = (silent[-1] > 0) | (first > missing)
    return jnp.where(late, missing + first - jax.lax.stop_gradient(first), first)


def _spikes(response: Response, population: str) -> jax.Array:
    if population not in response.spikes:
        raise ValueError(
            f"this decoder reads the spikes of {population!r}, which never spikes; populations that do: "
            f"{', '.join(response.spikes)}. Use a Membrane decoder."
        )
    times = response.spikes[population]
    return times if response.end is None else jnp.where(times <= response.end, times, jnp.inf)


def _train(response: Response, population: str) -> jax.Array:
    """Spikes on the grid, those after the end of the sample being none."""
    train = response.trains[population]
    return train if response.end is None else jnp.where(within(response, train), train, 0.0)
