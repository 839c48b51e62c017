"""Files that the tests write themselves: what is read is what was written, whatever the format and unit."""

import numpy as np
import pytest

from jaxneuro.data import read_csv, read_npz, read_nwb, read_recording, write_npz
from jaxneuro.recording import Recording

T = np.arange(400) * 0.1  # ms
V = -70.0 + 20.0 * np.sin(T / 7.0)  # mV
I = 0.3 * (T > 10.0)  # nA


def assert_read(recording: Recording) -> None:
    np.testing.assert_allclose(recording.t, T, atol=1e-9)
    np.testing.assert_allclose(recording.v[:, 0], V, atol=1e-6)
    np.testing.assert_allclose(recording.current, I, atol=1e-9)


@pytest.mark.parametrize(
    "arrays",
    [
        {"t": T, "v": V, "i": I},
        {"time_s": T / 1e3 + 5.0, "voltage_V": V / 1e3, "current_pA": I * 1e3},
        {"dt_ms": 0.1, "v_mV": V, "i_pA": I * 1e3, "t_on_ms": 10.0, "t_off_ms": 40.0},
        {"t_ms": T, "v_mV": np.stack([V, V]), "i_nA": np.stack([I, I])},
    ],
)
def test_archives_are_read_whatever_their_units(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    assert_read(read_npz(tmp_path / "a.npz"))
    assert_read(read_recording(tmp_path / "a.npz")[-1])


def test_what_is_written_is_read_again(tmp_path):
    first = Recording(T, {"v": V[:, None]}, current=I)
    write_npz(tmp_path / "a.npz", [first, first.replace(current=2 * I)])
    again = read_recording(tmp_path / "a.npz")
    assert_read(again[0])
    assert [r.name for r in again] == ["a.npz sweep 0", "a.npz sweep 1"]
    with pytest.raises(ValueError, match="without its current"):
        write_npz(tmp_path / "b.npz", first.replace(current=None))


@pytest.mark.parametrize(
    ("header", "scale"),
    [
        ("time,voltage,current", (1, 1, 1)),
        ("time_s;voltage (V);current [pA]", (1e-3, 1e-3, 1e3)),
        ("i_pA\tt_ms\tv_mV", None),
    ],
)
def test_tables_are_read_whatever_their_units_and_order(tmp_path, header, scale):
    columns = (I * 1e3, T, V) if scale is None else tuple(x * s for x, s in zip((T, V, I), scale, strict=True))
    separator = next(c for c in ",;\t" if c in header)
    rows = [separator.join(repr(float(x)) for x in row) for row in zip(*columns, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["# amplifier 1", header, *rows, ""]))
    assert_read(read_csv(tmp_path / "a.csv"))


def test_the_junction_potential_is_subtracted(tmp_path):
    np.savez(tmp_path / "a.npz", t=T, v=V, i=I)
    shifted = read_npz(tmp_path / "a.npz", junction_potential=14.0)
    np.testing.assert_allclose(shifted.v[:, 0], V - 14.0)


def test_declared_units_can_be_overruled(tmp_path):
    np.savez(tmp_path / "a.npz", t=T / 1e3, v=V, i=I * 1e3)
    assert_read(read_npz(tmp_path / "a.npz", units={"time": "s", "current": "pA"}))


@pytest.fixture(scope="module")
def nwb_file(tmp_path_factory):
    pynwb = pytest.importorskip("pynwb")
    from datetime import UTC, datetime

    file = pynwb.NWBFile("a cell", "1", datetime(2024, 1, 1, tzinfo=UTC))
    device = file.create_device("amplifier", description="test")
    electrode = file.create_icephys_electrode(name="e", description="patch", device=device)
    for number, gain in ((4, 1.0), (7, 2.0)):
        common = {
            "electrode": electrode,
            "rate": 1e4,
            "starting_time": 50.0 + number,
            "sweep_number": np.uint64(number),
        }
        v = pynwb.icephys.CurrentClampSeries(
            name=f"v{number}", data=V.astype("f8"), conversion=1e-3, gain=1.0, **common
        )
        i = pynwb.icephys.CurrentClampStimulusSeries(
            name=f"i{number}", data=gain * I * 1e3, conversion=1e-12, gain=1.0, **common
        )
        file.add_acquisition(v)
        file.add_stimulus(i)
    path = tmp_path_factory.mktemp("nwb") / "cell.nwb"
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def test_nwb_sweeps_go_by_their_numbers(nwb_file):
    assert_read(read_nwb(nwb_file, sweep=4))
    four, seven = read_recording(nwb_file)
    assert_read(four)
    np.testing.assert_allclose(seven.current, 2 * I)
    with pytest.raises(ValueError, match=r"no sweep 0. There are: 4, 7"):
        read_nwb(nwb_file)


def test_a_truncated_nwb_file_is_refused(nwb_file, tmp_path):
    (tmp_path / "cut.nwb").write_bytes(nwb_file.read_bytes()[:5000])
    with pytest.raises(ValueError, match="damaged, cut short"):
        read_nwb(tmp_path / "cut.nwb")
