"""Every loss is lowest at the cell that made the recording, and has a finite gradient there and elsewhere."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.fitting.losses import segment_error, soft_dtw, van_rossum, voltage_error
from jaxneuro.fitting.targets import target
from jaxneuro.learn import half_square


@pytest.fixture(scope="module")
def problem():
    cell = jax.tree.map(jnp.asarray, jn.cells.hodgkin_huxley())
    t = np.arange(0, 1201) * 0.025
    current = np.where(t >= 5.0, 0.12, 0.0)
    run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(t, current)), duration=30.0)
    return cell, target(jn.Recording(run.t, run.values, current=jnp.asarray(current)), window=(0.0, 30.0), dt=0.025)


@pytest.mark.parametrize(
    "loss", [voltage_error, partial(voltage_error, nudge=0.5), segment_error, van_rossum, soft_dtw]
)
def test_the_truth_is_lowest(problem, loss):
    cell, goal = problem
    of = jax.jit(jax.value_and_grad(lambda g: half_square(loss(cell.set("na.g_max", g), goal))))
    (best, _), (low, down), (high, up) = (of(g) for g in (120.0, 105.0, 135.0))
    assert best < low and best < high
    assert np.isfinite([down, up]).all()
