"""The arrays of a NumPy archive, read only when they are needed, once what they promise is known to be there."""

import zipfile
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...source import DENSEST, reading

LARGEST = 2**32  # bytes of one array; days of recording


class Header(NamedTuple):
    """Shape and type of an array, and how many bytes the archive has for it, packed and unpacked."""

    shape: tuple[int, ...]
    dtype: np.dtype
    packed: int
    unpacked: int


class Archive:
    """An open-and-shut archive: headers at once, numbers on demand, each array once."""

    def __init__(self, path: Path):
        self.path = path
        with reading(path, "a NumPy archive"), zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            self.headers = {member.filename[:-4]: _header(archive, member) for member in members}
        self._read: dict[str, np.ndarray] = {}

    def numbers(self, name: str) -> np.ndarray:
        """An array in double precision.

        Raises:
            ValueError: if it holds no real numbers, or not as many as it says.
        """
        if name not in self._read:
            _check(self.path, name, self.headers[name])
            with reading(self.path, f"numbers in {name!r}"), np.load(self.path, allow_pickle=False) as archive:
                self._read[name] = np.asarray(archive[name], np.float64)
        return self._read[name]


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        return Header(shape, dtype, member.compress_size, member.file_size - file.tell())


def _check(path: Path, name: str, header: Header) -> None:
    promised = prod(header.shape) * header.dtype.itemsize
    if header.dtype.hasobject:
        raise ValueError(f"{path} is no NumPy archive of numbers: {name!r} holds Python objects, which are not loaded.")
    if header.dtype.kind not in "iuf":
        raise ValueError(
            f"{path}: the numbers in {name!r} are of type {header.dtype}: they must be real numbers; write them as float64."
        )
    if promised != header.unpacked or header.unpacked > DENSEST * (header.packed + 1):
        raise ValueError(
            f"{path} is a damaged NumPy archive: {name!r} promises {promised} bytes and {header.unpacked} are there, "
            f"{header.packed} packed; copy it again from where it came."
        )
    if promised > LARGEST:
        raise ValueError(
            f"{path}: {name!r} has the shape {header.shape}, more than {LARGEST >> 30} GiB: cut it into files."
        )
