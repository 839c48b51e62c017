"""The channels of layer 5 pyramidal cells, beside the mechanisms of their authors in NEURON."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.membrane import Environment

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "layer5.npz"))
NAMES = sorted({key.split(".")[0] for key in REFERENCE if key[0].isupper()})
CALCIUM = 2.5e-4
SOMA = {
    "na": jn.channels.TransientNa(), "nap": jn.channels.PersistentNa(), "kv3": jn.channels.Kv3(),
    "kt": jn.channels.TransientK(), "kp": jn.channels.PersistentK(), "sk": jn.channels.SK(), "cahva": jn.channels.CaHVA(),
    "calva": jn.channels.CaLVA(), "h": jn.channels.PyramidalH(), "leak": jn.channels.Leak(0.0338, -90.0),
}  # fmt: skip


def environment(v, celsius=34.0):
    return Environment(celsius, jnp.ones_like(v), {"ca": jnp.full_like(v, CALCIUM)})


def kinetics(channel, v, celsius=34.0):
    factor = channel.warmth(celsius)
    gates = channel.gates(v, environment(v, celsius))
    return {name: gate if factor is None else gate.faster(factor) for name, gate in gates.items()}


@pytest.mark.parametrize("name", NAMES)
def test_steady_states_time_constants_and_currents_are_those_of_the_authors_program(name):
    channel, v = getattr(jn.channels, name)(g_max=1.0), jnp.asarray(REFERENCE["v"])
    gates = kinetics(channel, v)
    for gate, k in gates.items():
        np.testing.assert_allclose(k.steady, REFERENCE[f"{name}.{gate}.steady"], rtol=1e-8)
        np.testing.assert_allclose(1 / k.rate, REFERENCE[f"{name}.{gate}.tau"], rtol=1e-7)
    current = channel.current(v, {gate: k.steady for gate, k in gates.items()}, environment(v))
    np.testing.assert_allclose(
        current, REFERENCE[f"{name}.current"], rtol=1e-5, atol=1e-18
    )  # its constants have 6 digits


def test_rates_and_their_slopes_survive_float32_where_the_formulas_are_singular():
    v = np.add.outer([-154.9, -66.0, -64.4, -38.0, -27.0, -17.0], [-1e-3, 0.0, 1e-3]).ravel()

    def slopes(v):
        channels = [getattr(jn.channels, name)() for name in NAMES]
        rates = lambda v: [(k.inflow, k.rate) for c in channels for k in kinetics(c, v).values()]
        return jax.jvp(rates, (v,), (jnp.ones_like(v),))

    exact = slopes(jnp.asarray(v))
    with jax.enable_x64(False):
        rounded = slopes(jnp.asarray(v, jnp.float32))
    for x, y in zip(jax.tree.leaves(exact), jax.tree.leaves(rounded), strict=True):
        assert y.dtype == jnp.float32
        np.testing.assert_allclose(y, x, rtol=1e-3, atol=1e-5 * np.abs(x).max())


def test_a_soma_with_all_channels_fires_and_fills_with_calcium_as_in_neuron():
    pool = jn.CalciumPool(rest=1e-4, tau=460.0, depth=0.1 / 0.000501)
    cell = jn.Cell(SOMA, {"ca": pool}, area=(900.0 * np.pi,), celsius=34.0, v_init=-80.0)

    @jax.jit
    def start():
        state = cell.initial().replace(pools={"ca": jnp.array([1e-4])})
        steady = {c: {g: k.steady for g, k in gates.items()} for c, gates in cell.gate_kinetics(state).items()}
        return state.replace(gates=steady)

    stimulus = jn.stimuli.inject(jn.stimuli.step(1.5, start=20.0))
    recording = jn.simulate(cell, stimulus, duration=120.0, dt=0.005, initial=start(), record=("v", "ca"))
    spikes = recording.spike_times(max_spikes=20)
    np.testing.assert_allclose(spikes.times[: spikes.count], REFERENCE["soma.spikes"], atol=1e-3)
    np.testing.assert_allclose(recording["ca"][::2000, 0], REFERENCE["soma.ca"], rtol=1e-4)


def test_temperature_scales_what_was_measured_at_21_degrees_and_nothing_else():
    v = jnp.array([-60.0, -20.0])
    warm = {"TransientNa", "PersistentNa", "CaLVA", "TransientK", "PersistentK", "PyramidalM"}
    for name in NAMES:
        channel = getattr(jn.channels, name)()
        for cold, hot in zip(kinetics(channel, v, 21.0).values(), kinetics(channel, v, 31.0).values(), strict=True):
            np.testing.assert_allclose(hot.rate / cold.rate, 2.3 if name in warm else 1.0, rtol=1e-12)


def test_a_calcium_channel_without_a_pool_asks_for_it():
    with pytest.raises(KeyError, match="insert a pool"):
        jn.simulate(jn.Cell({"ca": jn.channels.CaLVA()}), duration=1.0)
