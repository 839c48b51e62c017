"""Every bad file gets an error that names the value, the rule and the fix."""

import builtins
import pickle

import numpy as np
import pytest

from jaxneuro.data import read_abf, read_npz, read_recording

T = np.arange(400) * 0.1
V = -70.0 + 20.0 * np.sin(T / 7.0)
I = 0.3 * (T > 10.0)
HOLED = np.where(np.arange(400) == 7, np.nan, V)
BAD_ARRAYS = {
    "no current": ({"t": T, "v": V}, "no current: name the data"),
    "lengths": ({"t": T, "v": V[:-1], "i": I}, r"voltage \(399,\).*one voltage and one current"),
    "holes": ({"t": T, "v": HOLED, "i": I}, r"1 of 400 voltage samples are not finite, the first at sample 7"),
    "jitter": ({"t": T + 0.03 * (np.arange(400) == 50), "v": V, "i": I}, "sample 50 lies at 5.03 ms.*numpy.interp"),
    "backwards": ({"t": T[::-1], "v": V, "i": I}, "times must increase"),
    "seconds": ({"t": T / 1e3, "v": V, "i": I}, r"0.0001 ms apart.*units=\{'time': 's'\}"),
    "volts": ({"t": T, "v": V / 1e3, "i": I}, "looks like volts.*units="),
    "microvolts": ({"t": T, "v": V * 1e3, "i": I}, "correct the unit or the gain"),
    "picoampere": ({"t": T, "v": V, "i": I * 1e3}, "looks like pA.*units="),
    "unit": ({"t_h": T, "v": V, "i": I}, "no time"),
    "twice": ({"t": T, "time": T, "v": V, "i": I}, "keep one column of time"),
    "one sample": ({"t": T[:1], "v": V[:1], "i": I[:1]}, "needs at least 2"),
    "words": ({"t": T, "v": np.array(["a"] * 400), "i": I}, "numbers in 'v'"),
    "sweeps": ({"t": T, "v": np.stack([V, V]), "i": I}, "2 sweeps of voltage and 1 of current"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path, case):
    arrays, message = BAD_ARRAYS[case]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_recording(tmp_path / "a.npz")


BAD_BYTES = {
    "empty.abf": (b"", "is empty"),
    "noise.abf": (b"ABF2" + bytes(range(256)) * 20, "Axon binary file"),
    "noise.nwb": (b"not hdf5 at all", "NWB 2 file"),
    "noise.ibw": (b"\x05\x00garbage", "Igor binary wave"),
    "cut.npz": (b"PK\x03\x04half", "NumPy archive"),
    "image.png": (b"\x89PNG1234", "the formats are"),
    "only_header.csv": (b"time,voltage,current\n", "0 samples"),
    "words.csv": (b"time,voltage,current\n0,-70,0\n0.1,high,0\n", "line 3: '0.1,high,0' is not all numbers"),
    "short_row.csv": (b"time,voltage,current\n0,-70,0\n0.1,-7", "line 3 has 2 values"),
    "no_time.csv": (b"voltage,current\n-70,0\n", "no time"),
    "latin.csv": (b"\xff\xfe\x00\x81time", "cannot be read as text"),
}


@pytest.mark.parametrize("name", BAD_BYTES)
def test_bad_bytes(tmp_path, name):
    content, message = BAD_BYTES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_recording(tmp_path / name)


def test_paths_that_are_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_recording(tmp_path / "nothing.abf")
    with pytest.raises(FileNotFoundError, match="matches no Igor wave"):
        read_recording(tmp_path)
    with pytest.raises(ValueError, match="is a folder"):
        read_npz(tmp_path)


def test_an_archive_with_objects_is_refused_and_not_unpickled(tmp_path):
    ran = []

    class Trap:
        def __reduce__(self):
            return ran.append, (1,)

    (tmp_path / "a.npy").write_bytes(pickle.dumps(Trap()))
    np.savez(tmp_path / "a.npz", t=T, v=np.array([Trap()] * 400, dtype=object), i=I)
    ran.clear()
    with pytest.raises(ValueError, match="NumPy archive"):
        read_recording(tmp_path / "a.npz")
    assert not ran


def test_a_sweep_that_does_not_exist(tmp_path):
    np.savez(tmp_path / "a.npz", t=T, v=V, i=I)
    with pytest.raises(ValueError, match=r"has no sweep 3. There are: 0."):
        read_recording(tmp_path / "a.npz", [3])


def test_a_missing_library_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "a.abf").write_bytes(b"ABF2")
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pyabf":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr("jaxneuro.data.source.import_module", lambda name: without(name))
    with pytest.raises(ImportError, match=r'pip install "jaxneuro\[files\]"'):
        read_abf(tmp_path / "a.abf")
