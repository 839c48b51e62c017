"""Any solver of diffrax, as a method of the fixed driver."""

from typing import Any

import diffrax

from .one_step import Arguments, vector_field

TERM = diffrax.ODETerm(vector_field)


class AnySolver:
    """A method of the fixed driver (see `fixed.py`). What it carries is the state and what the solver remembers.

    Within `jax.shard_map` diffrax gives a derivative of Runge–Kutta steps only with `check_vma=False` and a solver whose loops
    are bounded, as `diffrax.Heun(scan_kind="bounded")`.
    """

    def __init__(self, solver: Any):
        self.solver = solver

    def start(self, state: Any, dt: Any, args: Arguments) -> Any:
        """The state and the solver's memory."""
        return state, self.solver.init(TERM, 0.0, dt, state, args)

    def step(self, carry: Any, dt: Any, args: Arguments) -> tuple[Any, Any, Any]:
        """The carry after dt [ms], the state there, and whether the solver succeeded."""
        # made_jump: the drive may have jumped between the steps, so nothing evaluated in the last one holds
        y, _, _, memory, result = self.solver.step(TERM, 0.0, dt, carry[0], args, carry[1], made_jump=True)
        return (y, memory), y, result == diffrax.RESULTS.successful

    def state(self, carry: Any) -> Any:
        """The state in a carry."""
        return carry[0]

    def put(self, carry: Any, state: Any) -> Any:
        """The carry with another state."""
        return state, carry[1]

    def finish(self, carry: Any, dt: Any, model: Any) -> Any:
        """The state at the end."""
        del dt, model
        return carry[0]
