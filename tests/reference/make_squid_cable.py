"""Write squid_cable.npz: spike times of a squid cable, from an eighth-order explicit method with a tight tolerance.

1000 µm × 2 µm in 100 compartments, Ra 100 Ω cm, Hodgkin & Huxley (1952) membrane at 6.3 °C, 0.4 nA into the first
compartment from 5 ms on. The space is as divided: what converges here is time.

    python tests/reference/make_squid_cable.py
"""

from pathlib import Path

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

import jaxneuro as jn
from jaxneuro.biophysics.shape import BASAL, Morphology

jax.config.update("jax_enable_x64", True)
PROBES, DURATION = (0, 49, 99), 100.0


def voltages(cell: jn.Cell, state: jn.State, drive: object) -> jax.Array:
    """Root, middle and tip (3,) [mV]."""
    return state.v[jnp.array(PROBES)]


cable = Morphology(
    jnp.array([[0.0, 0, 0], [1000, 0, 0]]),
    jnp.ones(2),
    jnp.array([-1, 0]),
    jnp.full(2, BASAL),
    jnp.array([True, False]),
)
cell = jn.cells.from_morphology(cable, per_section=100)
for name, channel in jn.cells.hodgkin_huxley().channels.items():
    cell = cell.insert(name, channel)
stimulus = jn.stimuli.inject(jn.stimuli.step(0.4, start=5.0))
recording = jn.simulate(
    cell, stimulus, duration=DURATION, dt=0.01, record=voltages, solver=diffrax.Dopri8(),
    stepsize=diffrax.PIDController(rtol=1e-8, atol=1e-8), max_steps=1_000_000,
)  # fmt: skip
assert bool(recording.ok)
probes = jn.Recording(recording.t, {"v": recording["voltages"]})
times = np.stack([probes.spike_times(max_spikes=20, compartment=i).times for i in range(len(PROBES))])
print(times)
np.savez(Path(__file__).with_name("squid_cable.npz"), spikes=times, probes=PROBES, duration=DURATION)
