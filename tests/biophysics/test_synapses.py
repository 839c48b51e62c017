"""Synapses on a passive cell against closed forms and converged references."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import jaxneuro as jn

AREA, LEAK, REST = 20_000.0, 0.05, -60.0  # µm², mS/cm², mV: 0.2 nF and 10 nS
PASSIVE = jn.Cell({"leak": jn.channels.Leak(LEAK, REST)}, area=(AREA,), v_init=REST)
TRAIN = np.array([1.001, 1.013, 3.7771, 9.98])  # ms; two within a step
ONE = jn.connect.one_to_one(1)
WEIGHT = 5e-3  # µS


def driven(synapse: Any, delay: float = 0.0, times=TRAIN, **options) -> jn.Network:
    """Given spikes onto a passive cell."""
    projection = jn.Projection("input", "cell", synapse, ONE, WEIGHT, delay, **options)
    return jn.Network({"input": jn.spike_trains(times), "cell": jn.Population(PASSIVE, 1)}, {"s": projection})


def run(network: jn.Network, dt: float = 0.025, duration: float = 20.0) -> jn.Recording:
    recording = jn.simulate(network, duration=duration, dt=dt, record=("cell.v", "s.g"))
    assert bool(recording.ok)
    return recording


def conductance(synapse: Any, t: np.ndarray, delay: float = 0.0) -> np.ndarray:
    """The closed form, summed over spikes."""
    after = t[:, None] - TRAIN - delay
    if isinstance(synapse, jn.synapses.Exponential):
        kernel = np.exp(-np.maximum(after, 0) / synapse.tau)
    else:
        rise, decay = synapse.tau_rise, synapse.tau_decay
        at_peak = np.log(decay / rise) * rise * decay / (decay - rise)
        shape = lambda s: np.exp(-s / decay) - np.exp(-s / rise)
        kernel = shape(np.maximum(after, 0)) / shape(at_peak)
    return WEIGHT * np.where(after >= 0, kernel, 0.0).sum(axis=1)


@pytest.mark.parametrize("delay", [0.0, 1.2345])
@pytest.mark.parametrize("synapse", [jn.synapses.Exponential(3.0), jn.synapses.DoubleExponential(0.5, 4.0)])
def test_conductance_is_exact_at_every_step(synapse, delay):
    recording = run(driven(synapse, delay), dt=0.1)
    expected = conductance(synapse, np.asarray(recording.t), delay)
    np.testing.assert_allclose(recording["s.g"][:, 0], expected, rtol=1e-10, atol=1e-16)


def reference(synapse: Any, t: np.ndarray) -> np.ndarray:
    """Voltage of the passive cell by an adaptive solver, restarted at every spike."""
    scale = 1e5 / AREA  # µS to mS/cm²

    def field(s, v):
        i = synapse.current(conductance(synapse, np.array([s])), jnp.asarray(v))
        return -LEAK * (v - REST) - scale * np.asarray(i)

    v, found = np.array([REST]), np.full(t.shape, REST)
    for a, b in zip([0.0, *TRAIN], [*TRAIN, t[-1]], strict=True):
        inside = (t > a) & (t <= b)
        times = np.append(t[inside], b)
        solution = solve_ivp(field, (a, b), v, t_eval=np.unique(times), rtol=1e-11, atol=1e-11)
        found[inside], v = solution.y[0, : inside.sum()], solution.y[:, -1]
    return found


@pytest.mark.parametrize("synapse", [jn.synapses.AMPA(), jn.synapses.NMDA(2.0, 20.0)])
def test_voltage_is_second_order_in_time(synapse):
    errors, steps = [], np.array([0.2, 0.1, 0.05])
    expected = reference(synapse, np.arange(0, 20.1, 0.2))
    for dt in steps:
        v = run(driven(synapse), dt)["cell.v"][:: round(0.2 / dt), 0, 0]
        errors.append(np.abs(v - expected).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order > 1.8 and errors[-1] < 2e-4, (order, errors)


def test_magnesium_blocks_as_measured():
    """Jahr & Stevens (1990): at 1 mM, half is unblocked where exp(0.062 v) = 1/3.57."""
    nmda = jn.synapses.NMDA()
    half = -np.log(3.57) / 0.062
    np.testing.assert_allclose(nmda.unblocked(jnp.array([half, 0.0])), [0.5, 3.57 / 4.57], rtol=1e-12)
    np.testing.assert_allclose(
        nmda.current(jnp.array([2.0]), jnp.array([-60.0])), -120 / (1 + np.exp(3.72) / 3.57), rtol=1e-12
    )


def test_slow_inhibition_follows_the_kinetics_of_receptor_and_g_protein():
    """ds/dt = K3 r - K4 s after pulses that each bind K1 [GABA] t of the receptors, g = g_max s⁴ / (s⁴ + 100)."""
    k1, k2, k3, k4, t = 0.09, 0.0012, 0.18, 0.034, np.linspace(0.0, 400.0, 9)
    spikes = np.arange(20) * 5.0
    pulse = k1 * 0.5 * 0.3
    after = np.maximum(t[:, None] - spikes, 0.0)
    s = (pulse * k3 / (k4 - k2) * (np.exp(-k2 * after) - np.exp(-k4 * after))).sum(axis=1)
    gabab = jn.synapses.GABAB()
    kernel = sum(a * np.exp(-r * after) for a, r in gabab.kernel()).sum(axis=1) * np.asarray(gabab.g_max)
    expected = gabab.g_max * s**4 / (s**4 + 100.0) * (0.0 - gabab.e)
    np.testing.assert_allclose(gabab.current(jnp.asarray(kernel), jnp.zeros(9)), expected, rtol=2e-3)


@pytest.mark.parametrize("use, tau_rec, tau_facil", [(0.5, 100.0, 1.0), (0.1, 20.0, 50.0)])
def test_short_term_plasticity_follows_the_recursion(use, tau_rec, tau_facil):
    """Tsodyks, Pawelzik & Markram (1998), eqs. 2.2-2.5, from spike to spike."""
    u, x, expected, gaps = use, 1.0, [], np.diff(TRAIN)
    for gap in [*gaps, 0.0]:
        expected.append(u * x)
        x = 1 + (x * (1 - u) - 1) * np.exp(-gap / tau_rec)
        u = use + u * (1 - use) * np.exp(-gap / tau_facil)
    plasticity = jn.synapses.TsodyksMarkram(use, tau_rec, tau_facil)
    np.testing.assert_allclose(plasticity.along(jnp.asarray(TRAIN)[None])[0], expected, rtol=1e-12)
    state, dt, found = plasticity.rested(1, jnp.float64), 0.5, []  # the same from step to step, as for cells
    spikes = np.delete(TRAIN, 1)
    for step in range(25):
        here = spikes[(spikes // dt) == step]
        state, used = plasticity.within(state, jnp.array([here[0] - step * dt if here.size else np.inf]), dt)
        found += [float(used[0])] if here.size else []
    np.testing.assert_allclose(found, plasticity.along(jnp.asarray(spikes)[None])[0], rtol=1e-12)


def test_plasticity_scales_what_arrives():
    synapse = jn.synapses.Exponential(2.0)
    network = driven(synapse, plasticity=jn.synapses.TsodyksMarkram(0.4, 50.0, 30.0))
    amplitude = np.asarray(network.projections["s"].plasticity.along(jnp.asarray(TRAIN)[None])[0])
    recording = run(network)
    after = np.asarray(recording.t)[:, None] - TRAIN
    expected = WEIGHT * (amplitude * np.where(after >= 0, np.exp(-np.maximum(after, 0) / 2.0), 0.0)).sum(axis=1)
    np.testing.assert_allclose(recording["s.g"][:, 0], expected, rtol=1e-10, atol=1e-16)


def test_poisson_trains_have_the_rate_and_the_intervals():
    trains = jn.poisson(jax.random.key(0), 50.0, 400, 1000.0)
    count = np.isfinite(trains.times).sum(axis=1)
    assert abs(count.mean() - 50) < 4 * np.sqrt(50 / 400) and 0.8 < count.var() / count.mean() < 1.2
    gaps = np.diff(trains.times, axis=1)
    gaps = gaps[np.isfinite(gaps)]
    assert abs(gaps.std() / gaps.mean() - 1) < 0.05
    assert (jn.poisson(jax.random.key(0), 50.0, 400, 1000.0).times == trains.times).all()


def test_bad_trains_are_refused():
    for times, message in (([2.0, 1.0], "increase"), ([-1.0], "from 0 on"), ([np.nan], "from 0 on")):
        with pytest.raises(ValueError, match=message):
            run(driven(jn.synapses.AMPA(), times=np.array(times)))
    with pytest.raises(ValueError, match="rate = -1"):
        jn.poisson(jax.random.key(0), -1.0, 1, 10.0)
