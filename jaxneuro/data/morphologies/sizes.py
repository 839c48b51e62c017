"""Sizes that no neuron has: a file in other units, or a slip of the hand."""

import warnings

import numpy as np

from .traced import Traced

LONGEST = 1e5  # µm; the axons of the largest animals are longer, their reconstructions are not
LARGEST = 1e7  # µm² of membrane; a large motoneuron has less than a tenth
SMALLEST = 1.0  # µm across
THINNEST = 0.005  # µm of radius; a membrane is about as thick


def warn_of_sizes(tree: Traced, name: str) -> None:
    """Warn of extents, membrane and radii that no neuron has, with the numbers and what to do."""
    across, area = float(np.ptp(tree.position, axis=0).max()), _area(tree)
    if across > LONGEST or area > LARGEST:
        _warn(f"{name}: {across:.3g} µm across with {area:.3g} µm² of membrane", "nanometres", "divide by 1000")
    elif across < SMALLEST and tree.parent.size > 1:
        _warn(f"{name}: {across:.3g} µm across with {area:.3g} µm² of membrane", "millimetres", "multiply by 1000")
    thin = np.flatnonzero(tree.radius < THINNEST)
    if thin.size:
        least = thin[np.argmin(tree.radius[thin])]
        warnings.warn(
            f"{name}: {thin.size} of {tree.radius.size} radii are below {THINNEST:g} µm, thinner than a membrane is thick "
            f"(the least is {tree.radius[least]:.3g} µm, of line {tree.line[least]}); by d_lambda compartments there become as "
            "short. Correct them, or make them 0 to have the parent's radius.",
            stacklevel=3,
        )


def _area(tree: Traced) -> float:
    """Membrane of all frusta [µm²]."""
    above = np.maximum(tree.parent, 0)
    length = np.linalg.norm(tree.position - tree.position[above], axis=1)
    before = tree.radius[above]
    return float(
        np.sum(np.where(tree.joint, 0.0, np.pi * (tree.radius + before) * np.hypot(length, tree.radius - before)))
    )


def _warn(found: str, unit: str, remedy: str) -> None:
    warnings.warn(
        f"{found}, which no neuron has: is the file in {unit}? Coordinates and radii must be in µm: {remedy}.",
        stacklevel=4,
    )
