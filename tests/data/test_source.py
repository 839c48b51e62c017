"""What every reader shares: damaged files are said in one line, whatever the library raises."""

import io
import zipfile

import numpy as np
import pytest

from jaxneuro.data import read_trajectory
from jaxneuro.data.source import reading


@pytest.mark.parametrize(
    "fault", [MemoryError(), RecursionError("too deep\nby far"), KeyError("a"), OverflowError("e")]
)
def test_whatever_a_library_raises_is_one_line_that_names_the_file(tmp_path, fault):
    path = tmp_path / "a.dat"
    path.write_bytes(b"1234")
    with (
        pytest.raises(
            ValueError, match=rf"a.dat cannot be read as a thing \(4 bytes; {type(fault).__name__}: .*\): it is damaged"
        ) as said,
        reading(path, "a thing"),
    ):
        raise fault
    assert "\n" not in str(said.value)


def test_a_header_that_promises_more_than_any_memory(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**14,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("t.npy", header.getvalue() + bytes(800))
    with pytest.raises(ValueError, match=r"a.npz cannot be read as a NumPy archive \(.* bytes; .*\): it is damaged"):
        read_trajectory(tmp_path / "a.npz")
