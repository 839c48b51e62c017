"""Real recordings of cells, where they are at hand."""

import numpy as np
import pytest

from jaxneuro.data import read_abf, read_ibw, read_recording


def spikes(recording) -> int:
    return int(recording.spike_times(threshold=-15.0).count)


def test_axon_files(recordings):
    last = read_abf(recordings / "171116sh_0018.abf", sweep=16)
    assert last.t.shape == (60000,) and last.t[1] == pytest.approx(0.05)
    assert last.current.max() == pytest.approx(0.3)
    assert spikes(last) == 18
    assert spikes(read_recording(recordings / "2019_07_24_0055_fsi.abf", [16])[0]) == 117
    with pytest.raises(ValueError, match="There are: 0-16"):
        read_abf(recordings / "171116sh_0018.abf", sweep=17)


def test_a_truncated_axon_file_is_refused(recordings, tmp_path):
    whole = (recordings / "171116sh_0018.abf").read_bytes()
    (tmp_path / "cut.abf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged, cut short"):
        read_abf(tmp_path / "cut.abf", sweep=16)


def test_igor_waves_are_paired_by_name_and_told_apart_by_unit(recordings):
    sweeps = read_recording(recordings / "B6_*.ibw", junction_potential=14.0)
    assert [spikes(r) for r in sweeps] == [26, 50, 68, 82, 89]
    during = slice(round(800 / 0.25), round(2600 / 0.25))
    steps = [1e3 * np.mean(r.current[during]) for r in sweeps]
    np.testing.assert_allclose(steps, [106, 162, 225, 284, 341], atol=3)
    for channel in (0, 3):
        own = read_ibw(recordings / f"B6_Ch{channel}_IDRest_182.ibw", junction_potential=14.0)
        np.testing.assert_array_equal(own.v, sweeps[1].v)
    with pytest.raises(ValueError, match="2 series of waves"):
        read_recording(recordings)


def test_an_igor_wave_without_its_partner_is_refused(recordings, tmp_path):
    wave = recordings / "B6_Ch3_IDRest_181.ibw"
    (tmp_path / wave.name).write_bytes(wave.read_bytes())
    with pytest.raises(ValueError, match="no partner with the current"):
        read_recording(tmp_path / wave.name)
    (tmp_path / wave.name).write_bytes(wave.read_bytes()[:30000])
    with pytest.raises(ValueError, match="Igor binary wave"):
        read_recording(tmp_path / wave.name)


def test_archives_of_the_allen_institute(recordings):
    recording = read_recording(recordings / "allen_518290966_sweep57.npz")[0]
    assert recording.t[1] == pytest.approx(0.02) and recording.current.max() == pytest.approx(0.17)
    assert spikes(recording) == 12
