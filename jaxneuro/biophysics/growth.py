"""Synthetic neurons: points scattered where dendrites are to reach, wired by Cajal's rule, tapered to the tips.

Which point joins which has no derivative; with the tree given, lengths, areas and volumes are differentiable in radii,
extents and positions. One function grows one neuron, `jax.vmap` over keys a forest.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp

from ..pytree import Pytree, static
from .morphology import APICAL, BASAL, SOMA, UNDEFINED, Morphology
from .spanning_tree import minimum_spanning_tree as minimum_spanning_tree
from .taper import quadratic_taper as quadratic_taper


class Pyramid(Pytree):
    """How large a pyramidal cell is and how many points its dendrites have to reach.

    The defaults have the size of a layer 5 cell of the rat; they are round numbers and fitted to nothing.

    Attributes:
        balance: Weight of the way to the soma against wire, less than 1 or the trunk falls apart.
        soma_radius: Radius of the soma [µm].
        basal_radius: How far basal dendrites reach [µm].
        basal_angle: Half the opening of their cone around straight down [rad]; π fills a ball.
        trunk_length: From the soma to where the tuft begins [µm].
        oblique_start: Where on the trunk obliques begin, as a share of its length; they end at `oblique_end`.
        oblique_end: See `oblique_start`.
        oblique_radius: How far obliques reach [µm].
        tuft_height: From the end of the trunk to the top of the tuft [µm].
        tuft_radius: Radius of the tuft at its top [µm]; it is a cone.
        basal_base: Radius of basal stems [µm].
        apical_base: Radius of the trunk at the soma [µm].
        tip: Radius of all tips [µm].
        stems: Number of places where basal dendrites may leave the soma.
        basal_points: Number of points that basal dendrites reach; below, the same for the other domains.
        trunk_points: See `basal_points`.
        oblique_points: See `basal_points`.
        tuft_points: See `basal_points`.

    Source of the balance: Cuntz, Forstner, Borst & Häusser (2010), who find 0.2 to 0.7 for pyramidal cells.
    """

    balance: Any = 0.5
    soma_radius: Any = 8.0
    basal_radius: Any = 150.0
    basal_angle: Any = 2.0
    trunk_length: Any = 400.0
    oblique_start: Any = 0.1
    oblique_end: Any = 0.7
    oblique_radius: Any = 120.0
    tuft_height: Any = 200.0
    tuft_radius: Any = 150.0
    basal_base: Any = 0.8
    apical_base: Any = 1.8
    tip: Any = 0.25
    stems: int = static(default=6)
    basal_points: int = static(default=80)
    trunk_points: int = static(default=20)
    oblique_points: int = static(default=40)
    tuft_points: int = static(default=50)


def dendrite(
    points: jax.Array,
    balance: Any,
    base: Any,
    tip: Any,
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
    used = real & ~((parent < 0) & (_children(tree) == 0))
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
    basal, apical = jax.random.split(key)
    r = plan.soma_radius
    trees = [
        dendrite(_basal(basal, plan), plan.balance, plan.basal_base, plan.tip, roots=plan.stems, kind=BASAL),
        dendrite(_apical(apical, plan), plan.balance, plan.apical_base, plan.tip, kind=APICAL),
    ]
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


def _children(tree: Morphology) -> jax.Array:
    """Children of each point without padding (point,)."""
    size = tree.parent.shape[0]
    return jnp.zeros(size, int).at[jnp.where(tree.joint, size, tree.parent)].add(1, mode="drop")


def _basal(key: jax.Array, plan: Pyramid) -> jax.Array:
    """Stems on the soma and points that fill a downward cone of the basal ball (point, 3) [µm]."""
    stems, points = jax.random.split(key)
    on_soma = plan.soma_radius * _directions(stems, plan.stems, plan.basal_angle)
    distance, direction = jax.random.split(points)
    u = jax.random.uniform(distance, (plan.basal_points, 1))
    reach = (plan.soma_radius**3 + u * (plan.basal_radius**3 - plan.soma_radius**3)) ** (1 / 3)
    return jnp.concatenate([on_soma, reach * _directions(direction, plan.basal_points, plan.basal_angle)])


def _apical(key: jax.Array, plan: Pyramid) -> jax.Array:
    """The root on top of the soma, the trunk, a cylinder of obliques, a cone of tuft (point, 3) [µm]."""
    oblique, tuft, disc, top = jax.random.split(key, 4)
    trunk = jnp.linspace(0.0, 1.0, plan.trunk_points + 1)[:, None] * plan.trunk_length * jnp.array([0.0, 1, 0])
    share = jax.random.uniform(oblique, (plan.oblique_points, 1), minval=plan.oblique_start, maxval=plan.oblique_end)
    height = jax.random.uniform(tuft, (plan.tuft_points, 1)) ** (1 / 3)
    obliques = _at_height(share * plan.trunk_length, plan.oblique_radius * _disc(disc, plan.oblique_points))
    cone = _at_height(plan.trunk_length + height * plan.tuft_height, height * plan.tuft_radius * _disc(top, plan.tuft_points))
    return jnp.concatenate([trunk, obliques, cone]) + plan.soma_radius * jnp.array([0.0, 1, 0])


def _directions(key: jax.Array, count: int, angle: Any) -> jax.Array:
    """Unit vectors uniform within an angle [rad] around straight down (count, 3)."""
    u, v = jax.random.uniform(key, (2, count))
    down = 1 - u * (1 - jnp.cos(angle))
    across, turn = jnp.sqrt(jnp.maximum(1 - down**2, 1e-12)), 2 * math.pi * v
    return jnp.stack([across * jnp.cos(turn), -down, across * jnp.sin(turn)], -1)


def _disc(key: jax.Array, count: int) -> jax.Array:
    """Points uniform in the unit disc (count, 2)."""
    u, v = jax.random.uniform(key, (2, count))
    return jnp.sqrt(u)[:, None] * jnp.stack([jnp.cos(2 * math.pi * v), jnp.sin(2 * math.pi * v)], -1)


def _at_height(height: jax.Array, across: jax.Array) -> jax.Array:
    """Points from heights (point, 1) and places across (point, 2), y up (point, 3)."""
    return jnp.concatenate([across[:, :1], height, across[:, 1:]], -1)
