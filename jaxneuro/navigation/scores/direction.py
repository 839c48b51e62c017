"""Tuning to head direction, and the length of its mean vector."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from .signs import as_rates


@partial(jax.jit, static_argnames="bins")
def tuning_curve(
    heading: Num[ArrayLike, "time"], activity: Num[ArrayLike, "time *unit"], bins: int = 20
) -> Float[Array, "*unit {bins}"]:
    """Mean activity in each bin of heading; NaN where there is no sample.

    Args:
        heading: Headings (time,) [rad], of any turn.
        activity: One value a sample (time,), or one for each unit (time, unit).
        bins: Number of bins over a turn, the first from 0.

    Returns:
        Curve (bin,), or one for each unit (unit, bin).
    """
    heading, activity = jnp.asarray(heading), jnp.asarray(activity)
    where = jnp.floor(jnp.mod(heading, 2 * jnp.pi) / (2 * jnp.pi) * bins).astype(int) % bins
    sums = jax.ops.segment_sum(activity, where, bins)
    counts = jax.ops.segment_sum(jnp.ones_like(heading), where, bins)
    mean = sums.T / jnp.where(counts > 0, counts, jnp.nan)
    return jnp.where(jnp.any(jnp.isnan(heading)), jnp.nan, mean)


@partial(jax.jit, static_argnames="signs")
def resultant(curve: Num[ArrayLike, "*unit bin"], signs: str = "rectified") -> Float[Array, "*unit"]:
    """Length of the mean vector of tuning curves: |Σ r exp(iθ)| / Σ r.

    For rates it lies in [0, 1]. For units with a sign it has no meaning until it is said what a negative rate is: "shifted", any
    cosine however faint has 1/2; "raw", the sum below may vanish and the value exceed 1.

    Args:
        curve: Tuning (..., bin), equal bins over a turn, the first from 0.
        signs: "rectified", "shifted" or "raw", see `as_rates`.

    Returns:
        Length (...); NaN for a silent unit, and where a bin is NaN: take fewer bins then. Banino et al. (2018) take 0.47, which
        is Rayleigh's test at 1 % for 20 bins.
    """
    rates = as_rates(curve, signs)
    angle = (np.arange(rates.shape[-1]) + 0.5) * 2 * np.pi / rates.shape[-1]
    total = jnp.sum(rates, -1)
    vector = jnp.hypot(jnp.sum(rates * np.cos(angle), -1), jnp.sum(rates * np.sin(angle), -1))
    return vector / jnp.where(total == 0, jnp.nan, jnp.abs(total))
