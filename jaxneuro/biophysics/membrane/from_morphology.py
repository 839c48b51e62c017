"""Cells from traced neurons."""

from typing import Any

from ..shape import Cable, Division, Morphology, divide, measure
from ..stimuli import check
from .cell import Cell


def from_morphology(
    morphology: Morphology,
    *,
    max_length: float | None = None,
    per_section: int | None = None,
    d_lambda: float | None = None,
    division: Division | None = None,
    resistivity: Any = 100.0,
    capacitance: Any = 1.0,
    celsius: Any = 6.3,
    v_init: Any = -65.0,
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
    cable = Cable(resistivity, form, path_distance, division.tree, position=position)
    return Cell({}, {}, capacitance, area, celsius, v_init, cable=cable)
