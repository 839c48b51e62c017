"""Stimuli: values, derivatives with respect to all their numbers, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import stimuli

SQUID = jn.cells.hodgkin_huxley()
KEY = jax.random.key(0)


def ou(**options):
    return stimuli.ornstein_uhlenbeck(KEY, 2000.0, **options)


def test_values():
    t = jnp.array([0.0, 1.5, 2.5, 4.0, 7.5])
    np.testing.assert_allclose(stimuli.pulse_train(2.0, 1.0, 1.0, 3.0, 2)(t), [0, 2, 0, 2, 0])
    np.testing.assert_allclose(stimuli.ramp(1.0, 3.0, 1.0, 4.0)(t), [0, 1.25, 1.75, 2.5, 0])
    np.testing.assert_allclose(stimuli.sine(2.0, 250.0, start=1.0)(t), [0, 2 * np.sin(np.pi / 4), 2 * np.sin(3 * np.pi /
    4),
                                                                        2 * np.sin(1.5 * np.pi), 2 * np.sin(3.25 *
                                                                        np.pi)],
                               atol=1e-12)  # fmt: skip
    total = stimuli.step(1.0) + 2 * stimuli.sampled(jnp.array([0.0, 10.0]), jnp.array([0.0, 10.0]))
    np.testing.assert_allclose(total(t), 1 + 2 * t)


def test_chirp_sweeps_its_frequency():
    chirp = stimuli.chirp(1.0, 0.0, 20.0, duration=1000.0)
    np.testing.assert_allclose(chirp(jnp.array([500.0])), np.sin(2 * np.pi * 2.5), atol=1e-9)  # ∫ 20 t dt to 0.5 s
    t = jnp.linspace(0.0, 999.9, 20_000)
    assert int(jnp.sum(jnp.diff(jnp.sign(chirp(t))) > 0)) in (9, 10, 11)  # 10 cycles in all


NUMBERS = {
    "step": (stimuli.step, (8.0, 1.013, 3.006)),
    "pulses": (lambda a, s, w, p: stimuli.pulse_train(a, s, w, p, 3), (20.0, 0.513, 0.606, 2.011)),
    "ramp": (stimuli.ramp, (2.0, 12.0, 0.513, 5.006)),
    "sine": (lambda a, f, s, d: stimuli.sine(a, f, s, d), (8.0, 90.0, 0.513, 6.006)),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_derivatives_with_respect_to_every_number(name):
    make, at = NUMBERS[name]

    def loss(*numbers):
        value = jnp.mean(jnp.square(jn.simulate(SQUID, make(*numbers), duration=8.0, dt=0.05).v + 60.0))
        return value, value

    both = jax.jit(jax.jacfwd(loss, argnums=tuple(range(len(at))), has_aux=True))
    forward = both(*at)[0]
    for i, x in enumerate(at):
        central = []
        for h in (2e-4, 1e-4):
            up, down = [[y + (i == j) * sign * h for j, y in enumerate(at)] for sign in (1, -1)]
            central.append((both(*up)[1] - both(*down)[1]) / (2 * h))
        np.testing.assert_allclose(forward[i], (4 * central[1] - central[0]) / 3, rtol=1e-5, err_msg=f"{name}: {x}")


def test_ornstein_uhlenbeck_statistics():
    path = ou(mean=3.0, deviation=2.0, tau=5.0)
    x = np.asarray(path.values)
    np.testing.assert_allclose(x.mean(), 3.0, atol=0.45)  # 2 × sqrt(2 × 5 / 2000) = 0.14 is one standard error
    np.testing.assert_allclose(x.std(), 2.0, rtol=0.1)
    lag = np.corrcoef(x[:-50], x[50:])[0, 1]
    np.testing.assert_allclose(lag, np.exp(-1.0), atol=0.12)


def test_ornstein_uhlenbeck_is_the_same_path_at_any_step_and_length():
    short = stimuli.ornstein_uhlenbeck(KEY, 20.0)
    np.testing.assert_allclose(ou().values[:200], short.values[:200])
    coarse, fine = (jn.simulate(SQUID, short, duration=20.0, dt=dt, every=round(0.1 / dt)) for dt in (0.05, 0.025))
    np.testing.assert_allclose(coarse.v, fine.v, atol=0.01)


def test_voltage_clamp_holds_and_measures_the_current():
    command = stimuli.constant(-65.0) + stimuli.step(45.0, start=2.0)
    recording = jn.simulate(SQUID, stimuli.voltage_clamp(command), duration=12.0, record=("v", "stimulus", "k.n"))
    after = recording.t > 2.1
    np.testing.assert_allclose(recording.v[after, 0], -20.0, atol=0.2)
    k = SQUID.gate_kinetics(SQUID.initial(-20.0))["k"]["n"]
    n0, t = SQUID.initial(-65.0).gates["k"]["n"][0], recording.t[-1] - 2.0
    n = k.steady[0] + (n0 - k.steady[0]) * jnp.exp(-k.rate[0] * t)  # the closed form under clamp
    np.testing.assert_allclose(recording["k.n"][-1, 0], n, rtol=1e-3)
    settled = SQUID.initial(-20.0)
    settled = settled.replace(gates={**settled.gates, "k": {"n": n[None]}})
    np.testing.assert_allclose(recording["stimulus"][-1], SQUID.membrane_current(settled), rtol=0.01)


def test_electrode_clamp_and_conductance_are_in_microsiemens():
    # 1 µS on 1000 µm² is 100 mS/cm²
    clamp = stimuli.inject(stimuli.voltage_clamp(stimuli.constant(-40.0), conductance=1.0))
    drive = SQUID.drive(clamp, jnp.array(0.0))
    np.testing.assert_allclose(drive.conductance, 100.0)
    np.testing.assert_allclose(drive.at(jnp.array([-50.0])), 1000.0)
    opened = stimuli.dynamic_clamp(stimuli.step(0.1, start=1.0, duration=2.0), reversal=0.0)
    assert jn.simulate(SQUID, opened, duration=4.0).v.max() > -60.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stimuli.step(float("nan")), "amplitude"),
        (lambda: stimuli.step(1.0, duration=-1.0), "duration"),
        (lambda: stimuli.pulse_train(1.0, 0.0, 5.0, 3.0, 2), "overlap"),
        (lambda: stimuli.pulse_train(1.0, 0.0, 1.0, 3.0, 0), "count"),
        (lambda: stimuli.ramp(0.0, 1.0, 0.0, 0.0), "duration"),
        (lambda: stimuli.sampled(np.array([0.0, 1.0, 1.0]), np.zeros(3)), "increasing"),
        (lambda: stimuli.sampled(np.arange(3.0), np.array([0.0, np.inf, 0.0])), "values"),
        (lambda: stimuli.sampled(np.arange(3.0), np.zeros(2)), "shape"),
        (lambda: ou(tau=-1.0), "tau"),
        (lambda: stimuli.voltage_clamp(stimuli.constant(0.0), 0.0), "conductance"),
    ],
)
def test_bad_numbers_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_postsynaptic_current_peaks_at_its_amplitude_and_depends_smoothly_on_its_onset():
    current = jn.stimuli.postsynaptic(0.5, start=3.0, rise=0.5, decay=5.0)
    t = jnp.linspace(0.0, 40.0, 40_001)
    values = current(t)
    peak = 3.0 + 0.5 * 5.0 / 4.5 * np.log(10.0)
    np.testing.assert_allclose([values.max(), t[values.argmax()]], [0.5, peak], atol=1e-3)
    assert (values[t <= 3.0] == 0).all() and current.jumps() == [3.0]
    # the area under two exponentials, over their difference at the peak
    height = np.exp(-(peak - 3.0) / 5.0) - np.exp(-(peak - 3.0) / 0.5)
    np.testing.assert_allclose(np.trapezoid(values, t), 0.5 * (5.0 - 0.5) / height, rtol=1e-2)
    later = jax.grad(lambda start: jn.stimuli.postsynaptic(0.5, start)(jnp.asarray(10.0)))(3.0)
    np.testing.assert_allclose(later, -jax.grad(lambda t: current(t))(10.0), rtol=1e-10)


def test_a_current_into_a_cell_whose_area_is_one_number():
    voltages = [
        jn.simulate(
            jn.Cell(jn.cells.hodgkin_huxley().channels, area=area),
            jn.stimuli.inject(jn.stimuli.step(1.0)),
            duration=1.0,
        ).v
        for area in (1e4, (1e4,))
    ]
    np.testing.assert_array_equal(*voltages)
