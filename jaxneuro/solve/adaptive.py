"""The adaptive driver: `diffrax.diffeqsolve`, with the jumps of the stimulus at the ends of steps."""

from collections.abc import Callable

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree, Shaped

from ..arithmetic import Values
from ..model import Model, State
from .any_solver import TERM
from .method import Arguments


def solve_adaptive(
    solver: diffrax.AbstractSolver,
    model: Model,
    initial: State,
    drive: Callable,
    times: Float[Array, "row"],
    end: Float[Array, ""],
    jumps: list[Values],
    observe: Callable,
    *,
    stepsize: diffrax.AbstractAdaptiveStepSizeController,
    adjoint: diffrax.AbstractAdjoint | None,
    max_steps: int,
) -> tuple[PyTree[Shaped[Array, "row ..."]], State, Bool[Array, ""]]:
    """Solve with error control from 0 to `end` and record at `times`.

    Args:
        solver: A diffrax solver with an error estimate.
        model: Passed to the solver as `args.model`.
        initial: State at time 0.
        drive: Function of absolute time [ms].
        times: When to record (row,) [ms].
        end: When to stop [ms].
        jumps: Times at which the drive jumps [ms].
        observe: Function (state, drive, spike time) of what to record.
        stepsize: A diffrax step-size controller.
        adjoint: A diffrax adjoint, or None for `diffrax.RecursiveCheckpointAdjoint()`.
        max_steps: Give up after so many steps.

    Returns:
        The records (row, ...), the state at the end, and whether the solver succeeded.
    """
    adjoint = diffrax.RecursiveCheckpointAdjoint() if adjoint is None else adjoint
    if jumps:
        flat = jnp.sort(jnp.concatenate([jnp.ravel(jnp.asarray(jump, times.dtype)) for jump in jumps]))
        stepsize = diffrax.ClipStepSizeController(stepsize, jump_ts=flat)

    rows = diffrax.SubSaveAt(ts=times, fn=lambda t, y, args: observe(y, args.drive(t), None))
    solution = diffrax.diffeqsolve(
        TERM, solver, jnp.zeros((), times.dtype), end, None, initial, Arguments(model, drive),
        saveat=diffrax.SaveAt(subs=[rows, diffrax.SubSaveAt(t1=True)]),
        stepsize_controller=stepsize, adjoint=adjoint, max_steps=max_steps, throw=False,
    )  # fmt: skip
    records, final = solution.ys  # pyright: ignore[reportGeneralTypeIssues]
    return records, jax.tree.map(lambda x: x[0], final), solution.result == diffrax.RESULTS.successful
