"""The front door: a model and a stimulus in, a recording out."""

import functools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Num

from .biophysics.stimuli import Stimulus, step
from .checks import check_key
from .crossings import interpolate
from .machine import alike
from .model import Model, State
from .recording import Recording
from .runs import (
    check_drive,
    check_room,
    check_solver,
    check_stimulus,
    check_times,
    checked,
    count_steps,
    floating,
    join,
    known,
    meaningful,
    method,
    named,
    observer,
    on_grid,
    shapes_said,
    split,
    within,
)
from .solve.beginning import beginning
from .solve.fixed import solve_fixed
from .solve.method import Method, regular_grid, snapped_grid
from .solve.noise import gate_increments

if TYPE_CHECKING:
    import diffrax

NO_STIMULUS = step(0.0)
STRUCTURE = ("rest", "steps", "dt", "regular", "record", "every", "max_steps")  # arguments that are no arrays
What = str | Callable[..., Any]  # a name of something recorded, or a function (model, state, drive) -> array
LENGTHS = 8  # of runs that stay compiled, the latest
THRESHOLD = 0.0  # mV: what a cell must rise through to be recorded as a spike


def simulate(
    model: Model,
    stimulus: Stimulus | Mapping[str, Stimulus] = NO_STIMULUS,
    *,
    duration: float,
    dt: float = 0.025,
    record: What | tuple[What, ...] | Mapping[str, What] = "v",
    every: int = 1,
    times: Num[ArrayLike, "row"] | Sequence[float] | None = None,
    solver: "Method | diffrax.AbstractSolver[Any] | None" = None,
    stepsize: "diffrax.AbstractAdaptiveStepSizeController[Any, Any] | None" = None,
    adjoint: "diffrax.AbstractAdjoint | None" = None,
    max_steps: int = 100_000,
    initial: State | None = None,
    key: jax.Array | None = None,
) -> Recording:
    """Simulate a model under a stimulus.

    Args:
        model: A `Cell`, a point neuron, a `Network`, or another `Model`.
        stimulus: What is injected; see `jaxneuro.stimuli`. Of a network it goes into all populations; a mapping gives a
            stimulus each to those it names.
        duration: Length of the run, a multiple of `dt × every`; structure, never traced, as `dt` and `every` are [ms].
        dt: Step, and spacing of the records of an adaptive solve [ms].
        record: What to record: `v`, `spikes` (at most one a row; of a cell on a straight line through 0 mV), a gate or
            concentration (`na.m`, `ca`), a current (`na.current`, `stimulus`), or any function
            (model, state, drive) -> array, under its own name; one of these, a tuple, or a mapping that names them. Of a
            network with the population, `exc.spikes`; at a place of a cell with the place, `soma.v`, `dend[2](0.3).na.m`.
        every: Record after every so many steps. Only what is recorded is kept, so this bounds memory.
        times: Record at these times instead (row,) [ms]. An adaptive solver is asked for them; with fixed steps they
            are interpolated from all steps, to sixth order, unless a jump of the stimulus lies near.
        solver: Any diffrax solver; `Staggered()` by default; `Strang()` for populations of cells of one shape.
        stepsize: A diffrax step-size controller, to control the error instead of the step.
        adjoint: How an adaptive solve is differentiated (default `diffrax.RecursiveCheckpointAdjoint()`).
        max_steps: Limit on the steps of an adaptive solve.
        initial: State at the start: `rest(model)`, the `final` of another recording, or None for gates at their steady
            state at the model's `v_init`.
        key: Random key; needed if, and only if, the model is noisy.

    A run is compiled when its kind is new, for its length too; the latest 8 lengths stay compiled, so that a process does not
    grow with every new duration. Under a `jax.jit` of your own, jax keeps what it compiled: `jax.clear_caches()` lets go of it.

    Returns:
        A recording at 0, `dt × every`, ..., `duration`, or at `times`. Its `ok` covers every step and all that was recorded,
        and is False too for what is traced and cannot be: a parameter out of its bounds, a compartment or time that does
        not exist.

    Raises:
        ValueError: for a step or duration that does not fit or is traced, a stimulus that ends too early, a missing key, a
            parameter out of its bounds, functions that would be recorded under one name, or a run that needs more memory than
            is free.
        KeyError: for a name that cannot be recorded.
    """
    duration, dt, every = known(duration=duration), known(dt=dt), known(every=every)
    steps = count_steps(duration, dt, every)
    stimulus = checked(model, stimulus, dt)
    check_stimulus(model, stimulus, duration)
    check_solver(solver)
    if key is not None:
        check_key(key)
    regular = all(on_grid(jump, dt) for jump in stimulus.jumps())
    recorded = named(record)
    model, stimulus, initial = floating((model, stimulus, initial))
    times = check_times(times, duration, every, recorded)
    what: dict[str, Any] = dict(steps=steps, dt=float(dt), record=recorded, every=every)
    check_room(model, stimulus, initial, times, adaptive=stepsize is not None, **what)
    if stepsize is not None:
        if model.resets:
            raise ValueError(
                "a network or a model with a reset runs at fixed steps only: leave out stepsize, and make dt smaller instead."
            )
        arrays, rest = split((solver, stepsize, adjoint))
        run = _compiled(_adaptive, steps, float(dt), every)
        return run(model, stimulus, initial, times, arrays, rest=rest, max_steps=max_steps, **what)
    arrays, rest = split(solver)
    run = _compiled(_fixed, steps, float(dt), every)
    with shapes_said(model):
        recording = run(model, stimulus, initial, times, key, arrays, rest=rest, regular=regular, **what)
    model.report(recording.final)
    return recording


