"""NWB files as laboratories write them: each voltage gets the current that was injected meanwhile, or a refusal."""

from datetime import UTC, datetime

import numpy as np
import pytest

from jaxneuro.data import read_nwb, read_recording, sweep_numbers

h5py = pytest.importorskip("h5py")
T = np.arange(400) * 0.1  # ms
CELL = ({"name": "e0", "rest": -70.0}, {"name": "e1", "rest": -60.0})


def step(height: float, onset: float = 10.0, t: np.ndarray = T) -> np.ndarray:
    """A step current [nA]."""
    return height * (t >= onset)


def answer(height: float, rest: float = -70.0) -> np.ndarray:
    """A voltage [mV] that tells which current it belongs to: 100 mV/nA above rest."""
    return rest + 100.0 * step(height)


class Writer:
    """An NWB 2 file in the making; `voltage` and `current` add series, in mV and nA."""

    def __init__(self):
        self.nwb = pytest.importorskip("pynwb")
        self.file = self.nwb.NWBFile("a cell", "1", datetime(2024, 1, 1, tzinfo=UTC))
        device = self.file.create_device("amplifier", description="test")
        self.electrodes = [
            self.file.create_icephys_electrode(name=e["name"], description="patch", device=device) for e in CELL
        ]

    def series(self, kind: str, name: str, data, electrode: int = 0, **more):
        number = more.pop("number", None)
        clock = {} if "timestamps" in more else {"rate": more.pop("rate", 1e4), "starting_time": more.pop("start", 0.0)}
        gain = {} if "Zero" in kind else {"gain": 1.0}
        return getattr(self.nwb.icephys, kind)(
            name=name, data=data, electrode=self.electrodes[electrode],
            sweep_number=None if number is None else np.uint64(number), **gain, **clock, **more,
        )  # fmt: skip

    def voltage(self, name: str, mv, electrode: int = 0, kind: str = "CurrentClampSeries", conversion=1e-3, **more):
        made = self.series(kind, name, np.asarray(mv), electrode, conversion=conversion, **more)
        self.file.add_acquisition(made)
        return made

    def current(self, name: str, na, electrode: int = 0, **more):
        made = self.series(
            "CurrentClampStimulusSeries", name, np.asarray(na) * 1e3, electrode, conversion=1e-12, **more
        )
        self.file.add_stimulus(made)
        return made

    def write(self, path):
        with self.nwb.NWBHDF5IO(str(path), "w") as io:
            io.write(self.file)
        return path


def height(recording) -> float:
    """The step of the current, if the voltage is the answer to it [nA]."""
    rise = float(recording.v[-1, 0] - recording.v[0, 0]) / 100.0
    assert rise == pytest.approx(float(recording.current[-1] - recording.current[0]), abs=1e-9)
    return rise


def test_names_are_paired_by_number_not_as_text(tmp_path):
    w = Writer()
    for n in range(1, 13):
        w.voltage(f"sweep_{n}", answer(0.01 * n))
        w.current(f"stim_{n:03d}", step(0.01 * n))
    path = w.write(tmp_path / "a.nwb")
    assert [round(height(r), 3) for r in read_recording(path)] == [round(0.01 * n, 3) for n in range(1, 13)]
    w = Writer()
    for n in range(9, 12):
        w.voltage(f"data_{n}_AD0", answer(0.01 * n))
        w.current(f"data_{n:05d}_DA0", step(0.01 * n))
    assert [round(height(r), 3) for r in read_recording(w.write(tmp_path / "b.nwb"))] == [0.09, 0.1, 0.11]
    source = read_nwb(path, 11).source
    assert "'sweep_12' [volts] of e0, recorded" in source and "'stim_012' [amperes] of e0, commanded" in source


@pytest.fixture(scope="module")
def pair_file(tmp_path_factory):
    """Two electrodes that share their sweep numbers; the second got other currents, and a bias of -50 pA."""
    w = Writer()
    for number in (3, 4):
        for electrode in (1, 0):
            gain = 0.01 * number * (1 + electrode)
            more = {"number": number, "start": float(number), "electrode": electrode}
            bias = {"bias_current": -50e-12} if electrode else {}
            w.voltage(f"v_{number}_{electrode}", answer(gain, CELL[electrode]["rest"]), **bias, **more)
            w.current(f"a_{number}_{1 - electrode}", step(gain), **more)
    w.voltage("clamped", T, kind="VoltageClampSeries", conversion=1e-12)
    return w.write(tmp_path_factory.mktemp("nwb") / "pair.nwb")


