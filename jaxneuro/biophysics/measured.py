"""The shape of a cell from a traced neuron: what its compartments were found to measure."""

from typing import Any

from ..pytree import Pytree, computed, parameter, static


class Measured(Pytree):
    """Compartments as they were measured; see `compartments.measure`.

    Attributes:
        form: ∫ dx / (π r²) over the first and second half of each compartment (compartment, 2) [1/µm].
        path_distance: Way from the soma or root to the middle of each compartment (compartment,) [µm].
        position: The centre of each compartment's axis (compartment, 3) [µm].
        area: None: the membrane is a parameter of the cell.
        layout: None: there are no branches with names.
    """

    form: Any = parameter(unit="1/µm", least=0.0)
    path_distance: Any = parameter(unit="µm", least=0.0)
    position: Any = computed(default=None)
    area: None = static(default=None)
    layout: None = static(default=None)

    def prepared(self) -> "Measured":
        """The same: nothing is left to compute."""
        return self

    def own(self, region: Any, path: str) -> Any:
        """A region (compartment,) as it is: every number is of a compartment."""
        del path
        return region
