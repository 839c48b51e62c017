"""One Igor binary wave (IBW), versions 1, 2, 3 and 5, as bytes."""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...source import existing, reading

LAYOUTS = {  # version: (bytes of the first header, of the wave header, where in the latter: type, points, step, units, x units)
    1: (8, 110, 0, 42, 48, 34, 38),
    2: (16, 110, 0, 42, 48, 34, 38),
    3: (20, 110, 0, 42, 48, 34, 38),
    5: (64, 320, 16, 12, 84, 148, 152),
}
REAL = {2: "f4", 4: "f8", 8: "i1", 16: "i2", 32: "i4", 72: "u1", 80: "u2", 96: "u4"}  # 1 is complex, 0 is text


class Wave(NamedTuple):
    """A wave: its file, numbers, step, and the units that it declares, empty if none."""

    path: Path
    values: np.ndarray
    step: float
    unit: str
    time_unit: str


def read_wave(path: Path) -> Wave:
    """The numbers of a wave.

    Raises:
        FileNotFoundError, ValueError: for a file that is damaged, and for a wave that is no column of real numbers.

    Source: WaveMetrics, Igor Technical Note 3, Igor Binary Format.
    """
    path = existing(path)
    with reading(path, "an Igor binary wave"):
        content = path.read_bytes()
        order = ">" if content[0] == 0 else "<"  # the version is a small number of two bytes
        (version,) = struct.unpack_from(f"{order}h", content)
        if version not in LAYOUTS:
            raise ValueError(f"version {version}")
        first, second, *places = LAYOUTS[version]
        kind, points, step, unit, time_unit = (first + place for place in places)
        (kind,), (points,) = (
            struct.unpack_from(f"{order}h", content, kind),
            struct.unpack_from(f"{order}i", content, points),
        )
        dimensions = struct.unpack_from(f"{order}4i", content, first + 68)[1:] if version == 5 else ()
        if kind not in REAL or any(n > 1 for n in dimensions):
            raise ValueError(
                f"it holds type {kind} in {sum(n > 0 for n in dimensions) + 1} dimensions, not a row of real numbers"
            )
        dtype = np.dtype(REAL[kind]).newbyteorder(order)
        if points < 0 or first + second + points * dtype.itemsize > len(content):
            raise ValueError(f"{points} numbers are promised")
        values = np.frombuffer(content, dtype, points, first + second).astype(np.float64)
        (step,) = struct.unpack_from(f"{order}d", content, step)
        units = [content[at : at + 4].split(b"\0")[0].decode("latin-1").strip() for at in (unit, time_unit)]
        if version == 5 and not units[0]:
            units[0] = _long_unit(content, order)
    return Wave(path, values, step, *units)


def _long_unit(content: bytes, order: str) -> str:
    """A unit of more than three letters, which lies behind the numbers, the formula and the note."""
    wave, formula, note, size = struct.unpack_from(f"{order}4i", content, 4)
    at = 64 + wave + formula + note
    return content[at : at + max(size, 0)].decode("latin-1").strip("\0 ") if min(wave, formula, note) >= 0 else ""
