"""Passive properties within 2 % of what was simulated, or a verdict; features of real steps as eFEL has them."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.data import read_recording
from jaxneuro.fitting import intrinsic_properties, passive_properties

NOISE = 0.3  # mV


def sweeps(v, *, dt=0.1, length=500.0, currents=(-0.06, -0.05, -0.04, -0.03), noise=NOISE, seed=0):
    """Steps from 100 ms on; `v` is the response to 1 nA at so many ms after the onset [mV]."""
    t, rng = np.arange(0.0, 200.0 + length, dt), np.random.default_rng(seed)
    answer = v(np.maximum(t - 100.0, 0.0)) - v(np.maximum(t - 100.0 - length, 0.0))
    on = (t > 100.0 - 1e-9) & (t < 100.0 + length - 1e-9)
    return [jn.Recording(t, {"v": (-70.0 + i * answer + noise * rng.standard_normal(t.size))[:, None]},  # pyright: ignore
                         current=np.where(on, i, 0.0), name=f"cell sweep {n}")
            for n, i in enumerate(currents)]  # fmt: skip


def charging(resistance, tau):
    return lambda s: resistance * (1 - np.exp(-s / tau))


@pytest.mark.parametrize("tau", [5.0, 12.0, 30.0, 70.0, 150.0])
@pytest.mark.parametrize("length", [100.0, 600.0])
def test_a_passive_cell_is_within_two_percent_or_there_is_a_verdict(tau, length):
    for seed in range(2):
        found = passive_properties(sweeps(charging(250.0, tau), length=length, dt=0.05, seed=seed))
        if length < 1.5 * tau:
            assert found.verdict.startswith("too short") and "ms or more" in found.verdict
            assert np.isnan([found.time_constant, found.capacitance, found.input_resistance]).all()
            continue
        truth = {"input_resistance": 250.0, "time_constant": tau, "capacitance": 1e3 * tau / 250.0}
        assert length >= 5 * tau or found.verdict != "determined" or length > 1.4 * tau
        for name, value in truth.items():
            assert getattr(found, name) == pytest.approx(value, rel=0.02), (name, found.verdict)
            assert abs(getattr(found, name) - value) < 4 * found.errors[name]


def test_a_simulated_cell_of_this_package():
    cell = jn.Cell({"leak": jn.channels.Leak(0.05, -70.0)}, area=np.array([1e4]), v_init=-70.0)
    t, rng = np.arange(8001) * 0.05, np.random.default_rng(0)
    given = np.where((t >= 100.0) & (t < 300.0), -0.02, 0.0)
    run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(t, given)), duration=400.0, dt=0.05)
    noisy = [jn.Recording(run.t, {"v": run.v + NOISE * rng.standard_normal(run.v.shape)}, current=jnp.asarray(given))
             for _ in range(8)]  # fmt: skip
    found = passive_properties(noisy)
    values = found.input_resistance, found.time_constant, found.capacitance
    assert values == pytest.approx((200.0, 20.0, 100.0), rel=0.02), found.verdict  # of 0.05 mS/cm², 1 µF/cm², 1e4 µm²


def test_dendrites_bridge_and_intruders_do_not_move_the_time_constant():
    two = lambda s: 160.0 * (1 - np.exp(-s / 40.0)) + 80.0 * (1 - np.exp(-s / 4.0))
    found = passive_properties(sweeps(two))
    assert [found.time_constant, found.fast_time_constant] == pytest.approx([40.0, 4.0], rel=0.15)
    assert found.time_constant == pytest.approx(40.0, rel=0.03) and found.at_once == pytest.approx(0.0, abs=10.0)
    assert found.capacitance == pytest.approx(1e3 * 40.0 / 160.0, rel=0.05)
    bridge = passive_properties(sweeps(lambda s: charging(200.0, 20.0)(s) + 40.0 * (s > 0)))
    assert bridge.time_constant == pytest.approx(20.0, rel=0.02) and bridge.at_once == pytest.approx(40.0, rel=0.1)
    assert any("bridge" in note for note in bridge.notes)
    synaptic = lambda s: charging(250.0, 20.0)(s) - 60.0 * (s > 200) * np.exp(-np.maximum(s - 200, 0) / 8.0)
    assert passive_properties(sweeps(synaptic)).time_constant == pytest.approx(20.0, rel=0.02)


def test_a_sag_is_not_fitted():
    sagging = lambda s: charging(300.0, 20.0)(s) - 90.0 * (1 - np.exp(-np.maximum(s - 60.0, 0) / 60.0))
    made = sweeps(sagging, currents=(-0.05, -0.04))
    found = passive_properties(made)
    assert any("sag" in note for note in found.notes)
    assert found.time_constant == pytest.approx(20.0, rel=0.1)
    course = sagging(np.arange(0.0, 500.0, 0.1))
    sag = 1 - course[-500:].mean() / course.max()
    assert intrinsic_properties(made).sag_ratio == pytest.approx(sag, abs=0.02)


def test_what_sweeps_cannot_tell_is_said():
    rest = sweeps(charging(250.0, 20.0), currents=(0.0,))
    with pytest.raises(ValueError, match=r"no sweep of cell sweep 0 has a step of current .* --step ON OFF"):
        intrinsic_properties(rest)
    with pytest.raises(ValueError, match="there is no sweep"):
        intrinsic_properties([])
    with pytest.raises(ValueError, match="has no current"):
        intrinsic_properties([rest[0].replace(current=None)])
    one = intrinsic_properties(sweeps(charging(250.0, 20.0), currents=(-0.05,)))
    assert np.isfinite(one.passive.time_constant) and np.isnan(one.rheobase) and "no step fires" in one.notes[0]
    up = intrinsic_properties(sweeps(charging(250.0, 20.0), currents=(0.03,)))
    assert up.passive.input_resistance == pytest.approx(250.0, rel=0.02) and "depolarising" in up.passive.notes[0]
    noisy = passive_properties(sweeps(charging(250.0, 20.0), currents=(-0.006,), noise=2.0))
    assert np.isnan(noisy.time_constant) and noisy.verdict != "determined"


def firing(current, count, seed=0):
    (made,) = sweeps(charging(150.0, 20.0), currents=(current,), seed=seed)
    t = np.asarray(made.t)
    spikes = sum(90.0 * np.exp(-(((t - at) / 0.6) ** 2)) for at in 130.0 + 450.0 / max(count, 1) * np.arange(count))
    return made.replace(values={"v": made.v + np.reshape(spikes, (-1, 1))}, name=f"cell at {current:g} nA")


def test_rheobase_and_gain_of_cells_that_fire():
    found = intrinsic_properties([firing(0.1, 0), firing(0.2, 5), firing(0.3, 10), firing(0.4, 15)])
    assert (found.silent, found.rheobase) == pytest.approx((0.1, 0.2))
    assert found.gain == pytest.approx(100.0, rel=0.01) and list(found.rates) == [0.0, 10.0, 20.0, 30.0]
    assert "0.2 nA; silent at 0.1 nA" in repr(found)
    only = intrinsic_properties([firing(0.2, 5), firing(0.3, 10)])
    assert "every step fires" in only.notes[0] and only.passive.verdict.startswith("no step without spikes")
    blocked = intrinsic_properties([firing(0.1, 3), firing(0.3, 10), firing(0.5, 0)])
    assert any("silent again at 0.5 nA" in note for note in blocked.notes)
    awake = intrinsic_properties([firing(-0.1, 0), firing(0.0, 3), firing(0.1, 5)])
    assert np.isnan(awake.rheobase) and "fires without current" in awake.notes[0]
    assert awake.gain == pytest.approx(40.0)


def test_the_table_as_text_and_rows():
    found = intrinsic_properties([firing(-0.05, 0), firing(0.2, 5)])
    head, *lines = found.csv().splitlines()
    assert head.startswith("sweep,role,start_ms,stop_ms,current_nA") and len(lines) == len(found.steps) == 2
    assert lines[1].split(",")[6] == "5"
    assert sum(row["count"] for row in found.steps) == 5


BY_EFEL = {
    "count": "Spikecount_stimint", "latency": "time_to_first_spike", "isi_cv": "ISI_CV", "adaptation": "adaptation_index",
    "ap_height": "peak_voltage", "ap_width": "AP_duration_half_width", "ap_amplitude": "AP_amplitude",
    "ahp_depth": "min_between_peaks_values", "base": "voltage_base", "steady": "steady_state_voltage_stimend",
    "sag": "sag_amplitude", "input_resistance": "ohmic_input_resistance_vb_ssse",
}  # fmt: skip
FILES = (
    "171116sh_0018.abf", "2019_07_24_0055_fsi.abf", "B6_Ch*.ibw", "B95_Ch*.ibw", "allen_518290966_sweep57.npz",
    "allen_555060623_sweep34.npz",
)  # fmt: skip


def by_efel(efel, sweep, row):
    efel.reset()
    for name, value in {"Threshold": -20.0, "stimulus_current": row["current"], "strict_stiminterval": True,
                        "interp_step": float(sweep.t[1] - sweep.t[0])}.items():  # fmt: skip
        efel.set_setting(name, value)
    trace = {
        "T": np.asarray(sweep.t),
        "V": np.asarray(sweep.v)[:, 0],
        "stim_start": [row["start"]],
        "stim_end": [row["stop"]],
    }
    found = efel.get_feature_values([trace], list(BY_EFEL.values()), raise_warnings=False)[0]
    values = {name: np.asarray(found[other], float) for name, other in BY_EFEL.items() if found[other] is not None}
    if np.ptp(values.get("ap_width", [0.0])) > 10.0:  # some of its spikes begin at a foot of noise
        del values["ap_width"]
    return {name: float(x.mean()) for name, x in values.items() if x.size}


def test_features_of_real_steps_are_those_of_efel(recordings):
    efel = pytest.importorskip("efel", reason="efel is in the dev extra")
    exact, compared = 0, 0
    for file in FILES:
        made = {sweep.name: sweep for sweep in read_recording(recordings / file)}
        for row in intrinsic_properties(list(made.values())).steps:
            if row["role"] == "other":
                continue
            compared += 1
            sweep = made[row["sweep"]]
            theirs = by_efel(efel, sweep, row)
            for name, value in theirs.items():
                if np.isnan(row[name]) and (
                    name == "sag" or (name, abs(row["current"]) < 1e-3) == ("input_resistance", True)
                ):
                    continue
                half = 0.5 * float(sweep.t[1] - sweep.t[0])
                within = {"sag": 1.0 if row["count"] else 0.2, "adaptation": 1e-4, "ap_width": half}.get(name, 0.0)
                assert row[name] == pytest.approx(value, rel=0.01, abs=within), (row["sweep"], name)
                exact += 1
    assert compared >= 30 and exact > 300


def test_test_pulses_serve_where_the_steps_fire():
    t = np.arange(0.0, 900.0, 0.1)
    pulse, step = (t >= 50.0) & (t < 150.0), (t >= 300.0) & (t < 800.0)
    answer = -10.0 * (charging(1.0, 12.0)(np.maximum(t - 50.0, 0.0)) - charging(1.0, 12.0)(np.maximum(t - 150.0, 0.0)))
    spikes = sum(90.0 * np.exp(-(((t - at) / 0.6) ** 2)) for at in range(320, 800, 40))
    made = []
    for n, current in enumerate((0.2, 0.3, 0.4)):
        v = (
            -70.0
            + answer
            + np.where(step, 10.0, 0.0)
            + spikes
            + NOISE * np.random.default_rng(n).standard_normal(t.size)
        )
        made.append(jn.Recording(t, {"v": v[:, None]}, current=np.where(pulse, -0.05, np.where(step, current, 0.0))))  # pyright: ignore
    found = passive_properties(made)
    assert found.time_constant == pytest.approx(12.0, rel=0.02) and found.input_resistance == pytest.approx(
        200.0, rel=0.02
    )
    assert found.steps[0] == 3 and "test pulses" in found.notes[0]