@functools.lru_cache(maxsize=LENGTHS)
def _compiled(run: Callable, steps: int, dt: float, every: int) -> Callable:
    """A function of its own for runs of each length: what jax has compiled for it goes when it goes.

    Without it some MB would stay for every duration that a process ever ran.
    """
    del steps, dt, every

    def run_of_this_length(*arrays: Any, **structure: Any) -> Recording:
        return run(*arrays, **structure)

    return jax.jit(run_of_this_length, static_argnames=STRUCTURE)


def _fixed(model, stimulus, initial, times, key, arrays, *, rest, steps, dt, regular, record, every):
    model, stimulus, initial, key = alike((model, stimulus, initial, key))
    given, initial = model, beginning(model, initial)
    check_drive(model, stimulus, initial)
    model = model.prepared()
    dtype = initial.v.dtype
    grid = regular_grid(steps, dt, dtype) if regular else snapped_grid(steps, dt, stimulus.jumps(), dtype)
    noise = gate_increments(model, initial, grid, key)
    drive = partial(model.drive, stimulus)
    threshold = THRESHOLD if any(what == "spikes" for _, what in record) and not model.resets else None
    observe = observer(model, record)
    values, final, ok = solve_fixed(
        method(model, arrays, rest, dt, grid),
        model,
        initial,
        drive,
        grid,
        observe,
        every=every,
        noise=noise,
        threshold=threshold,
    )
    t = grid.points[::every]
    if times is not None:
        ok = ok & within(times, steps * dt)
        points, at = alike((t, times))
        values = jax.tree.map(lambda y: interpolate(points, y, at), values)
    ok = ok & meaningful(given, stimulus, steps * dt, record, values, final)
    return Recording(t if times is None else times, values, ok, final)


def _adaptive(model, stimulus, initial, times, arrays, *, rest, steps, dt, record, every, max_steps):
    from .solve.adaptive import solve_adaptive

    solver, stepsize, adjoint = join(arrays, rest)
    initial = beginning(model, initial)
    check_drive(model, stimulus, initial)
    grid = jnp.arange(0, steps + 1, every, initial.v.dtype) * jnp.asarray(dt, initial.v.dtype)
    end = grid[-1]
    inside = jnp.asarray(True) if times is None else within(times, steps * dt)
    times = grid if times is None else times
    values, final, ok = solve_adaptive(
        solver, model, initial, partial(model.drive, stimulus), times, end, stimulus.jumps(), observer(model, record),
        stepsize=stepsize, adjoint=adjoint, max_steps=max_steps,
    )  # fmt: skip
    return Recording(times, values, ok & inside & meaningful(model, stimulus, steps * dt, record, values, final), final)
