"""Place cells: each is active round one place.

Kinds, for distances d from the centres [m]:

    "gaussian"        exp(-d²/2w²)
    "difference"      exp(-d²/2w²) - exp(-d²/2sw²) / s, which sums to 0 over the plane; s is `surround`, a ratio of variances
    "softmax"         softmax over cells of -d²/2w²: the targets of Banino et al. (2018), Nature 557:429, Methods
    "softmaxes"       softmax with w² less softmax with sw², raised to a minimum of 0 and divided by its sum

Source of the last: Sorscher et al. (2019), NeurIPS 32, as in ganguli-lab/grid-pattern-formation, place_cells.py, where s = 2.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree, static
from ..arenas.arena import Arena
from .checks import as_places, require_cells, require_positive

HIDDEN = 1e6  # m²; no field reaches so far
KINDS = ("gaussian", "difference", "softmax", "softmaxes")


class PlaceCells(Pytree):
    """Place cells; `cells(position)` gives their activity (..., cell).

    Attributes:
        centres: Centres of their fields (cell, 2) [m].
        width: Standard deviation of a field [m], one number or one for each (cell,).
        surround: Variance of the surround over that of the centre.
        arena: Makes distances those of a periodic arena, and hides centres behind walls; None for the plane.
        kind: What they do with distance; see the head of the file.
        through_walls: Whether fields reach through walls; False needs an arena.
    """

    centres: jax.Array
    width: Values = 0.1
    surround: Values = 2.0
    arena: Arena | None = None
    kind: str = static(default="gaussian")
    through_walls: bool = static(default=True)

    def __call__(self, position: jax.Array) -> jax.Array:
        """Activity of every cell (..., cell).

        Raises:
            ValueError: for parameters that cannot be, with the value, the rule and the fix.
        """
        self._check()
        return self._activity(as_places(position))

    @jax.jit
    def _activity(self, position: jax.Array) -> jax.Array:
        scaled = self._square_distance(position) / (2 * self.width**2)
        if self.kind == "gaussian":
            return jnp.exp(-scaled)
        if self.kind == "difference":
            return jnp.exp(-scaled) - jnp.exp(-scaled / self.surround) / self.surround
        if self.kind == "softmax":
            return jax.nn.softmax(-scaled, -1)
        contrast = jax.nn.softmax(-scaled, -1) - jax.nn.softmax(-scaled / self.surround, -1)
        raised = contrast - contrast.min(-1, keepdims=True)
        return raised / raised.sum(-1, keepdims=True)

    def log_activity(self, position: jax.Array) -> jax.Array:
        """Logarithm of the activity of "gaussian" and "softmax" cells (..., cell), finite however far a centre is."""
        if self.kind not in ("gaussian", "softmax"):
            raise ValueError(
                f"log_activity of kind = {self.kind!r}, which can be 0 or less: take 'gaussian' or 'softmax'."
            )
        scaled = -self._square_distance(position) / (2 * self.width**2)
        return jax.nn.log_softmax(scaled, -1) if self.kind == "softmax" else scaled

    def _check(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind = {self.kind!r}: the kinds are {', '.join(KINDS)}.")
        if not self.through_walls and self.arena is None:
            raise ValueError(
                "through_walls = False: give the arena whose walls hide places, PlaceCells(..., arena=arena)."
            )
        require_cells(self.centres, "centres")
        require_positive("m", width=self.width)
        require_positive("", surround=self.surround)

    def _square_distance(self, position: jax.Array) -> jax.Array:
        here = position[..., None, :]
        if self.arena is None:
            return jnp.sum((here - self.centres) ** 2, -1)
        square = jnp.sum(self.arena.between(here, self.centres) ** 2, -1)
        return square if self.through_walls else jnp.where(self.arena.visible(here, self.centres), square, HIDDEN)


def place_cells(key: jax.Array, arena: Arena, cells: int, **options: Any) -> PlaceCells:
    """Place cells with centres drawn uniformly from an arena; options are those of `PlaceCells`.

    Raises:
        ValueError: for fewer than one cell.
    """
    if cells < 1:
        raise ValueError(f"cells = {cells}: give 1 or more.")
    keep = arena if arena.period is not None or not options.get("through_walls", True) else None
    return PlaceCells(arena.sample(key, (cells,)), **{"arena": keep, **options})
