"""Tables and archives in other people's dialects: what is read is what was written, or a refusal that names the remedy."""

import gzip
import io
import zipfile

import numpy as np
import pytest

from jaxneuro.data import read_csv, read_npz, read_recording

T = np.arange(400) * 0.1  # ms
V = -70.0 + 20.0 * (T > 10.0)  # mV
I = 0.1 * (T > 10.0)  # nA


def assert_read(recording) -> None:
    np.testing.assert_allclose(recording.t, T, atol=1e-6)
    np.testing.assert_allclose(recording.v[:, 0], V, atol=1e-6)
    np.testing.assert_allclose(recording.current, I, atol=1e-9)


def table(header: str, separator: str = ",", comma: bool = False, columns=(T, V, 1e3 * I)) -> str:
    rows = [separator.join(f"{x:.7g}" for x in row) for row in zip(*columns, strict=True)]
    text = "\n".join(rows)
    return "\n".join(filter(None, [header, text.replace(".", ",") if comma else text, ""]))


ATF_HEAD = 'ATF\t1.0\n3\t5\n"AcquisitionMode=Episodic Stimulation"\n"Comment="\n"Signals="\t"Vm"\t"Im"\t"Vm"\t"Im"\n'
ATF_TITLES = '"Time (s)"\t"Trace #1 (mV)"\t"Trace #1 (pA)"\t"Trace #2 (mV)"\t"Trace #2 (pA)"'
DIALECTS = {
    "quoted": table('"Time (ms)","Vm (mV)","I, injected (pA)"'),
    "decimal comma": table("Zeit (ms);Spannung (mV);Strom (pA)", ";", comma=True),
    "quoted decimal comma": "t_ms,v_mV,i_pA\n" + "\n".join(
        ",".join(f'"{x:.7g}"'.replace(".", ",") for x in row) for row in zip(T, V, 1e3 * I, strict=True)
    ),
    "tab": table("time_ms\tMembrane potential [mV]\tIinj [pA]", "\t"),
    "tab and comma": table("t (ms)\tv (mV)\ti (pA)", "\t", comma=True),
    "blanks": table("t_ms v_mV i_pA", "   "),
    "latin-1": table("t (µs),v (µV),i (µA)", columns=(1e3 * T, 1e3 * V, 1e-3 * I)).encode("latin-1"),
    "utf-8": table("t (µs),v (µV),i (µA)", columns=(1e3 * T, 1e3 * V, 1e-3 * I)),
    "bom": b"\xef\xbb\xbf" + table("t_ms,v_mV,i_pA").encode(),
    "utf-16": table("t_ms,v_mV,i_pA").encode("utf-16"),
    "units below": table("Time;Vm;Im\nms;mV;pA", ";"),
    "units below some": table("Time,Vm,Im\n-,mV,pA"),
    "units above": table("Time,Vm,Im").replace("Time", "(ms),(mV),(pA)\nTime"),
    "a preamble and units": table("Cell 7\nms,mV,pA"),
    "commented header": table("# t_ms,v_mV,i_pA"),
    "preamble": table("Cell 7, 2024\n% amplifier\n// rig 2\n# gain 5\nt_ms,v_mV,i_pA"),
    "trailing separator": table("t_ms,v_mV,i_pA,").replace("\n", ",\n"),
    "a column of words": table("note,t_ms,v_mV,i_pA").replace("\n", "\nrig 7,").removesuffix("rig 7,"),
    "names with blanks": table("t (ms)  Vm (mV)\tI (pA)", " "),
    "names that are units": table("ms,mV,pA"),
    "windows": table("t_ms,v_mV,i_pA").replace("\n", "\r\n"),
    "gzip": gzip.compress(table("t_ms,v_mV,i_pA").encode()),
    "axon": ATF_HEAD + table(ATF_TITLES, "\t", columns=(T / 1e3, V, 1e3 * I, V + 5.0, 2e3 * I)),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_every_common_dialect_is_read(tmp_path, name):
    content = DIALECTS[name]
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert_read(read_csv(tmp_path / "a.csv"))
    found = read_recording(tmp_path / "a.csv")
    assert_read(found[0])
    if name == "axon":
        np.testing.assert_allclose(found[1].current, 2 * I, atol=1e-9)
        assert [r.name for r in found] == ["a.csv sweep 1", "a.csv sweep 2"]


def test_columns_are_chosen_by_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table("T (ms),Ch 1 (mV),trigger (mV),Cmd (pA)", columns=(T, V, 0 * V, 1e3 * I)))
    with pytest.raises(ValueError, match=r"'Ch 1 \(mV\)' .*'trigger \(mV\)'.*Choose"):
        read_csv(path)
    for chosen in ("Ch 1", "Ch 1 (mV)"):
        assert_read(read_csv(path, columns={"voltage": chosen}))
    assert_read(read_recording(path, channel="Ch 1")[0])
    with pytest.raises(ValueError, match="0 columns named 'Ch 2' for the voltage: there are 'T"):
        read_csv(path, columns={"voltage": "Ch 2"})
    path.write_text(table("", columns=(T, V, 1e3 * I)))
    with pytest.raises(ValueError, match=r"'1', '2', '3' and no time.*--columns time=NAME"):
        read_csv(path)
    assert_read(read_csv(path, columns={"time": "1", "voltage": "2", "current": "3"}, units={"current": "pA"}))
    path.write_text(table("t_ms,Vm (mV),Vm (mV),i_pA", columns=(T, 0 * V, V, 1e3 * I)))
    with pytest.raises(ValueError, match=r"Choose, such as channel='column 3' \(--channel 'column 3'\)"):
        read_csv(path)
    assert_read(read_recording(path, channel="column 3")[0])
    with pytest.raises(ValueError, match="the quantities are time, step"):
        read_csv(path, columns={"volts": "2"})


