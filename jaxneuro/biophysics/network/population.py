"""Cells of one kind in a network."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...arithmetic import Values
from ...model import Model, State
from ...pytree import Pytree, group, joined, parameter, static, varied
from ..stimuli import Drive, PerCell, Stimulus


class Population(Pytree):
    """Cells of one kind: as many as `size`, alike but for the parameters in `varying`.

    Attributes:
        cell: A `Cell` or a point neuron.
        size: Number of cells.
        varying: Parameters that differ between cells, by path: each (cell, ...).
        threshold: A cell spikes when its voltage rises through this [mV]; point neurons know for themselves.
        compartment: Where that is.
        max_spikes: The most cells that may spike in one step; None for as many as memory allows, nearly always all. A run
            in which more do says so.
    """

    cell: Model = group()
    size: int = static()
    varying: dict[str, Any] = varied("cell", default_factory=dict)
    threshold: Values = parameter(default=0.0, unit="mV")
    compartment: int = static(default=0)
    max_spikes: int | None = static(default=None)
    events = None

    @property
    def compartments(self) -> int:
        """Number of compartments of each cell."""
        return self.cell.compartments

    def each(self, function: Callable, *of_cells: PyTree) -> PyTree:
        """A function of one cell and what belongs to it, for all cells: everything with a leading axis (cell, ...)."""

        def of_one(varying: dict, *rest: PyTree) -> PyTree:
            cell = self.cell
            for path, value in varying.items():
                cell = cell.set(path, value)
            return function(cell, *rest)

        return jax.vmap(of_one, axis_size=self.size)(self.varying, *of_cells)

    def checked(self) -> dict[str, PyTree]:
        """The numbers that must be within bounds, those that vary in place of the cell's own."""
        cell = self.cell
        for path, value in self.varying.items():
            cell = cell.set(path, value)
        return {"cell": cell, "threshold": self.threshold}

    def sound(self, state: State) -> jax.Array:
        """Whether every voltage is one that a cell can have."""
        return self.cell.sound(state)

    def initial(self) -> State:
        """The state of each cell at its `v_init`."""
        return self.each(lambda cell: jax.tree.map(jnp.asarray, cell.initial()))

    def prepared(self) -> "Population":
        """The population with what does not change during a run computed once."""
        if self.varying:
            return self
        return self.replace(cell=self.cell.prepared())

    def drive(self, stimulus: Stimulus, t: jax.Array) -> Drive:
        """What a stimulus does to each compartment at times t [ms]: (..., cell, compartment), cells that are alike as one."""
        if not (self.varying or isinstance(stimulus, PerCell)):
            return jax.tree.map(lambda x: x[..., None, :], self.cell.drive(stimulus, t))
        own = (stimulus.stimulus,) if isinstance(stimulus, PerCell) else ()
        for x in jax.tree.leaves(own):
            if jnp.shape(x)[:1] != (self.size,):
                raise ValueError(
                    f"per_cell has a number of shape {jnp.shape(x)}; its first axis must be the {self.size} cells, as that of "
                    "per_cell(jax.vmap(step)(amplitudes))."
                )
        drives = self.each(lambda cell, *own: cell.drive(*own or (stimulus,), t), *own)
        return jax.tree.map(lambda x: jnp.moveaxis(x, 0, -2), drives)

    def undriven(self) -> Drive:
        """No stimulus."""
        return Drive(jnp.zeros((1, self.compartments)))

    def check(self, name: str) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: with the value, the rule and the fix.
            KeyError: for a path that does not exist.
        """
        if self.size < 1 or int(self.size) != self.size:
            raise ValueError(f"population {name!r}: size = {self.size}; give a whole number of cells, at least 1.")
        if not 0 <= self.compartment < self.compartments:
            raise ValueError(
                f"population {name!r}: compartment = {self.compartment}; its cells have {self.compartments}, from 0."
            )
        kinetics = jax.eval_shape(lambda cell: cell.gate_kinetics(cell.initial()), self.cell)
        noisy = [c for c, gates in kinetics.items() for k in gates.values() if k.count is not None]
        if noisy:
            raise ValueError(
                f"population {name!r}: its channel {noisy[0]!r} is noisy, and a network runs without channel noise: insert "
                "the channel that FoxLu wraps."
            )
        places = [place for path in self.varying for place in self._reached(path)]
        for path, value in self.varying.items():
            if any(places.count(place) > 1 for place in self._reached(path)):
                raise ValueError(
                    f"population {name!r}: varying names the parameter {path!r} twice: leave one of them out."
                )
            if jnp.shape(value)[:1] != (self.size,):
                raise ValueError(
                    f"population {name!r}: varying {path!r} has shape {jnp.shape(value)}; its first axis must be the "
                    f"{self.size} cells. A value for all of them goes into the cell, with cell.set."
                )

    def _reached(self, name: str) -> list[tuple]:
        """What a name in `varying` means: keys in the cell, and the region."""
        return [(part.place.keys, part.region) for part in joined(self.cell, name)]

    def check_shared(self, name: str, keys: tuple) -> None:
        """Refuse to set a parameter of all cells, by its keys in the cell, that differs between them: nothing would change.

        Raises:
            ValueError: naming the path to set instead.
        """
        for path in self.varying:
            if keys in [place for place, _ in self._reached(path)]:
                raise ValueError(
                    f"{path!r} of population {name!r} differs between its cells: set '{name}.varying.{path}', one value a "
                    "cell, instead."
                )
