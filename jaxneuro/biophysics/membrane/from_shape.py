"""Cells from their shape: a traced neuron, or branches by hand."""

from collections.abc import Sequence

from jax.typing import ArrayLike

from ...arithmetic import Values
from ..shape import Cable, Division, Measured, Morphology, build, divide, measure
from ..stimuli import check
from .cell import Cell


def from_morphology(
    morphology: Morphology,
    *,
    max_length: float | None = None,
    per_section: int | None = None,
    d_lambda: float | None = None,
    division: Division | None = None,
    resistivity: Values = 100.0,
    capacitance: Values = 1.0,
    celsius: Values = 6.3,
    v_init: Values = -65.0,
) -> Cell:
    """A cell with the shape of a traced neuron, without channels yet: `insert` them.

    Args:
        morphology: The neuron, as `jaxneuro.data.read_morphology` gives it.
        max_length: No compartment is longer than this [µm]; give this, or one of the next three.
        per_section: So many compartments in every section, an unbranched run of points of one kind.
        d_lambda: No compartment is longer than this fraction of the length constant at 100 Hz; 0.1 is a good start.
        division: How to divide, from `divide` of the same tree; then positions and radii may be traced.
        resistivity: Of the cytoplasm [Ω cm].
        capacitance: Of the membrane [µF/cm²].
        celsius: Temperature [°C].
        v_init: Potential at which a simulation starts [mV].

    Returns:
        A cell whose first compartment is the soma, or begins at the first point of a neuron without one.

    Raises:
        ValueError: for no rule or several, traced numbers without a division, a morphology that is no tree or has a section
            without length, a resistivity or capacitance that is not positive.
    """
    check("resistivity", resistivity, rule="positive")
    check("capacitance", capacitance, rule="positive")
    if division is None:
        product = dict(resistivity=resistivity, capacitance=capacitance) if d_lambda is not None else {}
        division = divide(morphology, max_length=max_length, per_section=per_section, d_lambda=d_lambda, **product)
    area, form, path_distance, position = measure(morphology, division)
    cable = Cable(resistivity, Measured(form, path_distance, position), division.tree)
    return Cell({}, {}, capacitance, area, celsius, v_init, cable=cable)


def from_branches(
    parents: Sequence[int],
    lengths: ArrayLike | Sequence[float],
    radii: ArrayLike | Sequence[float],
    *,
    names: Sequence[str] | None = None,
    compartments: int | Sequence[int] | None = None,
    max_length: float | None = None,
    d_lambda: float | None = None,
    resistivity: Values = 100.0,
    capacitance: Values = 1.0,
    celsius: Values = 6.3,
    v_init: Values = -65.0,
) -> Cell:
    """A cell of branches, each a cylinder, without channels yet: `insert` them.

    Its parameters `length` and `radius` are numbers of branches, `cell.set("radius", 0.5, where="dend")`; area and axial
    resistance follow. Branches have names by which regions, recordings and stimuli find them; see `spots`.

    Args:
        parents: The branch at whose end each begins (branch,); -1 for those that begin at the root, as the first does.
        lengths: Of each branch, or of all (branch,) [µm]; may be traced if `compartments` is given.
        radii: Half the diameter of each branch, or of all (branch,) [µm]; may be traced if `compartments` is given.
        names: Of the branches, such as `soma`, `dend[0]`, `dend[1]`; by default `branch[0]`, `branch[1]`, ... Those of
            `soma`, `axon`, `basal` or `dend`, `apical` or `apic` are in these regions, others are `undefined`.
        compartments: So many in every branch, or in each (branch,); give this, or one of the next two.
        max_length: No compartment is longer than this [µm].
        d_lambda: No compartment is longer than this fraction of the length constant at 100 Hz; 0.1 is a good start.
        resistivity: Of the cytoplasm [Ω cm].
        capacitance: Of the membrane [µF/cm²].
        celsius: Temperature [°C].
        v_init: Potential at which a simulation starts [mV].

    Returns:
        A cell whose first compartment is where the first branch begins. Unlike a traced soma one of branches is not
        isopotential: current flows along it, and what has it as parent begins at its end.

    Raises:
        ValueError: for parents that are no tree or come after their children, a length or radius that is not positive, names
            that are no words or not unique, no rule to divide by or several, or numbers of another shape.
    """
    check("resistivity", resistivity, rule="positive")
    check("capacitance", capacitance, rule="positive")
    rules = {"compartments": compartments, "max_length": max_length, "d_lambda": d_lambda}
    product = resistivity * capacitance if d_lambda is not None else 0.0
    shape = build(parents, lengths, radii, names, rules, product)
    return Cell({}, {}, capacitance, None, celsius, v_init, cable=Cable(resistivity, shape, shape.tree))
