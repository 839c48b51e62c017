"""The front door: a model and a stimulus in, a recording out."""

import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import checks, memory
from .biophysics.network import ByPopulation, Network
from .biophysics.stimuli import Stimulus, step
from .crossings import interpolate
from .recording import Recording
from .sharding import alike
from .solve.beginning import beginning
from .solve.fixed import Grid, regular_grid, snapped_grid, solve_fixed
from .solve.leapfrog import LEAPFROG, Leapfrog
from .solve.network import NetworkLeapfrog
from .solve.noise import gate_increments

NO_STIMULUS = step(0.0)
STRUCTURE = ("rest", "steps", "dt", "regular", "record", "every", "max_steps")  # arguments that are no arrays
LENGTHS = 8  # of runs that stay compiled, the latest
COUNTED = 2**31  # steps, in float32's mode
MANY = 64  # bytes a compartment may record by one name, and seldom does
THRESHOLD = 0.0  # mV: what a cell must rise through to be recorded as a spike


def simulate(
    model: Any,
    stimulus: Stimulus | Mapping[str, Stimulus] = NO_STIMULUS,
    *,
    duration: float,
    dt: float = 0.025,
    record: str | Callable | tuple[str | Callable, ...] | Mapping[str, str | Callable] = "v",
    every: int = 1,
    times: Any = None,
    solver: Any = None,
    stepsize: Any = None,
    adjoint: Any = None,
    max_steps: int = 100_000,
    initial: Any = None,
    key: jax.Array | None = None,
) -> Recording:
    """Simulate a model under a stimulus.

    Args:
        model: A `Cell`, a point neuron or a `Network`.
        stimulus: What is injected; see `jaxneuro.stimuli`. Of a network it goes into all populations; a mapping gives a
            stimulus each to those it names.
        duration: Length of the run, a multiple of `dt × every`; structure, never traced, as `dt` and `every` are [ms].
        dt: Step, and spacing of the records of an adaptive solve [ms].
        record: What to record: `v`, `spikes` (at most one a row; of a cell on a straight line through 0 mV), a gate or
            concentration (`na.m`, `ca`), a current (`na.current`, `stimulus`), or any function
            (model, state, drive) -> array, under its own name; one of these, a tuple, or a mapping that names them. Of a
            network with the population, `exc.spikes`.
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
    duration, dt, every = _known(duration=duration), _known(dt=dt), _known(every=every)
    steps = _count_steps(duration, dt, every)
    stimulus = _checked(model, stimulus, dt)
    _check_stimulus(model, stimulus, duration)
    _check_method(solver, key)
    regular = all(_on_grid(jump, dt) for jump in stimulus.jumps())
    recorded = _named(record)
    model, stimulus, initial = _floating((model, stimulus, initial))
    times = _check_times(times, duration, every, recorded)
    what: dict[str, Any] = dict(steps=steps, dt=float(dt), record=recorded, every=every)
    _check_room(model, stimulus, initial, times, adaptive=stepsize is not None, **what)
    if stepsize is not None:
        if hasattr(model, "reset"):
            raise ValueError(
                "a network or a model with a reset runs at fixed steps only: leave out stepsize, and make dt smaller instead."
            )
        arrays, rest = _split((solver, stepsize, adjoint))
        run = _compiled(_adaptive, steps, float(dt), every)
        return run(model, stimulus, initial, times, arrays, rest=rest, max_steps=max_steps, **what)
    arrays, rest = _split(getattr(solver, "method", solver or LEAPFROG))
    run = _compiled(_fixed, steps, float(dt), every)
    with _shapes_said(model):
        recording = run(model, stimulus, initial, times, key, arrays, rest=rest, regular=regular, **what)
    if isinstance(model, Network):
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
    _check_drive(model, stimulus, initial)
    model = model.prepared() if hasattr(model, "prepared") else model
    dtype = initial.v.dtype
    grid = regular_grid(steps, dt, dtype) if regular else snapped_grid(steps, dt, stimulus.jumps(), dtype)
    noise = gate_increments(model, initial, grid, key)
    method = _network_method(rest, dt, grid) if isinstance(model, Network) else _method(arrays, rest)
    drive = partial(model.drive, stimulus)
    threshold = THRESHOLD if any(what == "spikes" for _, what in record) and not hasattr(model, "reset") else None
    observe = _observer(model, record)
    values, final, ok = solve_fixed(
        method, model, initial, drive, grid, observe, every=every, noise=noise, threshold=threshold
    )
    t = grid.points[::every]
    if times is not None:
        ok = ok & _within(times, steps * dt)
        points, at = alike((t, times))
        values = jax.tree.map(lambda y: interpolate(points, y, at), values)
    ok = ok & _meaningful(given, stimulus, steps * dt, record, values, final)
    return Recording(t if times is None else times, values, ok, final)


def _adaptive(model, stimulus, initial, times, arrays, *, rest, steps, dt, record, every, max_steps):

    from .solve.adaptive import solve_adaptive

    solver, stepsize, adjoint = _join(arrays, rest)
    initial = beginning(model, initial)
    _check_drive(model, stimulus, initial)
    grid = jnp.arange(0, steps + 1, every, initial.v.dtype) * jnp.asarray(dt, initial.v.dtype)
    end = grid[-1]
    inside = jnp.asarray(True) if times is None else _within(times, steps * dt)
    times = grid if times is None else times
    values, final, ok = solve_adaptive(
        solver, model, initial, partial(model.drive, stimulus), times, end, stimulus.jumps(), _observer(model, record),
        stepsize=stepsize, adjoint=adjoint, max_steps=max_steps,
    )  # fmt: skip
    return Recording(
        times, values, ok & inside & _meaningful(model, stimulus, steps * dt, record, values, final), final
    )


# --- what `ok` covers beside the steps -----------------------------------------------------------------------------------


def _meaningful(model: Any, stimulus: Stimulus, duration: float, record: tuple, values: dict, final: Any) -> jax.Array:
    """Whether nothing that was given is impossible, and nothing that came out is."""
    aimed = [_exists(target, count) for target, count in _aims(model, stimulus)]
    aimed += [jnp.all(end >= duration * (1 - 1e-6)) for end in stimulus.ends()]
    came_out = [_valid(what, x) for name, what in record for x in jax.tree.leaves(values[name])]
    ended = [~jnp.isnan(x).any() for x in jax.tree.leaves(final) if jnp.issubdtype(x.dtype, jnp.inexact)]
    ended += [model.sound(final)] if hasattr(model, "sound") else [jnp.isfinite(final.v).all()]
    return functools.reduce(operator.and_, [checks.possible((model, stimulus)), *aimed, *came_out, *ended])


def _valid(what: Any, x: jax.Array) -> jax.Array:
    """Whether a record is finite, and a voltage possible; where there is no spike, its time is infinity."""
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.asarray(True)
    quantity = what.rpartition(".")[2] if isinstance(what, str) else ""
    if quantity == "spikes":
        return ~jnp.isnan(x).any()
    return jnp.all(jnp.abs(x) <= checks.VOLTAGE_LIMIT) if quantity == "v" else jnp.isfinite(x).all()


def _within(times: jax.Array, end: float) -> jax.Array:
    """Whether times increase and are those of the run, NaN is not."""
    inside = jnp.all((times >= 0) & (times <= jnp.asarray(end, times.dtype)))
    return inside & jnp.all(checks.increasing(times, strictly=True))


def _exists(target: Any, count: int) -> Any:
    """Whether a compartment, or all of several, is one of so many."""
    return ((target >= 0) & (target < count) & (target == target // 1)).all()


def _aims(model: Any, stimulus: Stimulus) -> Iterator[tuple[Any, int]]:
    """Each compartment that a stimulus names, and how many there are."""
    cells = model.cells if isinstance(model, Network) else {"": model}
    parts = stimulus.parts if isinstance(stimulus, ByPopulation) else dict.fromkeys(cells, stimulus)
    for name, part in parts.items():
        yield from ((target, cells[name].compartments) for target in part.targets())


# diffrax and equinox take half a second to import; the default method needs neither


def _split(solver: Any) -> tuple[Any, Any]:
    """The arrays of a solver, which are traced, and the rest of it, which is structure."""
    if isinstance(solver, Leapfrog):
        return None, solver
    import equinox

    return equinox.partition(solver, equinox.is_array)


def _join(arrays: Any, rest: Any) -> Any:
    import equinox

    return equinox.combine(arrays, rest)


def _method(arrays: Any, rest: Any) -> Any:
    if isinstance(rest, Leapfrog):
        return rest
    from .solve.any_solver import AnySolver

    return AnySolver(_join(arrays, rest))


def _network_method(rest: Any, dt: float, grid: Grid) -> NetworkLeapfrog:
    if rest is not LEAPFROG:
        raise ValueError("a network runs with the default method only: leave out solver, and make dt smaller instead.")
    return NetworkLeapfrog(dt, grid)


def _named(record: Any) -> tuple[tuple[str, str | Callable], ...]:
    """What is recorded, with the name that it is recorded under."""
    if isinstance(record, Mapping):
        named = list(record.items())
    else:
        listed = tuple(record) if isinstance(record, Iterable) and not isinstance(record, str) else (record,)
        named = [(what if isinstance(what, str) else getattr(what, "__name__", "value"), what) for what in listed]
    for name, what in named:
        if not (isinstance(name, str) and (isinstance(what, str) or callable(what))):
            raise ValueError(
                f"record has {name!r}: {what!r}; give names of quantities or functions, by name if need be."
            )
        if any(other is not what and other != what for same, other in named if same == name):
            raise ValueError(
                f"record has several functions of the name {name!r}, and one would replace the other: name them, "
                'record={"first": ..., "second": ...}.'
            )
    return tuple(dict(named).items())


def _observer(model: Any, record: tuple) -> Callable:
    def observe(state: Any, drive: Any, spike: Any) -> dict:
        values = {}
        for name, what in record:
            if name not in (what, what.rpartition(".")[2] if isinstance(what, str) else ""):
                _check_free(name, model, state, drive)
            if callable(what):
                values[name] = _numbers(name, what(model, state, drive))
            elif what == "spikes" or (what.endswith(".spikes") and hasattr(model, "spikes_of")):
                if spike is None:
                    raise ValueError(
                        "'spikes' is recorded with fixed steps only: leave stepsize out, or ask spike_times() of 'v'."
                    )
                values[name] = spike if what == "spikes" else model.spikes_of(what, spike)
            else:
                values[name] = model.observe(what, state, drive)
        return values

    return observe


def _check_free(name: str, model: Any, state: Any, drive: Any) -> None:
    """Refuse something else under the name of a quantity of the model, which others would take it for."""
    try:
        model.observe("v" if name == "spikes" else name, state, drive)
    except KeyError:
        return
    raise ValueError(
        f"something else is recorded as {name!r}, which the model itself records: name it, record={{'my_{name}': ...}}."
    )


def _numbers(name: str, value: Any) -> Any:
    """What a function gave to be recorded, if that is arrays."""
    leaves = jax.tree.leaves(value)
    if leaves and all(isinstance(x, jax.Array | np.ndarray | np.generic | float | int) for x in leaves):
        return value
    raise ValueError(
        f"{name!r} is recorded by a function that gives {str(value)[:40]!r}: return an array, or a tree of them."
    )


def _floating(tree: Any) -> Any:
    """Every number as an array of the default float type or wider, so that no call recompiles for a Python float."""

    def strong(x: Any) -> Any:
        if not isinstance(x, jax.Array):
            kind = jnp.result_type(x)
            return np.asarray(x, kind if jnp.issubdtype(kind, jnp.inexact) else jnp.result_type(float))
        return jax.lax.convert_element_type(x, x.dtype) if x.weak_type else x

    return jax.tree.map(strong, tree)


def _on_grid(jump: Any, dt: float) -> bool:
    """Whether a jump is known to fall between steps."""
    if isinstance(jump, Tracer):
        return False
    places = np.asarray(jump, float) / dt
    return bool(np.all(np.abs(places - np.round(places)) < 1e-5))


def _known(**argument: Any) -> Any:
    """The one argument as a number of Python, if that is known while tracing."""
    ((name, value),) = argument.items()
    if isinstance(value, Tracer):
        raise ValueError(
            f"{name} is traced, but it is static, as the number of steps is structure: give a Python number, or name it in "
            f"jax.jit(..., static_argnames={name!r}). What may be traced is `times`, and all of model and stimulus."
        )
    number = np.asarray(value)
    if number.size != 1 or not any(jnp.issubdtype(number.dtype, kind) for kind in (jnp.integer, jnp.floating)):
        raise ValueError(f"{name} = {value!r}: give one number.")
    return number.item()


def _count_steps(duration: float, dt: float, every: int) -> int:
    if not 0 < dt < float("inf"):
        raise ValueError(f"dt = {dt} ms: a step must be positive and finite; 0.025 is a good start.")
    if not 0 < duration < float("inf"):
        raise ValueError(f"duration = {duration} ms: a run must be longer than 0 ms, and end.")
    if not 1 <= every < float("inf") or int(every) != every:
        raise ValueError(f"every = {every}: record after a whole number of steps, at least 1.")
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-6 * duration or steps % every:
        good = max(round(duration / (dt * every)), 1) * dt * every
        raise ValueError(
            f"duration = {duration} ms is not a multiple of dt × every = {dt * every:g} ms: use duration = {good:g}, "
            "or choose dt to divide it."
        )
    return steps


def _check_times(times: Any, duration: float, every: int, recorded: tuple) -> Any:
    if times is None:
        return times
    if every != 1:
        raise ValueError(f"every = {every} together with times: give one of the two.")
    if any(isinstance(what, str) and what.rpartition(".")[2] == "spikes" for _, what in recorded):
        raise ValueError("spikes are recorded step by step: leave times out, or record 'v' at them in another run.")
    if isinstance(times, Tracer) and times.ndim == 1:
        return times
    if isinstance(times, Tracer):
        raise ValueError(f"times has the shape {times.shape}: give a list of times (row,), or jax.vmap over simulate.")
    times = np.asarray(times, jnp.result_type(float))
    if times.ndim != 1 or not ((times >= 0) & (times <= duration)).all() or (np.diff(times) <= 0).any():
        raise ValueError(f"times = {times}: give increasing times from 0 to the duration of {duration:g} ms.")
    return times


def _checked(model: Any, stimulus: Any, dt: float) -> Stimulus:
    """The stimulus, of a network as one for all its populations, once the model has been checked."""
    if not hasattr(model, "drive"):
        raise ValueError(f"model = {repr(model)[:60]}: give a Cell, a point neuron or a Network, as from jn.cells.")
    if not isinstance(stimulus, Stimulus) and not (isinstance(model, Network) and isinstance(stimulus, Mapping)):
        raise ValueError(
            f"stimulus = {repr(stimulus)[:60]}: give one of jn.stimuli, such as step(10.0), or for a network a mapping from "
            "its populations to stimuli."
        )
    if isinstance(model, Network):
        model.check(dt)
    checks.refuse(model)
    checks.refuse(stimulus, "stimulus")
    return model.stimuli(stimulus) if isinstance(stimulus, Mapping) else stimulus


@contextmanager
def _shapes_said(model: Any) -> Iterator[None]:
    """Where arrays do not fit together, name the parameter that is why, if one is."""
    try:
        yield
    except (TypeError, ValueError) as fault:
        if isinstance(model, Network):
            raise
        for path in model.paths():
            shape = np.shape(model.get(path))
            if len(shape) == 1 and shape[0] not in (1, model.compartments):
                raise ValueError(
                    f"{path} has the shape {shape}, and the model {model.compartments} compartment(s): give one number or one "
                    "for each compartment; for several cells, jax.vmap over simulate."
                ) from fault
        raise


def _check_stimulus(model: Any, stimulus: Stimulus, duration: float) -> None:
    end = stimulus.end()
    if end is not None and end < duration * (1 - 1e-6):
        raise ValueError(
            f"the stimulus ends at {end:g} ms but the run lasts {duration:g} ms: shorten the run with "
            f"duration={end:g}, or extend the stimulus."
        )
    for target, count in _aims(model, stimulus):
        if not isinstance(target, Tracer) and not np.all(_exists(np.asarray(target), count)):
            raise ValueError(
                f"the stimulus goes into compartment {target}, and the model has 0 to {count - 1}: find the one that is meant "
                "with cell.compartment_at(place)."
            )


def _check_method(solver: Any, key: Any) -> None:
    if solver is not None and (isinstance(solver, type) or not hasattr(getattr(solver, "method", solver), "step")):
        raise ValueError(f"solver = {repr(solver)[:60]}: give a method, such as jn.Strang() or diffrax.Heun().")
    if key is not None and not isinstance(key, jax.Array | np.ndarray):
        raise ValueError(f"key = {repr(key)[:60]}: give a random key, such as jax.random.key(0).")


def _check_drive(model: Any, stimulus: Stimulus, state: Any) -> None:
    """Refuse a stimulus of several values at one time: which of them is meant?"""
    drive = jax.eval_shape(model.drive, stimulus, jnp.zeros((), state.v.dtype))
    axes, drive = (2, drive["stimulus"]) if isinstance(model, Network) else (1, drive)
    for x in jax.tree.leaves(drive):
        if x.ndim > axes:
            raise ValueError(
                f"the stimulus has {x.shape[0]} values at one time: jax.vmap over simulate for several runs, per_cell for the "
                "cells of a population, or a sum of injected ones for several compartments."
            )


def _check_room(model, stimulus, initial, times, *, adaptive, steps, dt, record, every) -> None:
    """Refuse a run whose records, or the grid of which, are larger than the free memory."""
    wide = (
        sum(p.size * p.compartments for p in model.cells.values()) if isinstance(model, Network) else model.compartments
    )
    if steps * wide * len(record) * MANY < memory.SMALL:
        return  # the usual case, without tracing anything
    time, drive, recorded = jax.eval_shape(partial(_at_one_time, record), model, stimulus, initial)
    row = _bytes(recorded)
    rows, grid = steps // every, 0 if adaptive else steps * (_bytes(time) + _bytes(drive))
    memory.refuse(
        2 * rows * row + grid,
        f"duration = {steps * dt:g} ms, {steps:.3g} steps of which {rows:.3g} are recorded,",
        (
            f"record less, with every={1000 * every} or with record='spikes' and every, or "
            if 2 * rows * row >= grid
            else ""
        )
        + "run it in pieces, each with initial=recording.final of the one before, or take a longer dt.",
    )
    if steps >= COUNTED:
        raise ValueError(
            f"duration = {steps * dt:g} ms makes {steps:.3g} steps, and they are counted to {COUNTED:.3g}: run it in pieces, "
            "each with initial=recording.final of the one before, or take a longer dt."
        )


def _at_one_time(record: tuple, model: Any, stimulus: Any, initial: Any) -> tuple:
    """A time, the drive at it and what is recorded then, for their shapes."""
    state = beginning(model, initial)
    time = jnp.zeros((), state.v.dtype)
    drive = model.drive(stimulus, time)
    return time, drive, _observer(model, record)(state, drive, getattr(state, "fired", state.v))


def _bytes(shapes: Any) -> int:
    return sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(shapes))
