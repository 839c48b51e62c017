"""The front door: a model and a stimulus in, a recording out."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .biophysics.network import Network
from .biophysics.stimuli import Stimulus, step
from .crossings import interpolate
from .recording import Recording
from .solve.fixed import Grid, regular_grid, snapped_grid, solve_fixed
from .solve.leapfrog import LEAPFROG, Leapfrog
from .solve.network import NetworkLeapfrog
from .solve.noise import gate_increments

NO_STIMULUS = step(0.0)
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
        duration: Length of the run, a multiple of `dt × every` [ms].
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

    Returns:
        A recording at 0, `dt × every`, ..., `duration`, or at `times`.

    Raises:
        ValueError: for a step or duration that does not fit, a stimulus that ends too early, a missing key, functions that
            would be recorded under one name.
        KeyError: for a name that cannot be recorded.
    """
    steps = _count_steps(duration, dt, every)
    stimulus = _checked(model, stimulus, dt)
    _check_stimulus(model, stimulus, duration)
    regular = all(_on_grid(jump, dt) for jump in stimulus.jumps())
    recorded = _named(record)
    model, stimulus, initial = _floating((model, stimulus, initial))
    times = _check_times(times, duration, every)
    what: dict[str, Any] = dict(steps=steps, dt=float(dt), record=recorded, every=every)
    if stepsize is not None:
        if hasattr(model, "reset"):
            raise ValueError(
                "a network or a model with a reset runs at fixed steps only: leave out stepsize, and make dt smaller instead."
            )
        arrays, rest = _split((solver, stepsize, adjoint))
        return _adaptive(model, stimulus, initial, times, arrays, rest=rest, max_steps=max_steps, **what)
    arrays, rest = _split(getattr(solver, "method", solver or LEAPFROG))
    recording = _fixed(model, stimulus, initial, times, key, arrays, rest=rest, regular=regular, **what)
    if isinstance(model, Network):
        model.report(recording.final)
    return recording


@partial(jax.jit, static_argnames=("rest", "steps", "dt", "regular", "record", "every"))
def _fixed(model, stimulus, initial, times, key, arrays, *, rest, steps, dt, regular, record, every):
    initial = _start(model, initial)
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
        values = jax.tree.map(lambda y: interpolate(t, y, times), values)
    return Recording(t if times is None else times, values, ok & jnp.isfinite(final.v).all(), final)


@partial(jax.jit, static_argnames=("rest", "steps", "dt", "record", "every", "max_steps"))
def _adaptive(model, stimulus, initial, times, arrays, *, rest, steps, dt, record, every, max_steps):

    from .solve.adaptive import solve_adaptive

    solver, stepsize, adjoint = _join(arrays, rest)
    initial = _start(model, initial)
    grid = jnp.arange(0, steps + 1, every) * jnp.asarray(dt, initial.v.dtype)
    end = grid[-1]
    times = grid if times is None else times
    values, final, ok = solve_adaptive(
        solver, model, initial, partial(model.drive, stimulus), times, end, stimulus.jumps(), _observer(model, record),
        stepsize=stepsize, adjoint=adjoint, max_steps=max_steps,
    )  # fmt: skip
    return Recording(times, values, ok & jnp.isfinite(final.v).all(), final)


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


def _start(model: Any, initial: Any) -> Any:
    state = model.initial() if initial is None else initial
    dtype = jnp.result_type(*(leaf.dtype for leaf in jax.tree.leaves((model, state))))
    return jax.tree.map(lambda x: jnp.asarray(x, dtype if jnp.issubdtype(x.dtype, jnp.inexact) else x.dtype), state)


def _named(record: Any) -> tuple[tuple[str, str | Callable], ...]:
    """What is recorded, with the name that it is recorded under."""
    if isinstance(record, Mapping):
        named = list(record.items())
    else:
        listed = (record,) if isinstance(record, str) or callable(record) else tuple(record)
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
            if callable(what):
                _check_free(name, model, state, drive)
                values[name] = what(model, state, drive)
            elif what == "spikes" or what.endswith(".spikes"):
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
    """Refuse a function under the name of a quantity of the model, which others would take it for."""
    try:
        model.observe("v" if name == "spikes" else name, state, drive)
    except KeyError:
        return
    raise ValueError(
        f"a function is recorded as {name!r}, which the model itself records: name it, record={{'my_{name}': ...}}."
    )


def _floating(tree: Any) -> Any:
    """Every number as an array of the default float type or wider, so that no call recompiles for a Python float."""

    def strong(x: Any) -> Any:
        if not isinstance(x, jax.Array):
            return np.asarray(x, jnp.result_type(x, float))
        return jax.lax.convert_element_type(x, x.dtype) if x.weak_type else x

    return jax.tree.map(strong, tree)


def _on_grid(jump: Any, dt: float) -> bool:
    """Whether a jump is known to fall between steps."""
    if isinstance(jump, Tracer):
        return False
    places = np.asarray(jump, float) / dt
    return bool(np.all(np.abs(places - np.round(places)) < 1e-5))


def _count_steps(duration: float, dt: float, every: int) -> int:
    if not dt > 0:
        raise ValueError(f"dt = {dt} ms: a step must be positive; 0.025 is a good start.")
    if not duration > 0:
        raise ValueError(f"duration = {duration} ms: a run must be longer than 0 ms.")
    if every < 1 or int(every) != every:
        raise ValueError(f"every = {every}: record after a whole number of steps, at least 1.")
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-6 * duration or steps % every:
        good = max(round(duration / (dt * every)), 1) * dt * every
        raise ValueError(
            f"duration = {duration} ms is not a multiple of dt × every = {dt * every:g} ms: use duration = {good:g}, "
            "or choose dt to divide it."
        )
    return steps


def _check_times(times: Any, duration: float, every: int) -> Any:
    if times is None or isinstance(times, Tracer):
        return times
    times = np.asarray(times, jnp.result_type(float))
    if every != 1:
        raise ValueError(f"every = {every} together with times: give one of the two.")
    if times.ndim != 1 or not ((times >= 0) & (times <= duration)).all() or (np.diff(times) <= 0).any():
        raise ValueError(f"times = {times}: give increasing times from 0 to the duration of {duration:g} ms.")
    return times


def _checked(model: Any, stimulus: Any, dt: float) -> Stimulus:
    """The stimulus, of a network as one for all its populations, once the network has been checked."""
    if isinstance(model, Network):
        model.check(dt)
    return model.stimuli(stimulus) if isinstance(stimulus, Mapping) else stimulus


def _check_stimulus(model: Any, stimulus: Stimulus, duration: float) -> None:
    end = stimulus.end()
    if end is not None and end < duration * (1 - 1e-6):
        raise ValueError(
            f"the stimulus ends at {end:g} ms but the run lasts {duration:g} ms: shorten the run with "
            f"duration={end:g}, or extend the stimulus."
        )
    count = getattr(model, "compartments", 0)  # a network has populations instead
    for target in stimulus.targets() if count else ():
        if not isinstance(target, Tracer) and not np.isin(target, np.arange(count)).all():
            raise ValueError(
                f"the stimulus goes into compartment {target}, and the model has 0 to {count - 1}: find the one that is meant "
                "with cell.compartment_at(place)."
            )
