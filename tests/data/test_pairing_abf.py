"""Axon files of several channels and outputs: the current that belongs to the voltage, or a refusal with the choices."""

import struct

import numpy as np
import pytest

from jaxneuro.data import read_abf, read_recording, sweep_numbers
from jaxneuro.data.recordings.abf import Epoch, waveform

pytest.importorskip("pyabf")
SIZE, SWEEPS = 640, 2
HOLD = SIZE // 64
T = np.arange(SIZE) * 0.1  # ms
STEP, PULSES = 1, 3
CHANNELS = {"mV": (0.5, -70.0), "V": (0.001, 0.0), "pA": (1.0, 0.0), "nA": (0.001, 0.0), "C": (0.001, 21.0)}


def abf1(path, inputs, outputs, *, mode=5, user_list=False):
    """A small file of version 1.83, by the layout of its header: inputs (name, unit), outputs (name, unit, holding, epochs).

    Each input counts 100 from sample 320 on, in units of 0.5 mV above -70 mV, of 1 pA, of 1 mV, or of 1 pA in nA.
    """
    head = bytearray(6144)

    def put(form, at, *values):
        struct.pack_into("<" + form, head, at, *values)

    head[:4] = b"ABF "
    put("f", 4, 1.83), put("h", 8, mode), put("i", 10, SIZE * SWEEPS * len(inputs)), put("i", 16, SWEEPS)
    (
        put("i", 40, 12),
        put("h", 120, len(inputs)),
        put("f", 122, 100.0 / len(inputs)),
        put("f", 244, 1.0),
        put("i", 252, 1),
    )
    put("16h", 378, *range(16)), put("16h", 410, *range(16))
    for at in (730, 922, 1050):
        put("16f", at, *[1.0] * 16)
    for n, (name, unit) in enumerate(inputs):
        gain, offset = CHANNELS[unit]
        put("10s", 442 + 10 * n, name.encode()), put("8s", 602 + 8 * n, unit.encode())
        put("f", 922 + 4 * n, 1.0 / gain), put("f", 986 + 4 * n, offset)
    for n, (name, unit, holding, epochs) in enumerate(outputs):
        (
            put("10s", 1306 + 10 * n, name.encode()),
            put("8s", 1346 + 8 * n, unit.encode()),
            put("f", 1394 + 4 * n, holding),
        )
        put("h", 2296 + 2 * n, bool(epochs)), put("h", 2300 + 2 * n, 1)
        for k, epoch in enumerate(epochs):
            for form, at, value in zip(
                "hffiiii", (2308, 2348, 2428, 2508, 2588, 2136, 2216), epoch, strict=True
            ):  # the fields of Epoch, each an array of 2 x 10
                put(form, at + (10 * n + k) * struct.calcsize(form), value)
    put("8h", 3360, user_list, 0, 0, 0, 25, 0, 0, 0)
    counts = np.where(np.arange(SIZE * SWEEPS) % SIZE >= SIZE // 2, 100, 0)
    path.write_bytes(bytes(head) + np.repeat(counts, len(inputs)).astype("<i2").tobytes())
    return path


def pulses(amplitude: float) -> tuple[Epoch, ...]:
    return Epoch(STEP, 0.0, 0.0, 300, 0, 0, 0), Epoch(PULSES, amplitude, amplitude, 200, 0, 50, 10)


def step(amplitude: float) -> tuple[Epoch, ...]:
    return (Epoch(STEP, amplitude, amplitude, 200, 0, 0, 0),)


def test_pulses_on_the_second_output_of_version_1(tmp_path):
    path = abf1(
        tmp_path / "a.abf", [("Im", "nA"), ("Vm", "mV")], [("Cmd 0", "mV", 0.0, ()), ("ME1", "nA", 0.05, pulses(0.5))]
    )
    found = read_recording(path)
    for sweep, recording in enumerate(found):
        n = np.arange(SIZE) - HOLD - 300
        on = (n >= 0) & (n < 200) & (n % 50 < 10)
        expected = np.where(n < -300, 0.05, np.where(on, 0.5 * (1 + sweep), np.where(n < 200, 0.0, 0.05)))
        np.testing.assert_allclose(recording.current, expected, atol=1e-9)
        np.testing.assert_allclose(recording.v[:, 0], -70.0 + 50.0 * (T >= 31.95))
    assert "'Vm' [mV] ADC 1, recorded; current 'ME1' [nA] DAC 1, of ADC 1, commanded" in found[0].source
    recorded = read_abf(path, current_channel="Im")
    np.testing.assert_allclose(recorded.current, 0.1 * (T >= 31.95))


def test_a_trigger_is_not_taken_for_the_membrane(tmp_path):
    path = abf1(
        tmp_path / "a.abf", [("stim", "V"), ("VmRK", "mV")], [("I", "nA", 0.0, step(0.5)), ("V", "mV", 0.0, ())]
    )
    with pytest.raises(ValueError, match=r"'stim' \[V\].*'VmRK' \[mV\].*\(--channel 'ADC 1'\)"):
        read_recording(path)
    for word in ("VmRK", 1, "adc 1"):
        found = read_abf(path, 1, channel=word)
        assert found.v[0, 0] == -70.0 and found.current.max() == 1.0
    with pytest.raises(ValueError, match=r"nothing that channel='Vm' .*there are 'stim'"):
        read_abf(path, channel="Vm")


def test_each_cell_of_a_dual_patch_has_its_own_output(tmp_path):
    inputs = [("V0", "mV"), ("V1", "mV"), *[(f"aux{n}", "V") for n in range(2, 16)]]
    path = abf1(tmp_path / "a.abf", inputs, [("I0", "pA", 0.0, step(200.0)), ("I1", "pA", 0.0, step(400.0))])
    with pytest.raises(ValueError, match="several voltages at one time"):
        sweep_numbers(path)
    for channel in (0, 1):
        assert read_abf(path, channel=channel).current.max() == pytest.approx(0.2 * (1 + channel))
    with pytest.raises(ValueError, match=r"no current belongs to 'aux9'.*'I0' \[pA\].*--current-channel"):
        read_abf(path, channel="aux9")
    assert read_abf(path, channel="aux9", current_channel="I1").current.max() == pytest.approx(0.4)


def test_a_clamped_neighbour_lends_neither_voltage_nor_current(tmp_path):
    path = abf1(
        tmp_path / "a.abf",
        [("V0", "mV"), ("I1", "pA")],
        [("Cmd 0", "pA", 0.0, step(200.0)), ("Cmd 1", "mV", -70.0, step(10.0))],
    )
    assert read_abf(path).current.max() == pytest.approx(0.2)
    path = abf1(tmp_path / "b.abf", [("I", "pA"), ("V", "mV")], [("Cmd 0", "mV", -70.0, step(10.0))])
    with pytest.raises(ValueError, match=r"plays 'Cmd 0' \[mV\] .*not a voltage clamp.*--current-channel"):
        read_abf(path)


def test_what_the_protocol_does_not_tell_is_taken_from_the_recording_of_the_current(tmp_path):
    inputs, outputs = [("V", "mV"), ("Im", "pA")], [("Cmd", "pA", 0.0, step(200.0))]
    for name, more in (("gap", {"mode": 3}), ("list", {"user_list": True})):
        found = read_abf(abf1(tmp_path / f"{name}.abf", inputs, outputs, **more))
        assert found.current.max() == pytest.approx(0.1) and "current 'Im' [pA] ADC 1, recorded" in found.source
    with pytest.raises(ValueError, match="user list changes what 'Cmd'"):
        read_abf(abf1(tmp_path / "b.abf", inputs[:1], outputs, user_list=True))


def test_mislabelled_units_are_overruled_for_the_numbers_of_sweeps_too(tmp_path):
    path = abf1(tmp_path / "a.abf", [("IN 0", "pA")], [("Cmd 0", "pA", 0.0, step(200.0))])
    with pytest.raises(ValueError, match=r"none in volts.*units=\{'voltage': 'mV'\} \(--unit voltage=mV\)"):
        sweep_numbers(path)
    assert sweep_numbers(path, units={"voltage": "mV"}) == [0, 1]
    assert [float(r.current.max()) for r in read_recording(path, units={"voltage": "mV"})] == pytest.approx([0.2, 0.4])


def test_firing_without_current_is_a_warning(tmp_path):
    path = abf1(tmp_path / "a.abf", [("V", "mV")], [("Cmd", "pA", 0.0, ())])
    content = bytearray(path.read_bytes())
    content[6144 + 400 : 6144 + 404] = np.array([200, 200], "<i2").tobytes()  # a spike of 30 mV
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"a.abf sweep 0 fires \(1 spikes\) without any current"):
        read_abf(path)


