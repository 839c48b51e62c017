"""Which method runs a model; diffrax and equinox, which take half a second to import, only if one of theirs is asked for."""

from jaxtyping import PyTree

from ..circuit import Circuit
from ..model import Model
from ..solve.leapfrog import LEAPFROG
from ..solve.method import Grid, Method
from ..solve.network import NetworkLeapfrog


def check_solver(solver: object) -> None:
    """Refuse what is no method.

    Raises:
        ValueError: with the fix.
    """
    if solver is None or isinstance(solver, Method):
        return
    from ..solve.any_solver import is_solver

    if not is_solver(solver):
        raise ValueError(f"solver = {repr(solver)[:60]}: give a method, such as jn.Strang() or diffrax.Heun().")


def split(solver: object) -> tuple[PyTree, PyTree]:
    """The arrays of a solver, which are traced, and the rest of it, which is structure."""
    if solver is None or isinstance(solver, Method):
        return None, solver or LEAPFROG
    import equinox

    from ..solve.staggered import Staggered

    return (None, LEAPFROG) if isinstance(solver, Staggered) else equinox.partition(solver, equinox.is_array)


def join(arrays: PyTree, rest: PyTree) -> PyTree:
    """The two together."""
    import equinox

    return equinox.combine(arrays, rest)


def method(model: Model, arrays: PyTree, rest: PyTree, dt: float, grid: Grid) -> Method:
    """The method of a run at fixed steps.

    Raises:
        ValueError: for a network with any but the default.
    """
    if isinstance(model, Circuit):
        if rest is not LEAPFROG:
            raise ValueError(
                "a network runs with the default method only: leave out solver, and make dt smaller instead."
            )
        return NetworkLeapfrog(dt, grid)
    if isinstance(rest, Method):
        return rest
    from ..solve.any_solver import AnySolver

    return AnySolver(join(arrays, rest))