def test_two_electrodes_are_refused_until_one_is_chosen(pair_file):
    with pytest.raises(ValueError, match=r"several voltages at one time.*e1.*e0.*channel='e.' \(--channel 'e.'\)"):
        read_recording(pair_file)
    for electrode in (0, 1):
        found = read_recording(pair_file, [3, 4], channel=f"e{electrode}")
        assert [round(height(r), 3) for r in found] == [round(0.01 * n * (1 + electrode), 3) for n in (3, 4)]
        assert found[0].v[0, 0] == pytest.approx(CELL[electrode]["rest"])
    with pytest.raises(ValueError, match=r"nothing that channel='e7'.*there are"):
        read_recording(pair_file, channel="e7")
    assert sweep_numbers(pair_file, channel="e0") == [3, 4]


def test_a_bias_current_is_added_to_the_command(pair_file):
    with_bias, without = (read_nwb(pair_file, 3, channel=e) for e in ("e1", "e0"))
    assert float(with_bias.current[0]) == pytest.approx(-0.05) and float(without.current[0]) == 0.0
    assert "bias current of -50 pA is added" in with_bias.source


def test_rows_of_the_table_cut_their_ranges_out_of_one_series(tmp_path):
    w = Writer()
    heights = [0.02, 0.05, 0.03]
    v = w.voltage("all", np.concatenate([answer(h) for h in heights]))
    i = w.current("stimuli", np.concatenate([step(h) for h in reversed(heights)]))
    for n in range(3):
        w.file.add_intracellular_recording(
            electrode=w.electrodes[0], response=v, response_start_index=400 * n, response_index_count=400,
            stimulus=i, stimulus_start_index=400 * (2 - n), stimulus_index_count=400,
        )  # fmt: skip
    path = w.write(tmp_path / "a.nwb")
    with pytest.raises(ValueError, match=r"voltage begins at 0 s and the current at 0.08 s"):
        read_recording(path)
    w = Writer()
    v = w.voltage("all", np.concatenate([answer(h) for h in heights]))
    i = w.current("stimuli", np.concatenate([step(h) for h in heights]))
    w.voltage("not in the table", answer(0.4))
    for n in range(3):
        rows = {"response_start_index": 400 * n, "response_index_count": 400}
        rows |= {name.replace("response", "stimulus"): value for name, value in rows.items()}
        w.file.add_intracellular_recording(electrode=w.electrodes[0], response=v, stimulus=i, **rows)
    path = w.write(tmp_path / "b.nwb")
    with pytest.warns(UserWarning, match="1 series .not in the table. are in no row"):
        found = read_recording(path)
    assert [round(height(r), 3) for r in found] == heights and all(r.t.shape == (400,) for r in found)


def test_a_stimulus_at_another_rate_is_held_to_the_times_of_the_voltage(tmp_path):
    w = Writer()
    coarse = np.arange(400) * 0.2
    w.voltage("v", answer(0.1), number=0)
    w.current("i", step(0.1, 20.2, coarse), number=0, rate=5e3)
    w.voltage("w", answer(0.1), number=1, start=9.0)
    w.current("j", step(0.1, 20.2, coarse[:200]), number=1, timestamps=9.0 + coarse[:200] / 1e3)
    w.voltage("x", answer(0.1), number=2)
    w.current("k", step(0.1, 2.0, T[:200]), number=2)
    path = w.write(tmp_path / "a.nwb")
    for sweep in (0, 1):
        found = read_nwb(path, sweep)
        assert float(found.t[np.argmax(np.asarray(found.current) > 0.05)]) == pytest.approx(20.2)
        assert "held between its samples, 0.2 ms apart" in found.source
    with pytest.raises(ValueError, match=r"voltage lasts 39.9 ms .400 samples. and the current 19.9 ms"):
        read_nwb(path, 2)


def test_without_numbers_the_current_clamp_series_are_taken_by_their_starting_times(tmp_path):
    w = Writer()
    w.voltage("rest", np.full(400, -70.0), kind="IZeroClampSeries", start=0.0)
    w.voltage("seal", T, kind="VoltageClampSeries", conversion=1e-12, start=1.0)
    for n, name in enumerate("cab"):
        w.voltage(name, answer(0.01 * (n + 1)), start=2.0 + n)
        w.current({"c": "x", "a": "z", "b": "y"}[name], step(0.01 * (n + 1)), start=2.0 + n)
    path = w.write(tmp_path / "a.nwb")
    assert [round(height(r), 3) for r in read_recording(path)] == [0.01, 0.02, 0.03]