def test_a_recorded_current_that_takes_another_course_than_the_command_is_a_warning(tmp_path):
    inputs = [("V", "mV"), ("Im", "pA")]
    late, early = (Epoch(STEP, 0.0, 0.0, 310, 0, 0, 0), Epoch(STEP, 100.0, 0.0, 320, 0, 0, 0)), step(200.0)
    read_abf(abf1(tmp_path / "a.abf", inputs, [("Cmd", "pA", 0.0, late)]))
    with pytest.warns(UserWarning, match=r"a.abf sweep 0: .*commanded, but the recorded 'Im' .*--current-channel"):
        read_abf(abf1(tmp_path / "a.abf", inputs, [("Cmd", "pA", 0.0, early)]))


def test_headers_that_promise_more_than_the_file_holds(tmp_path):
    path = abf1(tmp_path / "a.abf", [("V", "mV")], [("Cmd", "pA", 0.0, step(200.0))])
    whole = path.read_bytes()
    for at, value in ((10, 2**31 - 1), (10, -5), (48, 2**30), (40, 2**31 - 1)):
        path.write_bytes(whole[:at] + struct.pack("<i", value) + whole[at + 4 :])
        with pytest.raises(ValueError, match="damaged, cut short"):
            read_recording(path)
    path.write_bytes(whole[:2508] + struct.pack("<i", 2**31 - 1) + whole[2512:])  # an epoch of 2e9 samples is cut
    assert read_abf(path).current.max() == pytest.approx(0.2)


