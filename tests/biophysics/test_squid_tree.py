"""A binary tree with squid membrane against a converged solution, which NEURON shares (tests/reference/make_squid_tree.py)."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro.biophysics.shape import BASAL, Morphology

REFERENCE = np.load(Path(__file__).parents[1] / "reference" / "squid_tree.npz")
STEP = jn.stimuli.inject(jn.stimuli.step(0.4, start=5.0, duration=150.0))


def squid_tree() -> jn.Cell:
    """63 branches of 4 compartments; every branch after the first begins with a joint of its own radius."""
    position, radius, parent = (REFERENCE[name] for name in ("position", "radius", "parent"))
    joint = np.all(position == position[np.maximum(parent, 0)], axis=-1)
    tree = Morphology(*map(jnp.asarray, (position, radius, parent, np.full(parent.size, BASAL), joint)))
    cell = jn.cells.from_morphology(tree, per_section=4)
    return cell.replace(channels=jn.cells.hodgkin_huxley().channels)


def spike_errors(cell: jn.Cell, dt: float, duration: float) -> np.ndarray:
    """At root, middle and tip (3, spike), NaN where no spike is [ms]."""
    recording = jn.simulate(cell, STEP, duration=duration, dt=dt)
    found = np.stack([recording.spike_times(max_spikes=20, compartment=int(i)).times for i in REFERENCE["probes"]])
    expected = np.where(REFERENCE["spikes"] < duration, REFERENCE["spikes"], np.nan)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    return found - expected


def test_every_spike_is_in_place_and_of_second_order():
    cell = squid_tree()
    assert cell.compartments == 252
    whole = spike_errors(cell, 0.025, 200.0)
    assert np.isfinite(whole).sum() == 39 and np.nanmax(np.abs(whole)) < 0.04
    steps, first = [0.05, 0.025, 0.0125], slice(0, 3)  # spikes before 40 ms
    runs = [spike_errors(cell, 0.05, 40.0), whole, spike_errors(cell, 0.0125, 40.0)]
    errors = [np.nanmax(np.abs(run[:, first])) for run in runs]
    assert 1.8 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 2.3