def test_what_nothing_tells_apart_is_refused(tmp_path):
    w = Writer()
    for name in "ab":
        w.voltage(name, answer(0.1))
        w.current(f"i{name}", step(0.1))
    with pytest.raises(ValueError, match=r"nothing tells which of the currents 'ia', 'ib' belongs to .* 'a', 'b'"):
        read_recording(w.write(tmp_path / "a.nwb"))
    w = Writer()
    for n in (1, 2):
        w.voltage(f"v{n}", answer(0.1), start=float(n))
        w.current(f"i{n}", step(0.1), start=3.0 - n)
    with pytest.raises(ValueError, match="starting times put 'v1' with 'i2', the last numbers of the names with 'i1'"):
        read_recording(w.write(tmp_path / "b.nwb"))
    w = Writer()
    w.voltage("v", answer(0.1), number=1)
    w.voltage("w", answer(0.1), number=2)
    w.current("i", step(0.1), number=2)
    with pytest.warns(UserWarning, match="no current belongs to 1 voltages .'v'."):
        assert sweep_numbers(w.write(tmp_path / "c.nwb")) == [2]
    w = Writer()
    w.voltage("rest", np.full(400, -70.0), kind="IZeroClampSeries")
    with pytest.raises(ValueError, match=r"holds no CurrentClampSeries.*1 IZeroClampSeries"):
        read_recording(w.write(tmp_path / "d.nwb"))


@pytest.fixture(scope="module")
def plain_file(tmp_path_factory):
    w = Writer()
    w.voltage("v", answer(0.1), number=0)
    w.current("i", step(0.1), number=0)
    return w.write(tmp_path_factory.mktemp("nwb") / "plain.nwb")


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("unit", "amperes", r"declares voltage in 'amperes'.*--unit voltage=mV"),
        ("unit", "unknown", "declares voltage in 'unknown'"),
        ("conversion", -1.0, "has the conversion -1 .*must be a positive number"),
        ("conversion", np.nan, "has the conversion nan"),
    ],
)
def test_a_voltage_that_cannot_be_one_is_refused(plain_file, tmp_path, attribute, value, message):
    (tmp_path / "a.nwb").write_bytes(plain_file.read_bytes())
    with h5py.File(tmp_path / "a.nwb", "a") as file:
        file["acquisition/v/data"].attrs[attribute] = value
    with pytest.raises(ValueError, match=message):
        read_recording(tmp_path / "a.nwb")


def test_links_to_other_files_are_refused(plain_file, tmp_path):
    (tmp_path / "a.nwb").write_bytes(plain_file.read_bytes())
    with h5py.File(tmp_path / "a.nwb", "a") as file:
        del file["acquisition/v/data"]
        file["acquisition/v/data"] = h5py.ExternalLink(str(plain_file), "/acquisition/v/data")
    with pytest.raises(ValueError, match=r"acquisition/v/data is a link to another file, .*plain.nwb"):
        read_recording(tmp_path / "a.nwb")
    h5py.File(tmp_path / "b.nwb", "w").close()
    with pytest.raises(ValueError, match=r"cannot be read as an NWB 2 file .*no nwb_version"):
        read_recording(tmp_path / "b.nwb")


@pytest.mark.parametrize(("version", "conversion"), [("1.1", 1e-3), ("1.0", 7.0)])
def test_the_old_download_of_the_allen_institute_is_read(tmp_path, version, conversion):
    """NWB 1: sweeps by name, valid until the end of their experiment; early ones are in SI units whatever they say."""
    scale = conversion if version == "1.1" else 1.0
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        file["nwb_version"] = b"NWB-1.0.5"
        file["general/generated_by"] = np.array([b"software", b"x", b"version", version.encode()])
        for n, place, values, unit in [
            (10, "acquisition/timeseries", answer(0.2) * 1e-3, b"Volts"),
            (10, "stimulus/presentation", step(0.2) * 1e-9, b"Amps"),
            (9, "acquisition/timeseries", answer(0.1) * 1e-3, b"Volts"),
            (9, "stimulus/presentation", step(0.1) * 1e-9, b"Amps"),
            (2, "acquisition/timeseries", T * 1e-12, b"Amps"),
            (2, "stimulus/presentation", T * 1e-3, b"Volts"),
        ]:  # fmt: skip
            group = file.create_group(f"{place}/Sweep_{n}")
            group.attrs["neurodata_type"] = b"TimeSeries"
            group["data"] = values / scale
            group["data"].attrs.update({"unit": unit, "conversion": conversion})
            group["starting_time"] = 1.0 * n
            group["starting_time"].attrs["rate"] = 1e4
        file["epochs/Experiment_9/response/idx_start"], file["epochs/Experiment_9/response/count"] = 100, 200
        file["epochs/Experiment_9/stimulus/idx_start"], file["epochs/Experiment_9/stimulus/count"] = 100, 200
    nine, ten = read_recording(tmp_path / "a.nwb")
    assert sweep_numbers(tmp_path / "a.nwb") == [9, 10]
    assert height(nine) == pytest.approx(0.1) and height(ten) == pytest.approx(0.2)
    assert nine.t.shape == (300,) and ten.t.shape == (400,)
