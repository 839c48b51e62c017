"""From a traced neuron to compartments: sections divided into equal lengths, integrated along their frusta.

Which part of which frustum belongs to which compartment is structure, found once by `divide`; areas, resistances and
distances follow by `measure`, differentiable in positions and radii.
"""

import math
import warnings
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...arithmetic import Values, norm
from .morphology import Morphology
from .node_tree import NodeTree, node_tree
from .sections import Structure, structure
from .well_formed import check_morphology

LAMBDA_FREQUENCY = 0.1  # kHz: where the length constant of the d_lambda rule is taken
MANY = 100_000  # compartments of which one is warned
TOO_MANY = 2_000_000  # and that are refused: dividing takes 0.8 kB each, and a simulation more
THINNEST = 1e-6  # µm²: radius² below which a neurite conducts as if it were that thin, and not zero


class Division(NamedTuple):
    """How a neuron is divided: pieces of frusta, each in one half of one compartment (piece,).

    Attributes:
        tree: The compartments and how they are connected.
        point: Which frustum: the point at its end.
        near: Where the piece begins, as a fraction of the frustum.
        far: Where it ends.
        half: Which half: twice the compartment, plus one if it is the half that ends later.
    """

    tree: NodeTree
    point: np.ndarray
    near: np.ndarray
    far: np.ndarray
    half: np.ndarray


class Geometry(NamedTuple):
    """What the shape of compartments says about electricity.

    Attributes:
        area: Membrane (compartment,) [µm²].
        form: ∫ dx / (π r²) over the first and the second half (compartment, 2) [1/µm]; times resistivity a resistance.
        path_distance: Way from the soma, or from the root of a neuron without one, to the middle (compartment,) [µm].
        position: The centre of the axis (compartment, 3) [µm].
    """

    area: jax.Array
    form: jax.Array
    path_distance: jax.Array
    position: jax.Array


def divide(
    morphology: Morphology,
    *,
    max_length: float | None = None,
    per_section: int | None = None,
    d_lambda: float | None = None,
    resistivity: Values = 100.0,
    capacitance: Values = 1.0,
) -> Division:
    """Divide every section into compartments of equal length, by one of three rules. A soma is one compartment.

    Args:
        morphology: The neuron; its numbers must be concrete.
        max_length: No compartment is longer than this [µm].
        per_section: So many in every section.
        d_lambda: No compartment is longer than this fraction of the length constant at 100 Hz; 0.1 is a good start.
        resistivity: Of the cytoplasm, for `d_lambda` [Ω cm].
        capacitance: Of the membrane, for `d_lambda` [µF/cm²].

    Raises:
        ValueError: for no rule or several, a number that is not positive, traced numbers, a morphology that is no tree, a
            section without length, or more than two million compartments.

    Warns:
        UserWarning: for more than 100 000 compartments.

    Source: Hines & Carnevale (2001), The Neuroscientist 7:123 (the d_lambda rule).
    """
    name, size = the_rule({"max_length": max_length, "per_section": per_section, "d_lambda": d_lambda})
    if isinstance(morphology.position, Tracer) or isinstance(morphology.radius, Tracer):
        raise ValueError(
            "the number of compartments cannot depend on traced positions or radii: divide the concrete morphology once, "
            "and give from_morphology the traced one with division=divide(concrete, ...)."
        )
    check_morphology(morphology)
    with jax.ensure_compile_time_eval():  # a concrete morphology stays concrete under jit
        lengths, before, after = (np.asarray(x, float) for x in morphology.ends)
    parts = structure(morphology)
    _check(parts, lengths)
    extent = wavelengths(lengths, before, after, resistivity * capacitance) if name == "d_lambda" else lengths
    counts = [
        int(size) if name == "per_section" else max(math.ceil(extent[list(s.points)].sum() / size - 1e-9), 1)
        for s in parts.sections
    ]
    check_counts(parts, counts, f"{name} = {size:g}", lengths, after)
    tree, somata, numbers = node_tree(parts, counts)
    whole = [(i, 0.0, 1.0, 2 * number) for place, number in somata.items() for i in parts.somata[place]]
    pieces = [np.array(whole, float).reshape(-1, 4)] + [
        _pieces(np.array(section.points), lengths, of) for section, of in zip(parts.sections, numbers, strict=True)
    ]
    point, near, far, half = np.concatenate(pieces).T
    return Division(tree, point.astype(int), near, far, half.astype(int))


class Pieces(NamedTuple):
    """What each piece of a frustum measures (piece,).

    Attributes:
        length: Along the axis [µm].
        near_radius, far_radius: At its ends [µm].
        area: Of its membrane [µm²].
    """

    length: jax.Array
    near_radius: jax.Array
    far_radius: jax.Array
    area: jax.Array


def pieces(morphology: Morphology, division: Division) -> Pieces:
    """The pieces of a divided neuron, differentiable in positions and radii."""
    length, before, after = (x[division.point] for x in morphology.ends)
    a, b = (before + (after - before) * fraction for fraction in (division.near, division.far))
    length = length * (division.far - division.near)
    return Pieces(length, a, b, math.pi * (a + b) * norm(jnp.stack([length, a - b], -1)))


