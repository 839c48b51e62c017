"""Events of sensors, in files that the tests write."""

from pathlib import Path

import numpy as np
import pytest

import jaxneuro as jn


def write_shd(path: Path, times: list, units: list, labels: list) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        spikes = file.create_group("spikes")
        for name, values, kind in (("times", times, np.float16), ("units", units, np.uint16)):
            data = spikes.create_dataset(name, (len(values),), h5py.vlen_dtype(kind))
            for i, value in enumerate(values):
                data[i] = np.asarray(value, kind)
        file["labels"] = np.asarray(labels, np.uint16)


def test_shd_samples_as_trains_and_on_a_grid(tmp_path: Path):
    write_shd(tmp_path / "shd.h5", [[0.25, 0.5, 0.5], [0.125]], [[3, 699, 3], [0]], [7, 19])
    first, second = jn.data.read_shd(tmp_path / "shd.h5")
    assert (first.label, second.label, first.size) == (7, 19, 700)
    np.testing.assert_array_equal(first.trains().times[3], [250.0, 500.0])
    assert first.binned(10.0, 600.0).sum() == 3 and first.binned(10.0, 600.0)[50, 699] == 1
    assert first.binned(10.0, 300.0).sum() == 1  # what comes later is left out
    assert [e.label for e in jn.data.read_shd(tmp_path / "shd.h5", slice(1, 2))] == [19]


def test_n_mnist_round_trip_and_known_bytes(tmp_path: Path):
    path = tmp_path / "one.bs2"
    path.write_bytes(bytes([33, 2, 0x81, 0x00, 0x02]))  # x 33, y 2, polarity 1, 65538 µs
    events = jn.data.read_bs2(path, label=4)
    assert events.label == 4 and events.times == pytest.approx([65.538])
    assert events.channels == 34 * 34 + 2 * 34 + 33
    jn.data.write_bs2(tmp_path / "again.bs2", events)
    assert (tmp_path / "again.bs2").read_bytes() == path.read_bytes()


def test_damaged_files_are_refused(tmp_path: Path):
    damaged = tmp_path / "damaged.bs2"
    damaged.write_bytes(b"1234567")
    with pytest.raises(ValueError, match="7 bytes, and an event has 5"):
        jn.data.read_bs2(damaged)
    damaged.write_bytes(bytes([200, 2, 0, 0, 2]))
    with pytest.raises(ValueError, match="pixel \\(200, 2\\), the sensor is 34 x 34"):
        jn.data.read_bs2(damaged)
    damaged.rename(tmp_path / "damaged.h5")
    pytest.importorskip("h5py")
    with pytest.raises(ValueError, match="cannot be read as an SHD file"):
        jn.data.read_shd(tmp_path / "damaged.h5")
    write_shd(tmp_path / "wrong.h5", [[0.1, 0.2]], [[701, 3]], [0])
    with pytest.raises(ValueError, match="sample 0: 2 times and 2 channels"):
        jn.data.read_shd(tmp_path / "wrong.h5")


def test_an_shd_file_that_names_another_file_is_refused(tmp_path: Path):
    h5py = pytest.importorskip("h5py")
    write_shd(tmp_path / "other.h5", [[0.1]], [[3]], [0])
    for link in (h5py.ExternalLink(str(tmp_path / "other.h5"), "/labels"), h5py.SoftLink("/spikes/units")):
        write_shd(tmp_path / "a.h5", [[0.1]], [[3]], [0])
        with h5py.File(tmp_path / "a.h5", "a") as file:
            del file["labels"]
            file["labels"] = link
        with pytest.raises(ValueError, match=r"a.h5 cannot be read as .*labels is a link to .* which is not followed"):
            jn.data.read_shd(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["labels"]
        layout = h5py.VirtualLayout((1,), "u2")
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "labels", (1,))
        file.create_virtual_dataset("labels", layout)
    with pytest.raises(ValueError, match="the numbers of labels lie in other files, which are not read"):
        jn.data.read_shd(tmp_path / "a.h5")


def test_an_shd_file_that_promises_more_than_its_bytes_is_refused(tmp_path: Path):
    """Both would take hours: as many samples as no disk holds, and samples that are all the same bytes."""
    h5py = pytest.importorskip("h5py")
    write_shd(tmp_path / "a.h5", [[0.1] * 5000], [[3] * 5000], [0])
    with h5py.File(tmp_path / "a.h5", "a") as file:
        for name in ("spikes/times", "spikes/units", "labels"):
            kind = file[name].dtype
            del file[name]
            file.create_dataset(name, (10**9,), kind, chunks=(1000,))
    with pytest.raises(ValueError, match=r"a.h5 cannot be read as .*\(1000000000,\).*can hold no more than bytes"):
        jn.data.read_shd(tmp_path / "a.h5")
    write_shd(tmp_path / "b.h5", [[0.1] * 5000] * 2, [[3] * 5000] * 2, [0, 1])
    assert len(jn.data.read_shd(tmp_path / "b.h5")) == 2
