"""Whether there is memory for what a run records, asked before it begins."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ..machine import memory
from ..model import Model
from ..solve.beginning import beginning
from .observing import observer

COUNTED = 2**31  # steps, in float32's mode
MANY = 64  # bytes a compartment may record by one name, and seldom does


def check_room(model, stimulus, initial, times, *, adaptive, steps, dt, record, every) -> None:
    """Refuse a run whose records, or the grid of which, are larger than the free memory."""
    if steps * model.compartments * len(record) * MANY < memory.SMALL:
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


def _at_one_time(record: tuple, model: Model, stimulus: Any, initial: PyTree) -> tuple:
    """A time, the drive at it and what is recorded then, for their shapes."""
    state = beginning(model, initial)
    time = jnp.zeros((), state.v.dtype)
    drive = model.drive(stimulus, time)
    return time, drive, observer(model, record)(state, drive, model.no_spike(state))


def _bytes(shapes: PyTree) -> int:
    return sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(shapes))
