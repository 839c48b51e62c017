"""Branches joined and divided, from what a user says of them."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import PyTree

from ...checks import Bounds, refuse
from .branches import Branches, Layout, check_names
from .compartments import check_counts, the_rule, wavelengths
from .morphology import APICAL, AXON, BASAL, SOMA, UNDEFINED
from .node_tree import node_tree
from .sections import Section, Structure
from .well_formed import check_order

KINDS = {"soma": SOMA, "axon": AXON, "basal": BASAL, "dend": BASAL, "apical": APICAL, "apic": APICAL}
POSITIVE = Bounds(above=0.0, unit="µm")


def build(
    parents: Sequence[int],
    lengths: ArrayLike | Sequence[float],
    radii: ArrayLike | Sequence[float],
    names: Sequence[str] | None,
    rules: dict[str, PyTree],
    product: Any,
) -> Branches:
    """Branches from numbers; see `from_branches`.

    Args:
        parents: The branch at whose end each begins, or -1 (branch,).
        lengths: Of each, or of all (branch,) [µm].
        radii: Of each, or of all (branch,) [µm].
        names: Of each, or None (branch,).
        rules: The one by which to divide, `compartments`, `max_length` or `d_lambda`; others None.
        product: Resistivity times capacitance, for `d_lambda` [Ω cm µF/cm²].

    Raises:
        ValueError: for what is no tree, no size, no name or no rule.
    """
    above = _parents(parents)
    called = [f"branch[{i}]" for i in range(above.size)] if names is None else list(names)
    if len(called) != above.size:
        raise ValueError(f"{len(called)} names of {above.size} branches: give one for each parent.")
    check_names(called)
    length, radius = _of_branches("lengths", lengths, above.size), _of_branches("radii", radii, above.size)
    kinds = [KINDS.get(name.partition("[")[0], UNDEFINED) for name in called]
    sections = (Section((i,), int(above[i]) + 1, i + 1, kind) for i, kind in enumerate(kinds))
    parts = Structure({}, tuple(sections))
    tree, _, numbers = node_tree(parts, _counts(parts, rules, (lengths, radii, product)))
    branch = np.zeros(len(tree.kind), int)
    for i, own in enumerate(numbers):
        branch[own] = i
    return Branches(length, radius, Layout(tuple(called), tuple(above.tolist()), tuple(branch.tolist())), tree)


def _parents(parents: Sequence[int] | np.ndarray) -> np.ndarray:
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


def _counts(parts: Structure, rules: dict[str, PyTree], sizes: tuple) -> list[int]:
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
