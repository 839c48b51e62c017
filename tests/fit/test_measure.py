"""The numbers that electrophysiologists report agree with eFEL on real traces."""

import numpy as np
import pytest

from jaxneuro.data import read_recording
from jaxneuro.fit.measure import measure

efel = pytest.importorskip("efel", reason="efel is in the dev extra")

PAIRS = {
    "count": ("Spikecount_stimint", 0), "latency": ("time_to_first_spike", 0.06), "isi_cv": ("ISI_CV", 5e-3),
    "ap_height": ("peak_voltage", 0.3), "ap_width": ("AP_duration_half_width", 0.15),
    "ap_amplitude": ("AP_amplitude", 2.0), "ahp_depth": ("min_between_peaks_values", 0.7), "base": ("voltage_base", 0.2),
    "steady": ("steady_state_voltage_stimend", 0.05), "sag": ("sag_amplitude", 0.05),
    "input_resistance": ("ohmic_input_resistance_vb_ssse", 3.0), "time_constant": ("time_constant", 8.0),
}  # fmt: skip


def by_efel(recording, start, end, current, names):
    efel.reset()
    efel.set_setting("Threshold", -20.0)
    efel.set_setting("stimulus_current", current)
    efel.set_setting("interp_step", float(recording.t[1] - recording.t[0]))  # 0.1 ms by default, which cuts peaks
    efel.set_setting("strict_stiminterval", True)
    efel.set_setting("ignore_first_ISI", False)
    trace = {"T": np.asarray(recording.t), "V": np.asarray(recording.v[:, 0]), "stim_start": [start], "stim_end": [end]}
    found = efel.get_feature_values([trace], names, raise_warnings=False)[0]
    return {name: np.nan if x is None or len(x) == 0 else float(np.median(x)) for name, x in found.items()}


@pytest.mark.parametrize(
    ("file", "sweep", "start", "end"),
    [("allen_518290966_sweep57.npz", 0, 205.0, 1205.0), ("171116sh_0018.abf", 14, 147.0, 647.0),
     ("171116sh_0018.abf", 0, 147.0, 647.0)],
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
