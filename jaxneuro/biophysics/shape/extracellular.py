"""The potential outside a neuron, from the currents through its membrane."""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jax.typing import ArrayLike

from ...arithmetic import Values, norm
from ..stimuli import check
from .compartments import Division, pieces
from .morphology import Morphology

THINNEST = 1e-3  # µm: no electrode is nearer to a neurite than this


def transfer(
    morphology: Morphology, division: Division, positions: ArrayLike, conductivity: Values, source: str
) -> jax.Array:
    """What a current of 1 nA out of each compartment makes of the potential at electrodes (electrode, compartment) [mV/nA].

    The tissue is a homogeneous conductor without end, and does not act back on the neuron. The current leaves the pieces of a
    compartment in proportion to their membranes. An electrode inside a neurite is taken to be at its surface.

    Args:
        morphology: The neuron.
        division: Its compartments.
        positions: Of the electrodes (electrode, 3) [µm].
        conductivity: Of the tissue [S/m], of which nA/(S/m µm) is one mV.
        source: `line` or `point`.

    Raises:
        ValueError: for positions of another shape, a conductivity that is not positive, or an unknown source.

    Source: Holt & Koch (1999), J. Comput. Neurosci. 6:169; Gold, Henze, Koch & Buzsáki (2006), J. Neurophysiol. 95:3113.
    """
    positions = jnp.asarray(positions, float)
    _check(positions, conductivity, source)
    return _transfer(morphology, division, positions, conductivity, source=source)


@partial(jax.jit, static_argnames="source")
def _transfer(
    morphology: Morphology, division: Division, positions: jax.Array, conductivity: Values, *, source: str
) -> jax.Array:
    _, near_radius, far_radius, area = pieces(morphology, division)
    end, step = morphology.position[division.point], morphology.step[division.point]
    start, end = (end - step * (1.0 - fraction[:, None]) for fraction in (division.near, division.far))
    radius = jnp.maximum(0.5 * (near_radius + far_radius), THINNEST)
    inverse = jax.vmap(lambda at: SOURCES[source](at, start, end, radius))(positions)
    compartment, count = division.half // 2, len(division.tree.kind)
    whole = jnp.zeros(count, area.dtype).at[compartment].add(area)
    share = area / whole[compartment] / (4 * math.pi * jnp.asarray(conductivity))
    return jnp.zeros((positions.shape[0], count), share.dtype).at[:, compartment].add(inverse * share)


def line_source(at: jax.Array, start: jax.Array, end: jax.Array, radius: jax.Array) -> jax.Array:
    """The mean of 1/distance to straight lines (line,) [1/µm].

    log((r₁ + r₂ + L) / (r₁ + r₂ - L)) / L, with r₁ and r₂ the distances to the ends.

    Args:
        at: From where (3,) [µm].
        start, end: Ends of the lines (line, 3) [µm].
        radius: Nearer to the axis than this is as near as this (line,) [µm].
    """
    axis = end - start
    length = norm(axis)
    axis = axis / jnp.where(length > 0, length, 1.0)[:, None]
    along = jnp.sum((at - start) * axis, axis=-1)
    across = jnp.maximum(jnp.sum((at - start - along[:, None] * axis) ** 2, axis=-1), radius**2)
    gap = _excess(across, along) + _excess(across, length - along)
    ratio = 2.0 * length / gap
    small = ratio < 1e-3
    mean = jnp.log1p(ratio) / jnp.where(small, 1.0, ratio)
    return 2.0 / gap * jnp.where(small, 1.0 - ratio / 2 + ratio**2 / 3, mean)


def _excess(across: jax.Array, along: jax.Array) -> jax.Array:
    """√(across + along²) - along, without loss of digits."""
    ahead, whole = along > 0, jnp.sqrt(across + along**2)
    return jnp.where(ahead, across / (whole + jnp.where(ahead, along, 0.0)), whole - along)


def point_source(at: jax.Array, start: jax.Array, end: jax.Array, radius: jax.Array) -> jax.Array:
    """1/distance to the middles of lines (line,) [1/µm]; arguments as of `line_source`."""
    square = jnp.sum((at - 0.5 * (start + end)) ** 2, axis=-1)
    return 1.0 / jnp.sqrt(jnp.maximum(square, radius**2))


SOURCES = {"line": line_source, "point": point_source}


def _check(positions: jax.Array, conductivity: Values, source: str) -> None:
    if positions.ndim != 2 or positions.shape[1] != 3:
        raise ValueError(
            f"positions have shape {positions.shape}: must be (electrode, 3), x, y and z of each in µm; of one electrode, "
            "[[x, y, z]]."
        )
    if not isinstance(positions, Tracer):
        check("positions", positions)
    check("conductivity", conductivity, rule="positive")
    if source not in SOURCES:
        raise ValueError(f"source = {source!r}: must be one of {', '.join(SOURCES)}.")
