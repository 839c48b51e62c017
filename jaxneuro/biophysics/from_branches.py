"""Cells that are built by hand, from branches."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..checks import Bounds, refuse
from .branches import Branches, Layout, check_names
from .cable import Cable
from .cell import Cell
from .compartments import check_counts, the_rule, wavelengths
from .morphology import APICAL, AXON, BASAL, SOMA, UNDEFINED
from .node_tree import node_tree
from .sections import Section, Structure
from .stimulus import check
from .well_formed import check_order

KINDS = {"soma": SOMA, "axon": AXON, "basal": BASAL, "dend": BASAL, "apical": APICAL, "apic": APICAL}
SEVERAL = {"all": None, "dendrite": None}  # names of regions of several kinds
POSITIVE = Bounds(above=0.0, unit="µm")


def from_branches(
    parents: Sequence[int],
    lengths: Any,
    radii: Any,
    *,
    names: Sequence[str] | None = None,
    compartments: int | Sequence[int] | None = None,
    max_length: float | None = None,
    d_lambda: float | None = None,
    resistivity: Any = 100.0,
    capacitance: Any = 1.0,
    celsius: Any = 6.3,
    v_init: Any = -65.0,
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
    above = _parents(parents)
    names = [f"branch[{i}]" for i in range(above.size)] if names is None else list(names)
    if len(names) != above.size:
        raise ValueError(f"{len(names)} names of {above.size} branches: give one for each parent.")
    check_names(names, SEVERAL)
    length, radius = _of_branches("lengths", lengths, above.size), _of_branches("radii", radii, above.size)
    sections = tuple(
        Section((i,), parent + 1, i + 1, KINDS.get(name.partition("[")[0], UNDEFINED))
        for i, (parent, name) in enumerate(zip(above.tolist(), names, strict=True))
    )
    rules = {"compartments": compartments, "max_length": max_length, "d_lambda": d_lambda}
    product = resistivity * capacitance if d_lambda is not None else 0.0
    counts = _counts(Structure({}, sections), rules, (lengths, radii, product))
    tree, _, numbers = node_tree(Structure({}, sections), counts)
    branch = np.zeros(sum(counts), int)
    for i, own in enumerate(numbers):
        branch[own] = i
    layout = Layout(tuple(names), tuple(above.tolist()), tuple(branch.tolist()), tree)
    shape = Branches(length, radius, layout)
    return Cell({}, {}, capacitance, None, celsius, v_init, cable=Cable(resistivity, shape, tree))


def _parents(parents: Any) -> np.ndarray:
    above = np.asarray(parents)
    if above.ndim != 1 or not above.size or above.dtype.kind not in "iu":
        raise ValueError(f"parents = {parents!r}: give the number of a branch for each branch, and -1 for the first.")
    wrong = np.flatnonzero((above < -1) | (above >= above.size))
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(
            f"parents[{i}] = {above[i]}: must be a branch, 0 to {above.size - 1}, or -1 to begin at the root."
        )
    check_order(above, ("branch", "branches"), "Sort the branches.")
    return above


def _of_branches(name: str, values: Any, branches: int) -> Any:
    """A parameter of branches (branch,), all of them above zero."""
    refuse(values, name, POSITIVE)
    numbers = jnp.asarray(values, jnp.result_type(float))
    if numbers.shape not in ((), (branches,)):
        raise ValueError(f"{name} has shape {numbers.shape}: give one number, or one for each of {branches} branches.")
    return jnp.broadcast_to(numbers, branches)


def _counts(parts: Structure, rules: dict[str, Any], sizes: tuple) -> list[int]:
    """Number of compartments of each branch, of lengths, radii, and resistivity times capacitance."""
    given, number = rules["compartments"], len(parts.sections)
    name, size = the_rule({**rules, "compartments": None if given is None else np.min(given)})
    if name == "compartments":
        counts = np.asarray(given)
        if counts.dtype.kind not in "iu" or counts.shape not in ((), (number,)):
            raise ValueError(f"compartments = {given}: give one whole number, or one for each of {number} branches.")
        return np.broadcast_to(counts, number).tolist()
    if any(isinstance(x, Tracer) for x in jax.tree.leaves(sizes)):
        raise ValueError(f"{name} = {size:g} cannot divide branches of traced size: give `compartments` instead.")
    length, radius = (np.broadcast_to(np.asarray(x, float), number) for x in sizes[:2])
    extent = wavelengths(length, radius, radius, sizes[2]) if name == "d_lambda" else length
    counts = [max(math.ceil(x / size - 1e-9), 1) for x in extent]
    check_counts(parts, counts, f"{name} = {size:g}", length, radius)
    return counts
