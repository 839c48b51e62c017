"""One array of numbers out of a MATLAB file of level 5 (save -v5, -v6, -v7), whose parts are checked against its size.

Source: The MathWorks, "MAT-File Format", level 5. Other readers follow what a damaged header says out of the file.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .source import existing, reading

HEADER = 128  # bytes before the first part
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
NUMERIC_CLASSES = range(6, 16)  # of double to uint64
COMPLEX = 0x0800
LONGEST_NAME = 1024  # bytes in which a matrix says what it is called
LARGEST = 1 << 26  # bytes of one array


class Part(NamedTuple):
    """What a tag announces: the type of the numbers and their bytes."""

    kind: int
    content: bytes


def read_array(path: str | Path, name: str) -> np.ndarray:
    """An array of a file, float64, in the shape that it has in MATLAB.

    Args:
        path: The file.
        name: Of the variable.

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    path = existing(path)
    with reading(path, f"a MATLAB file (level 5) with an array {name!r} of real numbers"):
        data = path.read_bytes()
        order = {b"IM": "<", b"MI": ">"}[data[126:HEADER]]
        for kind, content in _parts(data[HEADER:], order):
            matrix = _unpacked(content, LONGEST_NAME, order) if kind == COMPRESSED else content
            if kind in (MATRIX, COMPRESSED) and _name(matrix, order) == name:
                return _array(_unpacked(content, LARGEST, order) if kind == COMPRESSED else matrix, order)
        raise KeyError(name)


def _parts(data: bytes, order: str) -> Iterator[Part]:
    """Parts that follow one another; of the last, which may be cut off, what is there."""
    at = 0
    while at + 8 <= len(data):
        first, size = struct.unpack_from(order + "II", data, at)
        if first >> 16:  # a part of four bytes or fewer, in its tag
            yield Part(first & 0xFFFF, data[at + 4 : at + 4 + min(first >> 16, 4)])
            at += 8
        else:
            yield Part(first, data[at + 8 : at + 8 + size])
            at += 8 + size + (0 if first == COMPRESSED else -size % 8)


def _unpacked(packed: bytes, most: int, order: str) -> bytes:
    """The beginning of what a compressed part holds, without the tag of the matrix."""
    content = zlib.decompressobj().decompress(packed, most)
    if struct.unpack_from(order + "I", content)[0] != MATRIX:
        raise ValueError("a compressed part holds no matrix")
    return content[8:]


def _name(matrix: bytes, order: str) -> str:
    parts = _parts(matrix, order)
    return [next(parts) for _ in range(3)][2].content.decode("latin-1")


def _array(matrix: bytes, order: str) -> np.ndarray:
    flags, dimensions, _, numbers = (part for part, _ in zip(_parts(matrix, order), range(4), strict=False))
    (flag,) = struct.unpack_from(order + "I", flags.content)
    if flag & 0xFF not in NUMERIC_CLASSES or flag & COMPLEX:
        raise ValueError("it is no array of real numbers")
    shape = np.frombuffer(dimensions.content, order + "i4").tolist()
    values = np.frombuffer(numbers.content, order + NUMBERS[numbers.kind])
    return values.astype(np.float64).reshape(shape, order="F")