@jax.jit  # one compilation, where each of its operations would have its own
def measure(morphology: Morphology, division: Division) -> Geometry:
    """Areas, form factors, distances and places of compartments, differentiable in positions and radii."""
    size = 2 * len(division.tree.kind)
    length, a, b, area = pieces(morphology, division)
    behind = 1 - 0.5 * (division.near + division.far)  # from the end of the frustum to the middle of the piece
    middle = morphology.position[division.point] - behind[:, None] * morphology.step[division.point]
    resisting = length / (math.pi * jnp.maximum(a * b, THINNEST))  # ∫ dx / (π r²) along a frustum
    moment = length[:, None] * middle
    area, form, length = (
        jnp.zeros(size, x.dtype).at[division.half].add(x).reshape(-1, 2) for x in (area, resisting, length)
    )
    whole = length.sum(axis=1)[:, None]
    position = jnp.zeros((size // 2, 3), middle.dtype).at[division.half // 2].add(moment) / jnp.where(
        whole > 0, whole, 1.0
    )
    return Geometry(area.sum(axis=1), form, division.tree.path_distance(length), position)


def the_rule(rules: dict[str, float | None]) -> tuple[str, float]:
    """The one rule to divide by that is given, and its number.

    Raises:
        ValueError: for none or several, or a number that is not positive.
    """
    given = {name: size for name, size in rules.items() if size is not None}
    if len(given) != 1:
        raise ValueError(
            f"{len(given)} rules to divide by ({', '.join(given) or 'none'}): give one of {', '.join(rules)}."
        )
    name, size = given.popitem()
    if not size > 0 or (name == "per_section" and int(size) != size):
        raise ValueError(f"{name} = {size}: must be a {'whole ' * (name == 'per_section')}number above zero.")
    return name, size


def _check(parts: Structure, lengths: np.ndarray) -> None:
    if not parts.somata and not parts.sections:
        raise ValueError("the morphology has no membrane: all its points are joints. Give it a point with a parent.")
    for section in parts.sections:
        if not lengths[list(section.points)].sum() > 0:
            raise ValueError(
                f"the section that ends at point {section.points[-1]} has no length: its points coincide. Remove them."
            )


def check_counts(parts: Structure, counts: list[int], rule: str, lengths: np.ndarray, radii: np.ndarray) -> None:
    """Warn of very many compartments (section,), and refuse more than memory has room for; see `divide`."""
    total = sum(counts)
    if total <= MANY:
        return
    most = max(range(len(counts)), key=counts.__getitem__)
    points = list(parts.sections[most].points)
    message = (
        f"{rule} gives {total} compartments, {counts[most]} of them in the section that ends at point {points[-1]}, of "
        f"{lengths[points].sum():.3g} µm with radii from {radii[points].min():.3g} µm: correct radii that no neurite has, give "
        "positions and radii in µm, or divide more coarsely."
    )
    if total > TOO_MANY:
        raise ValueError(f"{message} More than {TOO_MANY} are refused: they would take gigabytes.")
    warnings.warn(message, stacklevel=3)


def wavelengths(lengths: np.ndarray, before: np.ndarray, after: np.ndarray, product: Values) -> np.ndarray:
    """Length of each frustum in length constants at 100 Hz, ∫ dx / λ with λ = √(r / (2 π f resistivity capacitance)).

    Args:
        lengths: Of the frusta (point,) [µm].
        before: Their radii at the parents (point,) [µm].
        after: Their radii at the points (point,) [µm].
        product: Resistivity times capacitance [Ω cm µF/cm²], of which one is 1e-7 ms/µm.
    """
    scale = math.sqrt(2 * math.pi * LAMBDA_FREQUENCY * product * 1e-7)
    return scale * lengths * 2 / np.maximum(np.sqrt(before) + np.sqrt(after), 1e-9)


def _pieces(points: np.ndarray, lengths: np.ndarray, compartments: np.ndarray) -> np.ndarray:
    """The pieces of a section (piece, 4): point, fractions between which it lies, half compartment."""
    along = np.concatenate([[0.0], np.cumsum(lengths[points])])
    size = along[-1] / (2 * compartments.size)
    cuts = np.unique(np.concatenate([along, size * np.arange(1, 2 * compartments.size)]))
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    frustum = np.searchsorted(along, middle) - 1
    near, far = ((x - along[frustum]) / lengths[points[frustum]] for x in (cuts[:-1], cuts[1:]))
    flat = np.flatnonzero(lengths[points] == 0)  # a step of the radius: a ring of membrane, all at one place
    point, middle = np.append(points[frustum], points[flat]), np.append(middle, along[flat])
    half = np.clip(middle // size, 0, 2 * compartments.size - 1).astype(int)
    near, far = np.append(near, np.zeros(flat.size)), np.append(far, np.ones(flat.size))
    return np.stack([point, near, far, 2 * compartments[half // 2] + half % 2], -1)
