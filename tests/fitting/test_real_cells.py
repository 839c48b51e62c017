"""Fits of real cells, and the recovery of known parameters from many starts. Minutes each, so marked slow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import cortical, hodgkin_huxley_free
from jaxneuro.data import read_recording
from jaxneuro.fitting import SweepResiduals, box
from jaxneuro.fitting.targets import target
from jaxneuro.learn import REACH

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["allen_518290966_sweep57.npz", "allen_555060623_sweep34.npz"])
def test_a_cortical_cell_is_fitted_to_every_spike(recordings, name):
    sweep = read_recording(recordings / name)
    with jax.enable_x64(False):
        goal = target(sweep, window=(155.0, 705.0))
        judge = target(sweep, window=(155.0, 1205.0), judged_from=705.0)
        found = jn.fit(cortical.adapting(), goal, free=cortical.BOUNDS, hold_out=judge, key=jax.random.key(0))
    assert found.fitted["model_spikes"][0] == found.fitted["spikes"][0]
    assert found.fitted["coincidence"][0] > 0.8 and found.loss.min() < 7.0
    # the second half is not predicted to 4 ms by a model with one slow current: hold it to what it is
    assert abs(found.held_out["model_spikes"][0] - found.held_out["spikes"][0]) <= 3
    assert "free" in found.verdicts.values()


def test_eight_parameters_are_recovered_from_64_random_starts():
    cell = jax.tree.map(jnp.asarray, hodgkin_huxley_free())
    free = {"na.g_max": (40.0, 300.0), "k.g_max": (10.0, 100.0), "leak.g_max": (0.05, 1.5), "na.e": (30.0, 80.0),
            "k.e": (-95.0, -60.0), "capacitance": (0.4, 2.5), "na.alpha_m.midpoint": (15.0, 35.0),
            "k.alpha_n.midpoint": (0.0, 20.0)}  # fmt: skip
    t = np.arange(0.0, 80.01, 0.02)
    sweeps = []
    for amplitude in (0.1, 0.2, -0.03):  # nA into 1000 µm²
        current = np.where((t >= 10.0) & (t < 70.0), amplitude, 0.0)
        run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(t, current)), duration=80.0, dt=0.02)
        sweeps.append(run.replace(current=jnp.asarray(current)))
    limits = box(cell, free)
    of = SweepResiduals(cell, limits, target(sweeps, window=(0.0, 80.0)))
    starts = limits.draw(jax.random.key(0), 64)
    done = jn.fitting.optimise(of, starts, optimiser=jn.fitting.LevenbergMarquardt(limit=REACH), steps=60)
    values = np.asarray(jax.vmap(limits.values)(jnp.asarray(done.theta)))
    error = np.abs(values / np.asarray(limits.current(cell)) - 1).max(axis=1)
    kept = np.asarray(done.loss) < 0.1
    assert kept.sum() > 32
    assert np.mean(error[kept] < 0.05) > 0.9
