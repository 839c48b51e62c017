"""Where the dendrites of a pyramidal cell have to go: a plan, and points scattered by it."""

import math

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree, static


class Pyramid(Pytree):
    """How large a pyramidal cell is and how many points its dendrites have to reach.

    The defaults have the size of a layer 5 cell of the rat; but for the balance they are round numbers, fitted to nothing.

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

    Source of the balance: Cuntz, Forstner, Borst & Häusser (2010), fig. 7: 0.7, 0.6 and 0.5 for layers 2/3, 4 and 5.
    """

    balance: Values = 0.5
    soma_radius: Values = 8.0
    basal_radius: Values = 150.0
    basal_angle: Values = 2.0
    trunk_length: Values = 400.0
    oblique_start: Values = 0.1
    oblique_end: Values = 0.7
    oblique_radius: Values = 120.0
    tuft_height: Values = 200.0
    tuft_radius: Values = 150.0
    basal_base: Values = 0.8
    apical_base: Values = 1.8
    tip: Values = 0.25
    stems: int = static(default=6)
    basal_points: int = static(default=80)
    trunk_points: int = static(default=20)
    oblique_points: int = static(default=40)
    tuft_points: int = static(default=50)


def scatter(key: jax.Array, plan: Pyramid) -> tuple[jax.Array, jax.Array]:
    """Points for the basal and for the apical dendrites, differentiable in the plan's extents.

    Basal: the stems on the soma, then points that fill a downward cone of a ball around it. Apical: the root on top of the
    soma, the trunk, a cylinder of obliques, a cone of tuft. All are uniform in their volumes.

    Args:
        key: Random key.
        plan: Sizes and numbers of points.

    Returns:
        Roots, then points to reach (point, 3) [µm], of both.
    """
    counts = (plan.stems, plan.basal_points, plan.oblique_points, plan.tuft_points)
    # in one draw, which compiles in half the time of four; in float32, so that a key grows the same cell in any precision
    uniform = jax.random.uniform(key, (sum(counts), 3), jnp.float32).astype(jnp.result_type(float))
    ends = [sum(counts[: i + 1]) for i in range(3)]
    stems, basal, oblique, tuft = jnp.split(uniform, ends)
    return _basal(stems, basal, plan), _apical(oblique, tuft, plan)


def _basal(stems: jax.Array, points: jax.Array, plan: Pyramid) -> jax.Array:
    inner, outer = plan.soma_radius**3, plan.basal_radius**3
    distance = (inner + points[:, 2:] * (outer - inner)) ** (1 / 3)
    on_soma = plan.soma_radius * _directions(stems, plan.basal_angle)
    return jnp.concatenate([on_soma, distance * _directions(points, plan.basal_angle)])


def _apical(oblique: jax.Array, tuft: jax.Array, plan: Pyramid) -> jax.Array:
    up = jnp.array([0.0, 1.0, 0.0])
    trunk = jnp.linspace(0.0, 1.0, plan.trunk_points + 1)[:, None] * plan.trunk_length * up
    share = plan.oblique_start + oblique[:, 2:] * (plan.oblique_end - plan.oblique_start)
    obliques = plan.trunk_length * share * up + plan.oblique_radius * _disc(oblique)
    opening = tuft[:, 2:] ** (1 / 3)
    cone = (plan.trunk_length + opening * plan.tuft_height) * up + opening * plan.tuft_radius * _disc(tuft)
    return jnp.concatenate([trunk, obliques, cone]) + plan.soma_radius * up


def _directions(uniform: jax.Array, angle: Values) -> jax.Array:
    """Unit vectors uniform within an angle [rad] around straight down (point, 3), from two uniform numbers each."""
    down = 1 - uniform[:, :1] * (1 - jnp.cos(angle))
    across = jnp.sqrt(jnp.maximum(1 - down**2, 1e-12))  # not 0, where the root has no slope
    return across * _circle(uniform[:, 1]) - down * jnp.array([0.0, 1.0, 0.0])


def _disc(uniform: jax.Array) -> jax.Array:
    """Points uniform in the horizontal unit disc (point, 3), from two uniform numbers each."""
    return jnp.sqrt(uniform[:, :1]) * _circle(uniform[:, 1])


def _circle(turn: jax.Array) -> jax.Array:
    """Points of the horizontal unit circle (point, 3) at turns (point,)."""
    angle = 2 * math.pi * turn
    return jnp.stack([jnp.cos(angle), jnp.zeros_like(turn), jnp.sin(angle)], -1)
