"""What is trained, on what, and how: one recipe, and those of the literature."""

import math
from typing import Any

from ...arithmetic import Values
from ...pytree import Pytree, static
from ..arenas.arena import Arena
from ..arenas.shapes import square, torus
from ..codes.checks import require_positive
from ..motion.raudies_hasselmo import FAST, RaudiesHasselmo

NETWORKS = ("relu", "lstm", "spiking")
OPTIMISERS = ("adam", "rmsprop")


class Recipe(Pytree):
    """A path integrator and its training. Numbers without `static` may be arrays, one for each seed.

    Attributes:
        arena: Where the animal runs.
        motion: How it runs.
        width: Of the place cells' fields, standard deviation [m].
        surround: Variance of their surround over that of the centre.
        kappa: Concentration of the head-direction cells.
        learning_rate: Of the optimiser.
        weight_decay: Factor of the sum of squares: of the recurrent weights ("relu", "spiking"), of those of the heads ("lstm").
        noise: Standard deviation of the noise on each step of velocity that the network sees, in its units.
        network: "relu", "lstm" or "spiking".
        optimiser: "adam" or "rmsprop".
        clip: Largest derivative by one weight; 0 for none.
        clip_heads_only: Whether that is for the heads alone, as in Banino et al., or for all, as in the code released with it.
        units: Of the recurrent layer.
        linear: Of the linear layer of the LSTM, whose units are scored.
        linear_bias: Whether it has a bias.
        dropout: Part of its units that is dropped in training.
        memory: If not 0, recurrent weights of ReLU units are at first so much of the identity, not random (Le et al. 2015,
            arXiv:1504.00941): learning to remember is what takes long from random ones.
        scaled: Whether ReLU units, as spiking ones always, are told where they start by the contrast of the place code and how
            they move in units of 2 cm, numbers of the order of 1, not by the code and in metres: they then learn sooner.
        place_cells: How many.
        place_kind: Kind of their targets: "softmax" or "softmaxes", see `PlaceCells`.
        heading_cells: How many head-direction cells; 0 for none.
        steps: Steps of a path.
        substeps: Steps of the motion in each of them.
        dt: Step of the motion [s].
        batch: Paths of an update.
    """

    arena: Arena
    motion: RaudiesHasselmo
    width: Values = 0.12
    surround: Values = 2.0
    kappa: Values = 20.0
    learning_rate: Any = 1e-3
    weight_decay: Any = 1e-4
    noise: Values = 0.0
    network: str = static(default="relu")
    optimiser: str = static(default="adam")
    clip: float = static(default=0.0)
    clip_heads_only: bool = static(default=False)
    units: int = static(default=256)
    linear: int = static(default=512)
    linear_bias: bool = static(default=True)
    dropout: float = static(default=0.5)
    memory: float = static(default=0.0)
    scaled: bool = static(default=False)
    place_cells: int = static(default=256)
    place_kind: str = static(default="softmaxes")
    heading_cells: int = static(default=0)
    steps: int = static(default=20)
    substeps: int = static(default=1)
    dt: float = static(default=0.02)
    batch: int = static(default=200)

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: with the value, the rule and the fix.
        """
        for name in ("units", "linear", "place_cells", "steps", "substeps", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: give 1 or more.")
        if self.place_cells < 3:
            raise ValueError(
                f"place_cells = {self.place_cells}: give 3 or more, since places are read from the best 3."
            )
        if self.heading_cells < 0 or (self.heading_cells and self.network != "lstm"):
            raise ValueError(
                f"heading_cells = {self.heading_cells} of a {self.network!r} network: it has 0, an 'lstm' more."
            )
        require_positive("", **{n: getattr(self, n) for n in ("width", "surround", "kappa", "learning_rate", "dt")})
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"optimiser = {self.optimiser!r}: choose one of {', '.join(OPTIMISERS)}.")
        if self.network not in NETWORKS:
            raise ValueError(f"network = {self.network!r}: choose one of {', '.join(NETWORKS)}.")
        if self.place_kind not in ("softmax", "softmaxes"):
            raise ValueError(f"place_kind = {self.place_kind!r}: targets are 'softmax' or 'softmaxes', which sum to 1.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout = {self.dropout}: give a part from 0 to below 1.")


def sorscher(**changes: Any) -> Recipe:
    """ReLU units, place cells with a surround, running fast.

    Source: ganguli-lab/grid-pattern-formation, main.py: 4096 units, 512 cells, Adam at 1e-4. Sorscher et al. (2023), Neuron
    111:121, name RMSProp, and fields of 0.2 m and 0.4 m.
    """
    defaults = {"arena": square(2.2), "motion": FAST, "units": 4096, "place_cells": 512, "learning_rate": 1e-4}
    return Recipe(**(defaults | changes))


def small(**changes: Any) -> Recipe:
    """The recipe of `sorscher` for a minute or two on two cores: a torus, units that begin as a memory, scaled numbers.

    With the numbers of `sorscher` instead (`scaled=False`), units have grids at first and lose them as they learn to integrate.
    The weight decay leaves recurrent weights for the few waves that targets have most of.
    """
    defaults = {"arena": torus(2.2), "units": 256, "place_cells": 128, "batch": 100, "learning_rate": 1e-3,
                "weight_decay": 1e-3, "memory": 1.0, "scaled": True}  # fmt: skip
    return sorscher(**(defaults | changes))


def banino(*, released_code: bool = False, **changes: Any) -> Recipe:
    """The LSTM with a linear layer and dropout.

    The paths are 15 s long with 100 steps of 0.15 s, each of six steps of the motion.

    Args:
        released_code: With what differs in the code released with the paper: 256 linear units without bias, derivatives of all
            weights clipped, no weight decay in effect.
        changes: Of the recipe.

    Source: Banino et al. (2018), Nature 557:429, SI table 1; github.com/google-deepmind/grid-cells, train.py, model.py, utils.py.
    """
    defaults = {
        "arena": square(2.2), "motion": RaudiesHasselmo(speed=0.13, turning=math.radians(330.0)), "width": 0.01,
        "learning_rate": 1e-5, "weight_decay": 1e-5, "network": "lstm", "optimiser": "rmsprop", "clip": 1e-5,
        "clip_heads_only": True, "units": 128, "place_kind": "softmax", "heading_cells": 12, "steps": 100, "substeps": 6,
        "dt": 0.025, "batch": 10,
    }  # fmt: skip
    if released_code:
        defaults |= {"linear": 256, "linear_bias": False, "clip_heads_only": False, "weight_decay": 0.0}
    return Recipe(**(defaults | changes))


def sorscher_spiking(**changes: Any) -> Recipe:
    """Leaky integrate-and-fire units in the place of the ReLU ones of `sorscher`, smaller; see `LIFNetwork`."""
    defaults = {"network": "spiking", "units": 128, "place_cells": 128, "batch": 100, "learning_rate": 1e-3,
                "weight_decay": 1e-6}  # fmt: skip
    return sorscher(**(defaults | changes))
