"""How a tree branches: which points are tips and forks, in which order, how evenly. Structure only, no lengths.

A point counts if its radius is positive: radius 0 marks padding (see `Morphology`).
"""

import jax
import jax.numpy as jnp

from .morphology import SOMA, Morphology


def not_padding(morphology: Morphology) -> jax.Array:
    """Which points are not padding (point,)."""
    return morphology.radius > 0


def part(morphology: Morphology, kinds: tuple[int, ...] = ()) -> jax.Array:
    """Which points count and are of one of these kinds (point,); without kinds, all but those of the soma."""
    kind = morphology.kind
    chosen = jnp.isin(kind, jnp.array(kinds, kind.dtype)) if kinds else kind != SOMA
    return chosen & not_padding(morphology)


def child_count(morphology: Morphology) -> jax.Array:
    """How many children that count each point has (point,)."""
    return _to_parents(morphology, not_padding(morphology).astype(int))


def is_tip(morphology: Morphology, among: jax.Array) -> jax.Array:
    """Which of some points (point,) are tips (point,)."""
    return among & (child_count(morphology) == 0)


def is_branch_point(morphology: Morphology, among: jax.Array) -> jax.Array:
    """Which of some points (point,) have two or more children (point,)."""
    return among & (child_count(morphology) >= 2)


def branch_order(morphology: Morphology) -> jax.Array:
    """How many branch points lie on the way from the soma to each point, itself not counted (point,); 0 on a stem.

    Source: centrifugal order, Uylings & van Pelt (2002), Network 13:397.
    """
    branch = is_branch_point(morphology, part(morphology)).astype(int)
    return morphology.along_path(jnp.where(morphology.parent >= 0, branch[jnp.maximum(morphology.parent, 0)], 0))


def asymmetry(morphology: Morphology, among: jax.Array) -> jax.Array:
    """Mean of |r - s| / (r + s - 2) over the bifurcations among some points (point,), with r and s tips behind them.

    Bifurcations into two tips count as symmetric; points with more than two children are left out. Without a bifurcation, 0.

    Source: van Pelt, Uylings, Verwer, Pentney & Woldenberg (1992), Bull. Math. Biol. 54:759.
    """
    tips = below(morphology, is_tip(morphology, part(morphology)).astype(morphology.position.dtype))
    counted = jnp.where(not_padding(morphology), tips, 0.0)
    both, squares = _to_parents(morphology, counted), _to_parents(morphology, counted**2)
    difference = jnp.sqrt(jnp.maximum(2 * squares - both**2, 0.0))
    fork = among & (child_count(morphology) == 2)
    index = jnp.where(fork & (both > 2), difference / jnp.maximum(both - 2, 1.0), 0.0)
    return index.sum() / jnp.maximum(fork.sum(), 1)


def below(morphology: Morphology, amount: jax.Array) -> jax.Array:
    """The sum of an amount (point,) over each point and all behind it (point,): the transpose of `along_path`."""
    return jax.linear_transpose(morphology.along_path, amount)(amount)[0]


def _to_parents(morphology: Morphology, amount: jax.Array) -> jax.Array:
    """The sum of an amount (point,) over the children of each point (point,)."""
    size = amount.shape[0]
    parent = jnp.where(morphology.parent >= 0, morphology.parent, size)
    return jnp.zeros_like(amount).at[parent].add(amount, mode="drop")
