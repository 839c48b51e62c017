"""What is asked of a run, made definite and held against what there is: length, times, model, stimulus, method."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import PyTree

from .. import checks
from ..arithmetic import Values
from ..biophysics.stimuli import Stimulus
from ..model import STIMULUS_WANTED, Model, State


def floating(tree: PyTree) -> PyTree:
    """Every number as an array of the default float type or wider, so that no call recompiles for a Python float."""

    def strong(x: PyTree) -> PyTree:
        if not isinstance(x, jax.Array):
            kind = jnp.result_type(x)
            return np.asarray(x, kind if jnp.issubdtype(kind, jnp.inexact) else jnp.result_type(float))
        return jax.lax.convert_element_type(x, x.dtype) if x.weak_type else x

    return jax.tree.map(strong, tree)


def on_grid(jump: Values, dt: float) -> bool:
    """Whether a jump is known to fall between steps."""
    if isinstance(jump, Tracer):
        return False
    places = np.asarray(jump, float) / dt
    return bool(np.all(np.abs(places - np.round(places)) < 1e-5))


def known(**argument: Any) -> Any:
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


def count_steps(duration: float, dt: float, every: int) -> int:
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


def check_times(
    times: ArrayLike | Sequence[float] | None, duration: float, every: int, recorded: tuple
) -> ArrayLike | None:
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


def within(times: jax.Array, end: float) -> jax.Array:
    """Whether times increase and are those of the run, NaN is not."""
    inside = jnp.all((times >= 0) & (times <= jnp.asarray(end, times.dtype)))
    return inside & jnp.all(checks.increasing(times, strictly=True))


def checked(model: Model, stimulus: Any, dt: float) -> Stimulus:
    """The stimulus, of a network as one for all its populations, once the model has been checked."""
    if not isinstance(model, Model):
        raise ValueError(f"model = {repr(model)[:60]}: give a Cell, a point neuron or a Network, as from jn.cells.")
    if not isinstance(stimulus, Stimulus | Mapping):
        raise ValueError(f"stimulus = {repr(stimulus)[:60]}: {STIMULUS_WANTED}")
    model.check(dt)
    checks.refuse(model)
    checks.refuse(stimulus, "stimulus")
    return model.stimuli(stimulus) if isinstance(stimulus, Mapping) else stimulus


@contextmanager
def shapes_said(model: Model) -> Iterator[None]:
    """Where arrays do not fit together, name the parameter that is why, if one is."""
    try:
        yield
    except (TypeError, ValueError) as fault:
        reason = model.misfit()
        if reason is None:
            raise
        raise ValueError(reason) from fault


def check_stimulus(model: Model, stimulus: Stimulus, duration: float) -> None:
    end = stimulus.end()
    if end is not None and end < duration * (1 - 1e-6):
        raise ValueError(
            f"the stimulus ends at {end:g} ms but the run lasts {duration:g} ms: shorten the run with "
            f"duration={end:g}, or extend the stimulus."
        )
    for target, count in model.aims(stimulus):
        if not isinstance(target, Tracer) and not np.all(exists(np.asarray(target), count)):
            raise ValueError(
                f"the stimulus goes into compartment {target}, and the model has 0 to {count - 1}: find the one that is meant "
                "with cell.compartment_at(place)."
            )


def exists(target: np.ndarray | jax.Array, count: int) -> Any:
    """Whether a compartment, or all of several, is one of so many."""
    return ((target >= 0) & (target < count) & (target == target // 1)).all()


def check_drive(model: Model, stimulus: Stimulus, state: State) -> None:
    """Refuse a stimulus of several values at one time: which of them is meant?"""
    drive = jax.eval_shape(model.drive, stimulus, jnp.zeros((), state.v.dtype))
    for x in jax.tree.leaves(drive):
        if x.ndim > model.drive_axes:
            raise ValueError(
                f"the stimulus has {x.shape[0]} values at one time: jax.vmap over simulate for several runs, per_cell for the "
                "cells of a population, or a sum of injected ones for several compartments."
            )
