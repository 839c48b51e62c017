"""Radii for a tree that has none: a quadratic taper from the root to the tips."""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ..shape import Morphology, below, is_tip


@jax.jit
def quadratic_taper(morphology: Morphology, base: Values, tip: Values) -> jax.Array:
    """Radii that fall quadratically along every way from a root to a tip (point,) [µm].

    radius = tip + (base - tip) mean over the tips behind the point of (1 - x / L)²

    x is the way from the root to the point, L that to a tip. Where a short branch leaves, the mean would rise; there the
    parent's radius goes on, so no dendrite widens away from its root. Differentiable in positions, base and tip.

    From the source are the quadratic form, which lets most current reach the root for a given volume, and the mean over the
    tips. Simplified: the source has a table of three coefficients for each length of dendrite; here one parabola that ends
    level at the tip serves all lengths, with `base` and `tip` free.

    Args:
        morphology: Tree whose radii only tell padding (0) from points that count.
        base: Radius at the roots [µm].
        tip: Radius at the tips [µm]; positive.

    Source: Cuntz, Borst & Segev (2007), Theor. Biol. Med. Model. 4:21; form also Bird & Cuntz (2016), PLoS Comput. Biol.
    12:e1004897.
    """
    path, real = morphology.path_distance, morphology.radius > 0
    end = is_tip(morphology, real)
    inverse = jnp.where(end & (path > 0), 1 / jnp.where(path > 0, path, 1.0), 0.0)
    amounts = jnp.stack([end.astype(path.dtype), inverse, inverse**2])
    count, first, second = jax.vmap(below, (None, 0))(morphology, amounts)
    first, second = first / jnp.maximum(count, 1.0), second / jnp.maximum(count, 1.0)
    share = jnp.maximum(1 - 2 * path * first + path**2 * second, 0.0)
    return jnp.where(real, tip + (base - tip) * _never_above(morphology.parent, share), 0.0)


def _never_above(parent: jax.Array, x: jax.Array) -> jax.Array:
    """The least value on the way from the root to every point (point,), by pointer jumping."""
    above = parent
    for _ in range(max(x.shape[0] - 1, 1).bit_length()):
        x = jnp.where(above >= 0, jnp.minimum(x, x[jnp.maximum(above, 0)]), x)
        above = jnp.where(above >= 0, above[jnp.maximum(above, 0)], -1)
    return x
