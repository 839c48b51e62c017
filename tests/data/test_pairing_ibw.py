"""Igor waves that declare nothing, and shells that spell out patterns."""

import argparse
import struct

import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import Recording
from jaxneuro.cli import main
from jaxneuro.cli.choices import chosen_columns, chosen_sweeps, pairing_lines
from jaxneuro.data import read_ibw, read_recording
from jaxneuro.data.recordings.igor import read_wave

T = np.arange(400) * 0.1  # ms
V = -70.0 + 20.0 * (T > 10.0)  # mV
I = 100.0 * (T > 10.0)  # pA
BOTH = {"voltage": "mV", "current": "pA"}


def wave(path, values, unit: str = "") -> None:
    """A wave of version 2, by Igor Technical Note 3: header, wave header, numbers in single precision, 16 bytes."""
    data = np.asarray(values, "<f4").tobytes()
    header = struct.pack(
        "<hI20shhI4s4sihddhhhddccIiI2sII", 2, 0, path.stem[:18].encode(), 0, 0, 0, unit.encode(), b"", len(values), 0,
        1e-4, 0.0, 0, 0, 0, 0.0, 0.0, b"\0", b"\0", 0, 0, 0, b"", 0, 0,
    )  # fmt: skip
    first = struct.pack("<hiiih", 2, 110 + len(data) + 16, 0, 0, 0)
    checksum = -sum(struct.unpack("<63h", first + header)) & 0xFFFF
    path.write_bytes(first[:14] + struct.pack("<H", checksum) + header + data + bytes(16))


@pytest.fixture
def folder(tmp_path):
    for sweep in (145, 147, 149, 150):
        wave(tmp_path / f"B8_Ch0_{sweep}.ibw", I * sweep / 100)
        wave(tmp_path / f"B8_Ch3_{sweep}.ibw", V)
    return tmp_path


def test_waves_without_units_are_told_apart_by_what_the_user_says(folder):
    path = folder / "B8_Ch0_145.ibw"
    with pytest.raises(ValueError, match=r"declares no unit.*\(--unit voltage=mV\).*\(--unit current=pA\)"):
        read_ibw(path)
    for more in ({}, {"channel": 3, "current_channel": "Ch0"}, {"channel": "Ch3"}):
        found = read_ibw(path, units=BOTH, **more)
        np.testing.assert_allclose(found.v[:, 0], V)
        np.testing.assert_allclose(found.current, I * 1.45e-3, rtol=1e-6)
    wave(path, I, "pA")
    np.testing.assert_allclose(read_ibw(path, units={"voltage": "mV"}).v[:, 0], V)
    wave(path, V, "")
    with pytest.raises(ValueError, match=r"2 of them rest where a membrane does.*--channel 'Ch0'"):
        read_ibw(path, units=BOTH)


def test_numbers_and_units_are_those_of_igor2(folder, recordings):
    igor2 = pytest.importorskip("igor2.binarywave")
    wave(folder / "B8_Ch3_145.ibw", V, "mV")
    for path in (
        folder / "B8_Ch3_145.ibw",
        recordings / "B6_Ch3_IDRest_181.ibw",
        recordings / "B95_Ch0_IDRest_107.ibw",
    ):
        ours, theirs = read_wave(path), igor2.load(str(path))["wave"]
        header = theirs["wave_header"]
        np.testing.assert_array_equal(ours.values, theirs["wData"])
        assert ours.step == (header["sfA"][0] if "sfA" in header else header["hsA"])
        assert ours.unit == b"".join(header["dataUnits"].tolist()).rstrip(b"\0").decode() and ours.time_unit == ""


def test_a_second_cell_is_refused_until_one_is_chosen(folder):
    for channel, values in (("Ch0", I), ("Ch3", V), ("Ch4", V - 5.0)):
        wave(folder / f"B8_{channel}_145.ibw", values, "pA" if channel == "Ch0" else "mV")
    with pytest.raises(ValueError, match=r"several voltages.*'B8_Ch3_145' \[mV\] Ch3"):
        read_recording(folder / "B8_Ch0_145.ibw")
    assert read_recording(folder / "B8_Ch0_145.ibw", channel=4)[0].v[0, 0] == -75.0


def test_waves_that_a_shell_spells_out_count_once(folder):
    def chosen(*names, **changes):
        common = {"sweep": None, "hold_out": [], "junction_potential": 0.0, "unit": ["voltage=mV", "current=pA"]}
        args = argparse.Namespace(recording=[str(folder / name) for name in names], **(common | changes))
        return [[r.name.rpartition(" ")[2] for r in sweeps] for sweeps in chosen_sweeps(args)]

    everything = sorted(path.name for path in folder.glob("*.ibw"))
    assert chosen(*everything) == [["145", "147", "149", "150"], []]
    assert chosen(*everything, sweep=[145, 147, 149]) == [["145", "147", "149"], []]
    assert chosen(*everything, hold_out=[147]) == [["145", "149", "150"], ["147"]]
    assert chosen("B8_Ch0_147.ibw", "B8_Ch3_147.ibw") == [["147"], []]
    assert chosen("B8_*.ibw", sweep=[150, 150]) == [["150"], []]


def test_the_command_says_what_was_paired_and_warns(tmp_path, capsys):
    np.savez(
        tmp_path / "a.npz",
        t=T,
        Vm=np.stack([V, V + 90.0 * (T > 20.0)]),
        trigger_mV=np.stack([V, V]),
        i_pA=np.stack([I, 0 * I]),
    )
    args = argparse.Namespace(
        recording=[str(tmp_path / "a.npz")] * 2, sweep=None, hold_out=[1], junction_potential=0.0, unit=[], channel="Vm"
    )
    fitted, held = chosen_sweeps(args)
    assert len(fitted) == len(held) == 1
    assert "warning: a.npz sweep 1 fires (1 spikes) without any current" in capsys.readouterr().out
    (line,) = pairing_lines(fitted + held).splitlines()
    assert line == "a.npz sweep 0 (and 1 more sweeps alike): voltage 'Vm' [mV]; current 'i_pA' [pA]"
    words = ["fit", str(tmp_path / "a.npz"), "--columns", "voltage=Vm,current=j", "--out", str(tmp_path / "out")]
    assert main(words) == 2
    assert "0 columns named 'j' for the current: there are 't', 'Vm'" in capsys.readouterr().err
    words = ["fit", str(tmp_path / "a.npz"), "--channel", "Vm", "--free", "x=1:2", "--out", str(tmp_path / "out")]
    assert main(words) == 2 and "a.npz sweep 0 (and 1 more sweeps alike): voltage 'Vm'" in capsys.readouterr().out
    assert chosen_columns(["time=T,voltage=Vm, filtered (mV)", "current=I"]) == {
        "time": "T", "voltage": "Vm, filtered (mV)", "current": "I",
    }  # fmt: skip
    with pytest.raises(ValueError, match="--columns volts=V: write QUANTITY=NAME"):
        chosen_columns(["volts=V"])


def test_sweeps_of_a_file_with_numbers_in_its_name_are_one_line():
    sweeps = [
        Recording(jnp.arange(2.0), {"v": jnp.zeros(2)}).replace(name=f"171116_0018.abf sweep {i}", source="a: b")
        for i in (0, 1, 8, 18)
    ]
    assert pairing_lines(sweeps) == "171116_0018.abf sweep 0 (and 3 more sweeps alike): a: b"
