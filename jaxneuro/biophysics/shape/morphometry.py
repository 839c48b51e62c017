"""What anatomists report of a neuron: lengths, tips, branch points, orders, Sholl's count, asymmetry, the law of wiring.

A point counts if its radius is positive: radius 0 marks padding (see `Morphology`). All is by gathers and scatters over the
points, so it is jitted, differentiated where it is continuous, and mapped over stacks of neurons.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp

from ...arithmetic import Values, norm
from ...pytree import Pytree
from .branching import asymmetry, branch_order, is_branch_point, is_tip, part
from .morphology import Morphology

__all__ = ["Statistics", "euclidean_distance", "sholl", "statistics", "wiring_ratio"]


def __dir__() -> list[str]:
    return __all__


class Statistics(Pytree):
    """Numbers about a neuron or a part of it; arrays with a leading axis after `vmap`.

    Attributes:
        length: Total length [µm].
        area: Membrane area [µm²].
        volume: Volume inside [µm³].
        tips: Number of tips.
        branch_points: Number of branch points.
        max_order: Largest branch order.
        max_path: Longest way from the root [µm].
        mean_tip_path: Mean length of the way from the root to a tip [µm].
        reach: Largest straight distance from the root [µm].
        asymmetry: Mean asymmetry of the bifurcations, 0 (symmetric) to 1 (one side branch after the other).
    """

    length: jax.Array
    area: jax.Array
    volume: jax.Array
    tips: jax.Array
    branch_points: jax.Array
    max_order: jax.Array
    max_path: jax.Array
    mean_tip_path: jax.Array
    reach: jax.Array
    asymmetry: jax.Array


@partial(jax.jit, static_argnames="kinds")
def statistics(morphology: Morphology, kinds: tuple[int, ...] = ()) -> Statistics:
    """The usual numbers of the points of these kinds; without kinds, of all but the soma."""
    among = part(morphology, kinds)
    tip, path = is_tip(morphology, among), morphology.path_distance

    def largest(x: jax.Array) -> jax.Array:
        return jnp.max(jnp.where(among, x, jnp.zeros_like(x)))

    def total(x: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(among, x, jnp.zeros_like(x)))

    return Statistics(
        length=total(morphology.length),
        area=total(morphology.area),
        volume=total(morphology.volume),
        tips=tip.sum(),
        branch_points=is_branch_point(morphology, among).sum(),
        max_order=largest(branch_order(morphology)),
        max_path=largest(path),
        mean_tip_path=total(jnp.where(tip, path, 0.0)) / jnp.maximum(tip.sum(), 1),
        reach=largest(euclidean_distance(morphology)),
        asymmetry=asymmetry(morphology, among),
    )


def euclidean_distance(morphology: Morphology) -> jax.Array:
    """Straight distance of each point from the first one (point,) [µm]."""
    return norm(morphology.position - morphology.position[0])


@partial(jax.jit, static_argnames="kinds")
def sholl(morphology: Morphology, radii: jax.Array, kinds: tuple[int, ...] = ()) -> jax.Array:
    """How often dendrites cross spheres around the first point (radius,).

    Exact for the axes of the frusta: one that dips into a sphere from outside and leaves it again crosses twice.

    Args:
        morphology: The neuron.
        radii: Radii of the spheres (radius,) [µm].
        kinds: Which points count, as in `part`.

    Source: Sholl (1953), J. Anat. 87:387.
    """
    to = morphology.position - morphology.position[0]
    start = to[jnp.maximum(morphology.parent, 0)]
    step = to - start
    square = jnp.sum(step * step, -1)
    nearest = jnp.clip(-jnp.sum(start * step, -1) / jnp.where(square > 0, square, 1.0), 0.0, 1.0)
    a, b, least = (jnp.linalg.norm(x, axis=-1) for x in (start, to, start + nearest[:, None] * step))
    r = jnp.asarray(radii)[:, None]
    crossings = jnp.where((a < r) != (b < r), 1, jnp.where((a >= r) & (b >= r) & (least < r), 2, 0))
    return jnp.sum(jnp.where(part(morphology, kinds) & ~morphology.joint, crossings, 0), -1)


def wiring_ratio(length: Values, nodes: Values, volume: Values) -> Values:
    """How much longer a tree is than the shortest that could fill its space.

    ratio = length / [(3 / 4π)^(1/3) nodes^(2/3) volume^(1/3)]

    Args:
        length: Total length [µm].
        nodes: Number of tips and branch points.
        volume: Volume that the tree spans, by convention that of the convex hull of its points [µm³].

    Source: Cuntz, Mathy & Häusser (2012), PNAS 109:11014; there `nodes` are the points to be reached, in one ball each.
    """
    return length / ((3 / (4 * math.pi)) ** (1 / 3) * nodes ** (2 / 3) * volume ** (1 / 3))
