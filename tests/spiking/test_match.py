"""Matching cells to neurons: parameters recovered, bad patterns refused."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking

CELL = jn.cells.fast_spiking()
TRUTH = spiking.Counterpart(CELL, gain=0.4, offset=0.05)
NEURON = spiking.CurrentLIF(1, tau=8.0, tau_syn=5.0)
INPUTS = jn.SpikeTrains(jnp.sort(jax.random.uniform(jax.random.key(0), (6, 3, 1)) * 8.0, axis=1))
WEIGHTS = jnp.array([1.5, 2.0, 2.5]) * jnp.ones((6, 1))
HOW: Any = dict(duration=16.0, key=jax.random.key(1))
FREE = {"gain": (0.1, 2.0), "offset": (-0.3, 0.3)}


@pytest.mark.slow
def test_a_cell_is_recovered_from_what_it_does():
    """The neuron is played by a cell, from whose spikes its gain and offset are found again."""
    found = spiking.match(
        NEURON, TRUTH.replace(gain=0.7, offset=0.0), INPUTS, WEIGHTS, free=FREE, starts=1, steps=12, dt=0.1, max_spikes=2,
        engine=spiking.Conductance(TRUTH, 0.1, 2), **HOW,
    )  # fmt: skip
    assert found.right_counts == 1.0 and np.isfinite(found.wanted[:, 0]).all()
    assert abs(found.late).max() < 0.02
    np.testing.assert_allclose([found.counterpart.gain, found.counterpart.offset], [0.4, 0.05], atol=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(neuron=NEURON.replace(size=2)), "size = 2"),
        (dict(weights=WEIGHTS[0]), r"weights \(3,\)"),
        (dict(weights=0.01 * WEIGHTS), "spikes in none of the patterns"),
        (dict(free={"gian": (0.1, 1.0)}), "Did you mean 'gain'"),
    ],
)
def test_what_cannot_be_matched_is_refused(change: dict, message: str):
    given = (
        dict(neuron=NEURON, counterpart=TRUTH, inputs=INPUTS, weights=WEIGHTS, free=FREE, max_spikes=2) | HOW | change
    )
    with pytest.raises((ValueError, KeyError), match=message):
        spiking.match(**given)
