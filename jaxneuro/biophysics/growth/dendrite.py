"""Synthetic neurons: points scattered where dendrites are to reach, wired by Cajal's rule, tapered to the tips.

Which point joins which has no derivative; with the tree given, lengths, areas and volumes are differentiable in radii,
extents and positions. One function grows one neuron, `jax.vmap` over keys a forest.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ..shape import APICAL, BASAL, SOMA, UNDEFINED, Morphology, child_count
from .pyramid import Pyramid, scatter
from .spanning_tree import minimum_spanning_tree
from .taper import quadratic_taper


@partial(jax.jit, static_argnames=("roots", "binary", "kind"))
def dendrite(
    points: jax.Array,
    balance: Values,
    base: Values,
    tip: Values,
    mask: jax.Array | None = None,
    *,
    roots: int = 1,
    binary: bool = True,
    kind: int = UNDEFINED,
) -> Morphology:
    """A dendrite that reaches given points: wired by `minimum_spanning_tree`, radii by `quadratic_taper`.

    Masked points and roots from which nothing grows become padding: radius 0, at the first point.

    Args:
        points: Roots, then points to reach (point, 3) [µm].
        balance: Weight of the way to the root against wire.
        base: Radius at the roots [µm].
        tip: Radius at the tips [µm].
        mask: False for points that only fill up the array (point,).
        roots: How many points are roots.
        binary: Allow no point more than two children.
        kind: What the points belong to, such as BASAL.
    """
    order, parent = minimum_spanning_tree(points, balance, mask, roots=roots, binary=binary)
    real = jnp.ones(points.shape[0], bool) if mask is None else mask[order] | (parent < 0)
    joint = ~real | (parent < 0)
    position = jnp.where(real[:, None], points[order], points[0])
    tree = Morphology(position, real.astype(points.dtype), parent, jnp.full_like(parent, kind), joint)
    used = real & ~((parent < 0) & (child_count(tree) == 0))
    return tree.replace(radius=jnp.where(used, quadratic_taper(tree, base, tip), 0.0))


@jax.jit
def pyramidal(key: jax.Array, plan: Pyramid = Pyramid()) -> Morphology:  # noqa: B008 - frozen
    """Grow a pyramidal cell, apical dendrite up (y), soma at the origin.

    The soma is three points, a cylinder with the area of its sphere; basal and apical dendrites begin on its surface. No
    dendrite has a branch point with more than two children.

    Args:
        key: Random key; other keys grow other cells.
        plan: Sizes and numbers of points.

    Returns:
        A morphology with as many points as the plan says, those of radius 0 being padding.
    """
    basal, apical = scatter(key, plan)
    trees = [
        dendrite(basal, plan.balance, plan.basal_base, plan.tip, roots=plan.stems, kind=BASAL),
        dendrite(apical, plan.balance, plan.apical_base, plan.tip, kind=APICAL),
    ]
    r = plan.soma_radius
    soma = Morphology(
        r * jnp.array([[0.0, 0, 0], [0, -1, 0], [0, 1, 0]]), r * jnp.ones(3), jnp.array([-1, 0, 0]),
        jnp.full(3, SOMA), jnp.array([True, False, False]),
    )  # fmt: skip
    return _attach(soma, trees)


def _attach(soma: Morphology, trees: list[Morphology]) -> Morphology:
    """One morphology: the roots of trees become joints to the soma's first point."""
    parts, offset = [soma], soma.parent.shape[0]
    for tree in trees:
        parts.append(tree.replace(parent=jnp.where(tree.joint, 0, tree.parent + offset)))
        offset += tree.parent.shape[0]
    return jax.tree.map(lambda *x: jnp.concatenate(x), *parts)
