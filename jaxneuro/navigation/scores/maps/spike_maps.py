"""Rate maps of spike times and a track."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from ....arithmetic import Scalar
from .given import Corners
from .rate_maps import bin_of, require_map, smoothed

WITHIN = 0.05  # part of the spikes that is within the track at least; of times in ms it is a thousandth


class Track(Protocol):
    """What a map of spikes asks of a track."""

    @property
    def position(self) -> ArrayLike:
        """Places (time, 2) [m]."""
        ...

    @property
    def mask(self) -> ArrayLike | None:
        """Which places are known (time,); None if all are."""
        ...

    @property
    def start(self) -> Scalar:
        """Time of the first place on the clock of the spikes [s]."""
        ...

    @property
    def dt(self) -> Scalar:
        """Time from one place to the next [s]."""
        ...


def spike_map(
    track: Track,
    spike_times: Num[ArrayLike, "*unit spike"] | Sequence,
    bounds: Corners,
    bins: int | tuple[int, int] = 32,
    *,
    smoothing: float = 0.0,
    visits: Scalar = 1.0,
) -> Float[Array, "*unit y x"]:
    """Firing rate in each bin of an arena [Hz]: spikes there by the time spent there; NaN where the animal was not.

    The place of a spike is interpolated between the two places of the track beside it. Spikes before and after the track, and
    those beside a place that is masked, are left out, as is the time of masked places. Spikes and time are smoothed each by the
    same Gaussian before they are divided.

        track = jn.data.read_trajectory("rat.npz")
        maps = jn.navigation.scores.spike_map(track, spikes, ((0, 0), (1, 1)), 20, smoothing=1.5)

    Args:
        track: With `position` (time, 2) [m], `dt` [s], perhaps `mask` (time,), and `start`, the time of the first place on the
            clock of the spikes [s], 0 by default: a `data.Trajectory`, or the `Path` of one animal in no periodic arena.
        spike_times: Of one unit (spike,) [s], or of several (unit, spike), padded with NaN.
        bounds: Corners of the map ((x, y) lowest, (x, y) highest) [m]; what is outside is left out.
        bins: Number of bins along each side, or (along y, along x).
        smoothing: Standard deviation of the Gaussian, in bins.
        visits: Places of the track that a bin needs to count as visited.

    Returns:
        Map (y, x), or one for each unit (unit, y, x).

    Raises:
        ValueError: for shapes that do not fit, places that are not numbers, and spikes of which hardly any is within the track.
    """
    position, bounds = jnp.asarray(track.position), jnp.asarray(bounds)
    spikes = jnp.asarray(spike_times, float) if isinstance(spike_times, Tracer) else np.asarray(spike_times, np.float64)
    shape = tuple(bins) if isinstance(bins, tuple | list) else (bins, bins)
    mask = np.ones(position.shape[:1], bool) if track.mask is None else jnp.asarray(track.mask, bool)
    require_map(position, bounds, shape)
    start, dt = track.start, track.dt
    if spikes.ndim not in (1, 2):
        raise ValueError(f"spike_times have shape {spikes.shape}: must be (spike,) or (unit, spike) [s].")
    places = jnp.asarray((spikes - start) / dt)  # in double precision where it can be: a clock may be days ahead
    if not spikes.size:  # of units that are silent
        places = jnp.full((*spikes.shape[:-1], 1), jnp.nan)
    _require_within(places, spikes, len(position), start, dt)
    made = _spike_map(
        position, mask, places.reshape(-1, max(spikes.shape[-1], 1)), dt, bounds, shape, smoothing, visits
    )
    return made[0] if spikes.ndim == 1 else made


@partial(jax.jit, static_argnames=("shape", "smoothing"))
def _spike_map(
    position: jax.Array, mask: jax.Array, places: jax.Array, dt: Scalar, bounds: jax.Array, shape: tuple, smoothing: float,
    visits: Scalar,
) -> jax.Array:  # fmt: skip
    position = jnp.where(mask[:, None], position, bounds[0])
    bins, inside = bin_of(position, bounds, shape)
    total = lambda where, weight: jax.ops.segment_sum(weight, where, shape[0] * shape[1]).reshape(shape)
    visited = total(bins, (mask & inside).astype(position.dtype))

    def counts(places: jax.Array) -> jax.Array:
        known = (places >= 0) & (places <= len(position) - 1)
        before = jnp.clip(jnp.where(known, jnp.floor(places), 0).astype(int), 0, len(position) - 2)
        part = jnp.where(known, places - before, 0.0)[:, None]
        where, inside = bin_of((1 - part) * position[before] + part * position[before + 1], bounds, shape)
        tracked = (mask[before] | (part[:, 0] == 1)) & (mask[before + 1] | (part[:, 0] == 0))
        return total(where, (known & inside & tracked).astype(position.dtype))

    time, seen = smoothed(visited * dt, smoothing), visited >= visits
    rates = smoothed(jax.vmap(counts)(places), smoothing)
    return jnp.where(seen, rates / jnp.where(seen, time, 1.0), jnp.nan)


def _require_within(places: jax.Array, spikes: ArrayLike, count: int, start: Scalar, dt: Scalar) -> None:
    """Refuse spikes of another clock, or in ms."""
    if any(isinstance(x, Tracer) for x in (places, spikes)) or not np.isfinite(spikes).any():
        return
    within = np.sum((places >= 0) & (places <= count - 1)) / np.isfinite(spikes).sum()
    if within < WITHIN:
        low, high = float(np.nanmin(spikes)), float(np.nanmax(spikes))
        raise ValueError(
            f"spike_times from {low:g} to {high:g} s: {100 * within:.2g} % are within the track, which lasts from {start:g} to "
            f"{start + dt * (count - 1):g} s: give both in s, on one clock (`start` of the track)."
        )