BAD_TABLES = {
    "mixed decimals": ("t_ms;v_mV;i_pA\n0,1;-70,0;0\n0.2;-70;0\n", "line 3: .* is not all numbers"),
    "comma twice": ("t_ms,v_mV,i_pA\n0,1,-70,0,0,1\n", "6 values where the header names 3"),
    "long field": ("t_ms,v_mV,i_pA\n0,-70,0\n0.1," + '"' + "1" * 140_000 + '",0\n', "line 3: .* is not all numbers"),
    "binary": (b"t_ms,v_mV\0", "cannot be read as text"),
    "axon cut": ("ATF\t1.0\n9\t2\n", "Axon text file"),
    "gzip cut": (gzip.compress(b"t,v,i\n" * 999)[:-9], "cannot be read as text"),
    "thousands": (
        "t_us;v_uV;i_pA\n0;-70.000,5;0\n100;-70.000,5;0\n",
        "no row of numbers, such as line 2: '0;-70.000,5;0'",
    ),
    "underscore": ("t_ms,v_mV,i_pA\n0,-70,0\n0.1,-7_0,0\n", "line 3: .* is not all numbers"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables_name_the_line(tmp_path, name):
    content, message = BAD_TABLES[name]
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        read_recording(tmp_path / "a.csv")


@pytest.mark.parametrize("time", [{"dt_ms": 0.1}, {"t_ms": T}])
def test_time_is_the_axis_that_is_as_long_as_the_times(tmp_path, time):
    v, i = np.stack([V, V + 1.0], axis=1), np.stack([I, 2 * I], axis=1)
    np.savez(tmp_path / "a.npz", v_mV=v, i_nA=i, **time)
    first, second = read_recording(tmp_path / "a.npz")
    assert_read(first)
    np.testing.assert_allclose(second.current, 2 * I)
    np.savez(tmp_path / "b.npz", v_mV=np.ones((400, 400)), i_nA=np.ones((400, 400)), **time)
    with pytest.raises(ValueError, match="which axis is time"):
        read_recording(tmp_path / "b.npz")


SECONDS = "no unit of time.*--unit time=s"
RESISTANCE = r"input resistance of {} MΩ .*units=\{{'current': '{}'\}} \(--unit current={}\)"
IMPLAUSIBLE = {
    "pA without a unit": ({"t": T, "v": V, "i": 0.5e3 * I}, RESISTANCE.format("0.4", "pA", "pA")),
    "pA called nA": ({"t_ms": T, "v_mV": V, "i_nA": 0.5e3 * I}, RESISTANCE.format("0.4", "pA", "pA")),
    "nA called pA": ({"t_ms": T, "v_mV": V, "i_pA": I}, RESISTANCE.format(r"2e\+05", "nA", "nA")),
    "mA without a unit": ({"t": T, "v": V, "i": 1e-6 * I}, RESISTANCE.format(r"2e\+08", "mA", "mA")),
    "seconds at 2 kHz": ({"t": np.arange(4000) * 5e-4, "v": np.resize(V, 4000), "i": np.resize(I, 4000)}, SECONDS),
    "seconds at 1 kHz": ({"t": np.arange(4000) * 1e-3, "v": np.resize(V, 4000), "i": np.resize(I, 4000)}, SECONDS),
    "seconds at 500 Hz": ({"t": np.arange(4000) * 2e-3, "v": np.resize(V, 4000), "i": np.resize(I, 4000)}, SECONDS),
    "complex": ({"t": T, "v": V + 1j, "i": I}, "numbers in 'v' are of type complex128"),
    "bool": ({"t": T, "v": V, "i": I > 0}, "numbers in 'i' are of type bool"),
    "dates": ({"t": T, "v": V.astype("datetime64[s]"), "i": I}, "numbers in 'v' are of type datetime64"),
    "a step for each sample": ({"dt_ms": T, "v": V, "i": I}, "one time base"),
    "three axes": ({"t": T, "v": V[None, None], "i": I[None, None]}, r"shape \(1, 1, 400\)"),
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_what_no_cell_and_no_converter_does_is_refused(tmp_path, name):
    arrays, message = IMPLAUSIBLE[name]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_npz(tmp_path / "a.npz")


def test_what_the_user_says_of_units_is_believed(tmp_path):
    np.savez(tmp_path / "a.npz", t=T, v=V, i=1e3 * I)
    assert_read(read_npz(tmp_path / "a.npz", units={"current": "pA"}))
    np.savez(tmp_path / "motoneuron.npz", t=T, v=V, i=250 * I)  # 0.8 MΩ
    with pytest.raises(ValueError, match=r"input resistance of 0.8 MΩ"):
        read_npz(tmp_path / "motoneuron.npz")
    assert read_npz(tmp_path / "motoneuron.npz", units={"current": "nA"}).current.max() == pytest.approx(25.0)
    with pytest.raises(ValueError, match="choose from time: s"):
        read_npz(tmp_path / "a.npz", units={"current": "pAmp"})
    np.savez(tmp_path / "gain.npz", t=T, v=20 * V, i=I)
    with pytest.raises(ValueError, match=r"\(--unit voltage=uV\)"):
        read_npz(tmp_path / "gain.npz")
    with pytest.raises(ValueError, match="the gain in the file must be wrong"):
        read_npz(tmp_path / "gain.npz", units={"voltage": "mV"})
    for value in (np.nan, np.inf, 14e3):
        with pytest.raises(ValueError, match=r"junction_potential = .*finite .*in mV"):
            read_npz(tmp_path / "a.npz", units={"current": "pA"}, junction_potential=value)


def test_spikes_short_pulses_and_noise_are_no_reason_to_refuse(tmp_path):
    t, key = np.arange(20_000) * 0.05, np.random.default_rng(0)
    spikes = np.where(np.arange(20_000) % 2000 < 20, 100.0, 0.0)
    cases = {
        "pulses of 1 ms": np.where(np.arange(20_000) % 2000 < 20, 3.0, 0.0),
        "white noise": key.normal(0.0, 0.3, 20_000),
        "holding and noise": -0.05 + key.normal(0.0, 0.002, 20_000),
        "step": 0.5 * (t > 500.0),
        "a lost cell": np.where(t > 500.0, 0.0, -2.5),
    }
    for name, current in cases.items():
        np.savez(tmp_path / "a.npz", t=t, v=-65.0 + spikes + 2.0 * (t > 500.0), i=current)
        assert read_npz(tmp_path / "a.npz").current.shape == (20_000,), name


def test_only_the_arrays_that_are_needed_are_read(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, t=T, v=V, i=I, video=np.arange(1000.0), notes=np.array([{}]))
    content = path.read_bytes()
    at = content.index(np.arange(1000.0)[500:510].tobytes())
    path.write_bytes(content[:at] + bytes(80) + content[at + 80 :])  # a checksum that fails when it is read
    assert_read(read_npz(path))
    promise = io.BytesIO()
    np.lib.format.write_array_header_1_0(promise, {"shape": (10**12,), "fortran_order": False, "descr": "<f8"})
    np.savez(path, t=T, i=I)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("v.npy", promise.getvalue() + bytes(80))
    with pytest.raises(ValueError, match="'v' promises 8000000000000 bytes and 80 are there"):
        read_npz(path)
