"""The trees that every simulator is given: squid membrane everywhere, 0.4 nA into the root from 5 ms, 50 ms, dt 0.025 ms.

A tree is a list of branches. n144 is a traced rat CA1 pyramidal cell, one compartment a branch; each simulator reads the
file itself and finds its own branches.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

CURRENT, ONSET, DURATION, DT = 0.4, 5.0, 50.0, 0.025  # nA, ms, ms, ms
STEPS = round(DURATION / DT)
RESISTIVITY = 100.0  # Ω cm
SODIUM, POTASSIUM, LEAK, LEAK_REVERSAL, START = 120.0, 36.0, 0.3, -54.387, -65.0  # mS/cm², mV


class Tree(NamedTuple):
    """Branches of a tree, parents first.

    Attributes:
        parent: Of each branch, -1 for the first.
        length: [µm].
        radius: [µm].
        compartments: In each branch.
    """

    parent: list[int]
    length: list[float]
    radius: list[float]
    compartments: int


def cable() -> Tree:
    """1000 µm × 2 µm in 100 compartments."""
    return Tree([-1], [1000.0], [1.0], 100)


def binary_tree(levels: int = 6) -> Tree:
    """Six levels of branches of 100 µm × 4 µm at the root, Rall's law at the others, four compartments each."""
    level = [int(np.log2(i + 1)) for i in range(2**levels - 1)]
    parent = [-1 if i == 0 else (i - 1) // 2 for i in range(len(level))]
    return Tree(parent, [100.0] * len(level), [2.0 * 2.0 ** (-2 * k / 3) for k in level], 4)


TREES = {"cable": cable, "tree": binary_tree}


def traced(folder: str) -> Path:
    """The file of n144 in a folder of morphologies."""
    return next(Path(folder).glob("*n144.swc"))


def sodium(cells: int) -> np.ndarray:
    """Sodium conductance of each cell (cell,) [mS/cm²]."""
    return np.linspace(100.0, 140.0, cells) if cells > 1 else np.array([SODIUM])
