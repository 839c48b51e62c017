"""Arrays out of MATLAB files, against scipy, which writes them."""

import numpy as np
import pytest

from jaxneuro.data import read_grid_maps
from jaxneuro.data.matlab import read_array

ARRAYS = {
    "other": np.array([["words", "more"]], object),
    "small": np.float64(3.5),
    "heat_map": np.arange(12.0).reshape(3, 4) / 7,
    "counts": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "cube": np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32),
    "wave": np.array([[1.0 + 2.0j]]),
}


@pytest.mark.parametrize("packed", [False, True])
def test_arrays_of_every_type_are_what_scipy_wrote(tmp_path, packed):
    pytest.importorskip("scipy.io").savemat(tmp_path / "a.mat", ARRAYS, do_compression=packed)
    for name in ("heat_map", "counts", "cube", "small"):
        np.testing.assert_array_equal(read_array(tmp_path / "a.mat", name), np.atleast_2d(ARRAYS[name]))
    for name in ("other", "wave", "absent"):
        with pytest.raises(
            ValueError, match=f"a.mat cannot be read as a MATLAB file .level 5. with an array '{name}' of real"
        ):
            read_array(tmp_path / "a.mat", name)


def test_real_maps_are_what_scipy_reads(grid_maps):
    loadmat = pytest.importorskip("scipy.io").loadmat
    for n in (1, 10):
        np.testing.assert_array_equal(
            read_array(grid_maps / f"n{n}.mat", "heat_map"), loadmat(grid_maps / f"n{n}.mat")["heat_map"]
        )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("filename,score\na,1\n", "no column file_number"),
        ("file_number,score\n1.5,1\n", "file_number 1.5 must be a whole number"),
        ("file_number,score\ninf,1\n", "file_number inf must be a whole number"),
        ("file_number,score\n1,1\n2,1\n", r"maps of shapes \{'n1.mat': \(3, 4\), 'n2.mat': \(2, 2\)\}"),
        ("", "is empty"),
    ],
)
def test_a_table_of_maps_that_says_what_cannot_be_is_refused(tmp_path, table, message):
    savemat = pytest.importorskip("scipy.io").savemat
    for n, shape in ((1, (3, 4)), (2, (2, 2))):
        savemat(tmp_path / f"n{n}.mat", {"heat_map": np.ones(shape)})
    (tmp_path / "gridscores.csv").write_text(table)
    with pytest.raises(ValueError, match=message):
        read_grid_maps(tmp_path)
