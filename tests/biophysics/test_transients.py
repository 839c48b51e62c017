"""The cable equation in time: eigenfunctions of the sealed cable, where charge goes, order in space."""

import diffrax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import Leak
from jaxneuro.biophysics.shape import BASAL, Morphology

LENGTH, DIAMETER, RESISTIVITY, DENSITY = 1000.0, 1.0, 100.0, 0.1  # µm, µm, Ω cm, mS/cm²
SPACE, TIME = 500.0, 10.0  # µm and ms: the length and time constants that follow, with 1 µF/cm²
CURRENT = 0.01  # nA
MODES = np.arange(400)[:, None, None]


def tree(*points: tuple[float, float, float, int]) -> Morphology:
    """Points (x, y, radius, parent) of a dendrite; those where their parents are are joints."""
    x, y, radius, parent = (np.array(column, float) for column in zip(*points, strict=True))
    position, parent = np.stack([x, y, 0 * x], -1), parent.astype(int)
    joint = np.all(position == position[np.maximum(parent, 0)], axis=-1)
    return Morphology(*map(jnp.asarray, (position, radius, parent, np.full(x.size, BASAL), joint)))


def cable(compartments: int) -> jn.Cell:
    shape = tree((0, 0, DIAMETER / 2, -1), (LENGTH, 0, DIAMETER / 2, 0))
    cell = jn.cells.from_morphology(shape, per_section=compartments, resistivity=RESISTIVITY)
    return cell.insert("leak", Leak(DENSITY, -65.0))


def middles(compartments: int) -> np.ndarray:
    """Where the compartments are, in length constants."""
    return (np.arange(compartments) + 0.5) * LENGTH / SPACE / compartments


def decay(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """cos(n π x / l) exp(-(1 + (n π / l)²) t) of every mode n (mode, time, place); units of the constants.

    Source: Rall (1969), Biophys. J. 9:1483.
    """
    wave = MODES * np.pi * SPACE / LENGTH
    return np.cos(wave * x) * np.exp(-(1 + wave**2) * t[:, None])


def step_response(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """What a current into the end at 0 from time 0 on does (time, place) [mV]: the steady state less what has decayed."""
    end, wave = LENGTH / SPACE, MODES * np.pi * SPACE / LENGTH
    whole = CURRENT / (
        DENSITY * np.pi * DIAMETER * LENGTH * 1e-5
    )  # mV if the cable were one compartment; 1 mS/cm² µm² is 1e-5 µS
    missing = np.where(MODES == 0, 1.0, 2.0) / (1 + wave**2) * decay(x, t)
    return whole * (end * np.cosh(end - x) / np.sinh(end) - missing.sum(axis=0))


def errors(compartments: int) -> np.ndarray:
    stimulus = jn.stimuli.inject(jn.stimuli.step(CURRENT))
    recording = jn.simulate(cable(compartments), stimulus, duration=20.0, dt=0.0125, every=80)
    exact = step_response(middles(compartments), np.asarray(recording.t)[1:] / TIME)
    return np.asarray(recording.v[1:]) + 65.0 - exact


def test_a_step_spreads_as_the_eigenfunctions_say_and_of_second_order_in_space():
    counts = np.array([10, 20, 40])
    worst = [np.abs(errors(int(n))).max() for n in counts]
    assert worst[-1] < 1e-3 * 6.6  # 0.1 % of the input resistance
    assert 1.9 < -np.polyfit(np.log(counts), np.log(worst), 1)[0] < 2.1


def test_a_charge_spreads_as_the_eigenfunctions_say():
    n = 40
    cell = cable(n)
    rest, charge = cell.initial(), 0.1  # pC
    v = rest.v.at[0].add(charge / cell.nanoampere[0])
    recording = jn.simulate(cell, duration=20.0, dt=0.0125, every=80, initial=rest.replace(v=v))
    modes = np.where(MODES == 0, 1.0, 2.0) * decay(middles(n), np.asarray(recording.t)[1:] / TIME)
    exact = charge / float(cell.nanoampere.sum()) * modes.sum(axis=0)
    np.testing.assert_allclose(recording.v[1:] + 65.0, exact, atol=1e-3 * 10.3)  # of the largest value after 1 ms
    held = jnp.sum((recording.v + 65.0) * cell.nanoampere, axis=1)
    np.testing.assert_allclose(held, charge * np.exp(-recording.t / TIME), rtol=1e-6)


def fork(per_section: int) -> jn.Cell:
    """A stem of 100 µm × 2 µm with daughters of 80 and 60 µm, neither by Rall's law nor alike."""
    shape = tree(
        (0, 0, 1, -1), (100, 0, 1, 0), (100, 0, 0.7, 1), (180, 0, 0.4, 2), (100, 0, 0.3, 1), (100, 60, 0.3, 4)
    )  # fmt: skip
    return jn.cells.from_morphology(shape, per_section=per_section)


PULSE = jn.stimuli.inject(jn.stimuli.step(0.5, start=1.0, duration=3.0))


def charges(cell: jn.Cell) -> tuple[float, float]:
    """What the membranes hold after 8 ms, and what went through them as ions until then [pC]."""
    currents = tuple(f"{name}.current" for name in cell.channels)
    recording = jn.simulate(cell, PULSE, duration=8.0, record=("v", *currents))
    ionic = sum(recording[name] for name in currents) @ cell.nanoampere
    held = (recording.v[-1] - recording.v[0]) @ cell.nanoampere
    return float(held), float(jnp.trapezoid(ionic, recording.t))


def test_what_is_injected_is_on_the_membranes_or_has_gone_through_them():
    held, passed = charges(fork(3).insert("leak", Leak(DENSITY, -65.0)))
    np.testing.assert_allclose(held + passed, 0.5 * 3.0, rtol=1e-9)
    assert passed > 0.05
    squid = fork(3).replace(channels=jn.cells.hodgkin_huxley().channels)
    held, passed = charges(squid)
    np.testing.assert_allclose(held + passed, 0.5 * 3.0, rtol=5e-3)


def test_in_the_steady_state_current_into_a_compartment_leaves_through_its_membrane():
    cell = fork(3).insert("leak", Leak(DENSITY, -65.0))
    v = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(0.1)), duration=300.0, dt=0.1, every=3000).v[-1]
    through = DENSITY * (v + 65.0) * cell.nanoampere
    arriving = cell.cable.current(v).at[0].add(0.1)
    np.testing.assert_allclose(arriving, through, rtol=1e-8)
    np.testing.assert_allclose(through.sum(), 0.1, rtol=1e-9)


@pytest.mark.slow
def test_spikes_agree_with_an_implicit_method():
    cell = fork(2).replace(channels=jn.cells.hodgkin_huxley().channels)

    def spike(**options) -> np.ndarray:
        recording = jn.simulate(cell, PULSE, duration=8.0, **options)
        return np.array([recording.spike_times(max_spikes=2, compartment=i).times[0] for i in (0, 3, 5)])

    control = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    exact = spike(solver=diffrax.Kvaerno5(), stepsize=control)
    coarse, fine = (spike(dt=dt) - exact for dt in (0.025, 0.0125))
    assert np.abs(coarse).max() < 0.01
    assert np.all(np.abs(np.log2(coarse / fine) - 2.0) < 0.2)
