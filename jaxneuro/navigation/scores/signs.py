"""What a score of firing does with units whose activity has a sign, such as linear ones."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

SIGNS = ("raw", "rectified", "shifted")


def as_rates(activity: ArrayLike, signs: str, axis: int | tuple[int, ...] = -1) -> jax.Array:
    """Activity as the rates that a score takes.

    "raw": as it is; "rectified": negative values are silence; "shifted": the least value becomes silence. The choice decides:
    shifted, a cosine of any size about any mean has a mean vector of exactly 1/2, above the usual threshold of 0.47.

    Args:
        activity: Of one unit, along `axis`.
        signs: One of the three.
        axis: Axes over which the least value is sought.

    Raises:
        ValueError: for another word.
    """
    if signs not in SIGNS:
        raise ValueError(f"signs = {signs!r}: choose one of {', '.join(SIGNS)}.")
    activity = jnp.asarray(activity)
    if signs == "raw":
        return activity
    if signs == "rectified":
        return jnp.maximum(activity, 0)
    return activity - jnp.nanmin(activity, axis=axis, keepdims=True)
