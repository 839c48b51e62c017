"""What scores are worth: the same scores of maps and activities without the structure that is sought."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from ...arithmetic import Scalar, Values
from .maps import as_maps, basins, filled, smoothed

BACKGROUND = 1.5  # smoothness of what lies between shuffled fields, in bins


@jax.jit
def field_shuffle(key: jax.Array, maps: Num[ArrayLike, "*unit y x"]) -> Float[Array, "*unit y x"]:
    """Rate maps (..., y, x) with each of their fields moved to a random place, round the edges; the rates are the same.

    Fields are the basins of the local maxima. Where they come to overlap the higher rate wins; each map is then given its own
    rates back, by rank, the lowest ones where no field came to lie.

    Source: after Barry & Burgess (2017), bioRxiv 230250; Banino et al. (2018), supplementary information 3d.
    """
    maps = as_maps(maps)
    flat = maps.reshape(-1, *maps.shape[-2:])
    return jax.vmap(_shuffled)(jax.random.split(key, len(flat)), flat).reshape(maps.shape)


@partial(jax.jit, static_argnames="least")
def time_shift(key: jax.Array, activity: Num[ArrayLike, "time unit"], least: float = 0.1) -> Num[Array, "time unit"]:
    """Activity (time, unit) of each unit shifted in time, round the end, by a random part from `least` to 1 - `least`."""
    activity = jnp.asarray(activity)
    if activity.ndim != 2 or not 0 <= least <= 0.5:
        raise ValueError(
            f"activity has shape {activity.shape} and least is {least}: must be (time, unit), and a part from 0 to 0.5."
        )
    time, units = activity.shape
    shift = jax.random.randint(key, (units,), int(np.ceil(least * time)), int((1 - least) * time) + 1)
    return jax.vmap(jnp.roll, (1, 0), 1)(activity, shift)


@partial(jax.jit, static_argnames=("count", "bins", "cutoff"))
def low_pass_noise(
    key: jax.Array, count: int, bins: int = 32, cutoff: float = 0.0625
) -> Float[Array, "{count} {bins} {bins}"]:
    """Maps (count, bins, bins) of noise with a flat spectrum up to a spatial frequency [cycles a bin], mean 0, variance 1.

    Source: Sorscher et al. (2023), Neuron 111:121, where noise below 0.0625 cycles a bin stands beside trained units.
    """
    if not bins * cutoff > 1:
        raise ValueError(
            f"bins = {bins}: no wave has less than {cutoff:g} cycles a bin: give more than {1 / cutoff:g}."
        )
    frequency = np.hypot(np.fft.fftfreq(bins)[:, None], np.fft.rfftfreq(bins))
    spectrum = jnp.fft.rfft2(jax.random.normal(key, (count, bins, bins)))
    noise = jnp.fft.irfft2(jnp.where((frequency < cutoff) & (frequency > 0), spectrum, 0.0), s=(bins, bins))
    return noise / jnp.std(noise, (-2, -1), keepdims=True)


@partial(jax.jit, static_argnames="count")
def isotropic_noise(key: jax.Array, maps: Num[ArrayLike, "*unit y x"], count: int) -> Float[Array, "{count} y x"]:
    """Noise (count, y, x) of mean 0 with the mean power of rate maps (..., y, x) at each wavelength, the same in all directions.

    Maps with a typical wavelength, as targets with a surround bring about, pass for grids more often than their shuffled fields
    do. Cut off at 0, as rates are, this noise says how often: what is not above it has a wavelength and no lattice.
    """
    maps = filled(as_maps(maps))
    size = maps.shape[-2:]
    apart = maps - jnp.mean(maps, (-2, -1), keepdims=True)
    power = jnp.mean(jnp.abs(jnp.fft.fft2(apart.reshape(-1, *size))) ** 2, 0)
    frequency = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1]))
    ring = np.round(2 * max(size) * frequency).astype(int)
    mean = jnp.bincount(ring.ravel(), power.ravel(), length=ring.max() + 1) / np.maximum(np.bincount(ring.ravel()), 1)
    white = jnp.fft.fft2(jax.random.normal(key, (count, *size))) / np.sqrt(np.prod(size))
    return jnp.fft.ifft2(white * jnp.sqrt(mean)[ring]).real


@partial(jax.jit, static_argnames=("score", "count"))
def shuffled_scores(
    key: jax.Array, maps: Num[ArrayLike, "*unit y x"], score: Callable[[jax.Array], jax.Array], count: int = 100
) -> Num[Array, "{count} ..."]:
    """Scores (count, ...) of maps (..., y, x) whose fields are shuffled, `count` times."""
    return jax.lax.map(lambda k: score(field_shuffle(k, maps)), jax.random.split(key, count))


def threshold(null: Num[ArrayLike, "sample *score"], percentile: Scalar = 95.0) -> Float[Array, "*score"]:
    """The percentile of scores of a null (sample, ...), over samples, of those that are numbers."""
    return jnp.nanpercentile(jnp.asarray(null), percentile, axis=0)


def fraction_above(scores: Num[ArrayLike, "*population unit"], threshold: Values) -> Float[Array, "*population"]:
    """Part of the units (..., unit) whose score is above a threshold; a score that is not a number is not."""
    return jnp.mean(jnp.asarray(scores) > threshold, axis=-1)


def _shuffled(key: jax.Array, rates: jax.Array) -> jax.Array:
    place, fill = jax.random.split(key)
    whole = jnp.where(jnp.isfinite(rates), rates, filled(rates))
    height, width = whole.shape
    offset = jax.random.randint(place, (whole.size, 2), 0, jnp.array([height, width]))[basins(whole)]
    row, column = jnp.mod(
        np.indices(whole.shape) + jnp.moveaxis(offset, -1, 0), jnp.array([height, width])[:, None, None]
    )
    moved = jnp.full_like(whole, -jnp.inf).at[row, column].max(whole)
    background = smoothed(jax.random.normal(fill, whole.shape), BACKGROUND) + jnp.min(whole) - 1e3 * jnp.ptp(whole)
    moved = jnp.where(jnp.isinf(moved), background, moved)
    ranks = jnp.argsort(jnp.stack([moved.ravel(), whole.ravel()]), axis=1)
    shuffled = jnp.zeros_like(whole).ravel().at[ranks[0]].set(whole.ravel()[ranks[1]]).reshape(whole.shape)
    return jnp.where(jnp.isfinite(rates), shuffled, jnp.nan)
