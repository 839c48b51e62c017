"""The numbers that electrophysiologists report agree with eFEL on real traces."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.data import read_recording
from jaxneuro.fitting.residuals import describe
from jaxneuro.fitting.targets import measure, target

efel = pytest.importorskip("efel", reason="efel is in the dev extra")

PAIRS = {
    "count": ("Spikecount_stimint", 0), "latency": ("time_to_first_spike", 0.06), "isi_cv": ("ISI_CV", 2e-4),
    "adaptation": ("adaptation_index", 1e-4),
    "ap_height": ("peak_voltage", 0.3), "ap_width": ("AP_duration_half_width", 0.15),
    "ap_amplitude": ("AP_amplitude", 2.0), "ahp_depth": ("min_between_peaks_values", 0.7), "base": ("voltage_base", 0.2),
    "steady": ("steady_state_voltage_stimend", 0.05), "sag": ("sag_amplitude", 0.25),
    "input_resistance": ("ohmic_input_resistance_vb_ssse", 3.0), "time_constant": ("time_constant", 8.0),
}  # fmt: skip


def by_efel(recording, start, end, current, names):
    efel.reset()
    efel.set_setting("Threshold", -20.0)
    efel.set_setting("stimulus_current", current)
    efel.set_setting("interp_step", float(recording.t[1] - recording.t[0]))  # 0.1 ms by default, which cuts peaks
    efel.set_setting("strict_stiminterval", True)
    trace = {"T": np.asarray(recording.t), "V": np.asarray(recording.v[:, 0]), "stim_start": [start], "stim_end": [end]}
    found = efel.get_feature_values([trace], names, raise_warnings=False)[0]
    return {name: np.nan if x is None or len(x) == 0 else float(np.median(x)) for name, x in found.items()}


@pytest.mark.parametrize(
    ("file", "sweep", "start", "end"),
    [("allen_518290966_sweep57.npz", 0, 205.0, 1205.0), ("171116sh_0018.abf", 14, 147.0, 647.0),
     ("171116sh_0018.abf", 0, 147.0, 647.0), ("allen_555060623_sweep34.npz", 0, 205.0, 1205.0),
     ("B6_Ch3_IDRest_181.ibw", 181, 700.0, 2700.0)],
)  # fmt: skip
def test_agrees_with_efel(recordings, file, sweep, start, end):
    recording = read_recording(recordings / file, [sweep])[0]
    t, current = np.asarray(recording.t), np.asarray(recording.current)
    amplitude = float(np.median(current[(t > start + 5) & (t < end - 5)]))
    ours = measure(recording, start, end, amplitude)
    theirs = by_efel(recording, start, end, amplitude, [name for name, _ in PAIRS.values()])
    compared = 0
    for name, (other, tolerance) in PAIRS.items():
        if np.isfinite(ours[name]) and np.isfinite(theirs[other]):
            assert ours[name] == pytest.approx(theirs[other], abs=tolerance), name
            compared += 1
    assert compared >= (6 if ours["count"] == 0 else 8) - 1


def test_a_step_outside_the_recording_is_refused(recordings):
    recording = read_recording(recordings / "allen_518290966_sweep57.npz")[0]
    with pytest.raises(ValueError, match="must lie within"):
        measure(recording, 205.0, 5000.0)
    with pytest.raises(ValueError, match="level = nan mV"):
        measure(recording, 205.0, 300.0, level=float("nan"))
    broken = recording.replace(values={"v": np.where(np.arange(len(recording.t))[:, None] == 7, np.nan, recording.v)})
    with pytest.raises(ValueError, match="1 voltage samples are not finite"):
        measure(broken, 205.0, 300.0)


@pytest.mark.parametrize(("top", "base", "expected"), [(30.0, -60.0, 12), (-20.0, -60.0, 12), (20.0, -17.0, 12)])
def test_every_room_counts_the_same_spikes(top, base, expected):
    t, rng = np.arange(12001) * 0.05, np.random.default_rng(0)
    v = base + sum((top - base) * np.exp(-(((t - at) / 0.6) ** 2)) for at in np.arange(120.0, 480.0, 30.0))
    v = np.where((t > 490) & (t < 540), -21.0, v) + 0.5 * rng.standard_normal(t.size)  # then a block
    current = np.where((t >= 100) & (t < 550), 0.1, 0.0)
    recording = jn.Recording(t, {"v": jnp.asarray(v)[:, None]}, current=jnp.asarray(current))
    goal = target(recording, dt=0.05)
    assert recording.spike_times().count == measure(recording, 100.0, 550.0)["count"] == expected
    assert np.sum(goal.features.fired) == np.sum(describe(goal.v, goal).fired) == expected
    above = measure(recording, 100.0, 550.0, level=25.0)["count"]
    assert above == recording.spike_times(25.0).count == (12 if top > 25 else 0)


def test_sag_is_not_read_from_the_noise():
    t = np.arange(20001) * 0.05
    on = (t >= 200) & (t < 800)
    v = np.where(on, -80.0 - 2.0 * np.exp(-((t - 260) ** 2) / 800.0), -65.0)
    v = v + 0.5 * np.random.default_rng(0).standard_normal(t.size)
    assert measure(jn.Recording(t, {"v": v[:, None]}), 200.0, 800.0)["sag"] == pytest.approx(2.0, abs=0.25)


def test_a_simulated_cell_adapts_as_efel_says():
    run = jn.simulate(jn.cells.regular_spiking(), jn.stimuli.step(5.0, start=50.0, duration=400.0), duration=500.0)
    ours, theirs = measure(run, 50.0, 450.0), by_efel(run, 50.0, 450.0, 0.1, ["ISI_CV", "adaptation_index"])
    assert ours["count"] > 4
    assert [ours["isi_cv"], ours["adaptation"]] == pytest.approx(list(theirs.values()), abs=1e-3)