KINDS = {"step": 1, "ramp": 2, "pulses": 3, "triangles": 4, "cosines": 5, "biphasic": 7}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keeps_level", [False, True])
def test_waveforms_are_those_of_pyabf(kind, keeps_level):
    pyabf = pytest.importorskip("pyabf.waveform")
    epochs = (
        Epoch(STEP, 10.0, 1.0, 100, 5, 0, 0),
        Epoch(0, 99.0, 0.0, 7, 0, 0, 0),
        Epoch(KINDS[kind], 40.0, -5.0, 210, 0, 50, 20),
    )
    table = object.__new__(pyabf.EpochTable)
    table.holdingLevel, table.sweepPointCount, table.returnToHold, table.epochs = -3.0, SIZE, keeps_level, []
    for epoch in epochs[::2]:
        made = pyabf.Epoch()
        made.epochType, made.level, made.levelDelta, made.duration, made.durationDelta = epoch[:5]
        made.pulsePeriod, made.pulseWidth, made.digitalPattern = *epoch[5:], [0] * 8
        table.epochs.append(made)
    sweeps = table.getEpochWaveformsBySweep(type("File", (), {"sweepList": range(3)}))
    for n, sweep in enumerate(sweeps):
        expected, ours = sweep.getWaveform(), waveform(epochs, -3.0, keeps_level, n, SIZE)
        known = np.isfinite(expected)  # pyabf leaves a hole after the last whole triangle
        assert known.mean() > 0.98
        np.testing.assert_allclose(ours[known], expected[known], atol=1e-9)
