"""Tables as text in the dialects that programs write: separators, decimal commas, quotes, encodings, Axon text files."""

import csv
import gzip
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...source import existing, reading
from ..quantity import quantity_of
from .dialect import MOST_WORDS, Dialect, Line, first_numbers

COMMENTS = ("#", "%", "//")
LARGEST = 2**31  # bytes of text, unpacked
MOST_PREAMBLE = 1000  # lines before the first numbers
QUOTED_COMMA = re.compile(r'"\s*[+-]?\d*,\d+')


class Table(NamedTuple):
    """A table: names of the columns, numbers (row, column), and what each column was called besides."""

    names: list[str]
    rows: np.ndarray
    signals: list[str]


def read_table(path: Path) -> Table:
    """A table of numbers below a line of names; without such a line the names are "1", "2", ...

    Lines that begin with #, % or // and those before the names are skipped; a second line of names may hold the units.
    If the only line of names is a comment (`numpy.savetxt`), it is taken.

    Raises:
        FileNotFoundError, ValueError: for what is no such table; the message names the line.
    """
    path = existing(path)
    lines = [(n, line) for n, line in enumerate(_text(path).splitlines(), 1) if line.strip()]
    if lines and lines[0][1].split()[0].strip('"') == "ATF":
        return _axon(path, lines)
    rows = [(n, line) for n, line in lines if not line.lstrip().startswith(COMMENTS)]
    first, dialect = first_numbers(rows[:MOST_PREAMBLE])
    if dialect is None:
        return _nothing(path, rows)
    dialect = _with_commas(dialect, rows[first:])
    heads = [line for _, line in rows[:first]] or [line.lstrip(" #%/") for n, line in lines if n < rows[first][0]]
    names = _names(heads, dialect, len(dialect.cells(rows[first][1])))
    return Table(names, _numbers(path, rows[first:], dialect, len(names)), [""] * len(names))


def _text(path: Path) -> str:
    with reading(path, "text"):
        raw = path.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ValueError(f"more than {LARGEST} bytes of text")
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = raw.decode("utf-16")
            if not any(letter in text for letter in "0123456789"):
                raise ValueError("no digit in UTF-16")
            return text
        if b"\0" in raw:
            raise ValueError("zero bytes")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("latin-1")  # the µ of older programs


def _with_commas(dialect: Dialect, rows: list[Line]) -> Dialect:
    """The dialect with decimal commas, if a row has them that the first has not."""
    found = any(QUOTED_COMMA.search(line) if dialect.separator == "," else "," in line for _, line in rows)
    return dialect._replace(comma=dialect.comma or found)


def _nothing(path: Path, rows: list[Line]) -> Table:
    """A table without a row of numbers: its names, as far as they can be told."""
    header = rows[0][1] if rows else ""
    separator = max("\t;,", key=header.count)
    try:
        names = Dialect(separator, False).cells(header)
    except csv.Error as fault:
        raise ValueError(f"{path} cannot be read as text ({fault}): it is no table.") from None
    if len(rows) > 1:
        number, line = rows[1]
        raise ValueError(
            f"{path} holds no row of numbers, such as line {number}: {line.strip()[:80]!r}: write numbers as -70.5, -70,5 or "
            "1e-3, without a separator of thousands."
        )
    return Table(names, np.zeros((0, len(names))), [""] * len(names))


def _names(heads: list[str], dialect: Dialect, width: int) -> list[str]:
    """The names from the last lines before the numbers; a line of nothing but units belongs to the one beside it."""
    if not heads:
        return [str(n + 1) for n in range(width)]
    last, before = (_head(line, dialect) for line in (heads[-1], heads[-2] if len(heads) > 1 else ""))
    for names, units in ((before, _units(last)), (last, _units(before))):
        if 1 < len(units) <= len(names):
            units += [""] * (len(names) - len(units))
            return [f"{name} ({unit})" if unit else name for name, unit in zip(names, units, strict=True)]
    return last


def _units(cells: list[str]) -> list[str]:
    """The units of a line of units, empty where it has none or a dash; nothing, if the line holds anything else."""
    bare = [cell.strip("()[]") for cell in cells]
    units = [unit if quantity_of(unit) else "" for unit in bare]
    return units if any(units) and all(u or b in ("", "-", "#") for u, b in zip(units, bare, strict=True)) else []


def _head(line: str, dialect: Dialect) -> list[str]:
    if dialect.separator is None:
        line = re.sub(r"\s+(?=[(\[/])", "", line)  # `Vm (mV)` is one name
    try:
        return dialect.cells(line)
    except csv.Error:
        return []


def _axon(path: Path, lines: list[Line]) -> Table:
    """An Axon text file: its kind, the numbers of headers and columns, headers, titles, numbers."""
    dialect = Dialect("\t" if "\t" in lines[-1][1] else ",", False)
    with reading(path, "an Axon text file"):
        count = int(lines[1][1].split()[0])
        heads, titles = lines[2 : 2 + count], dialect.cells(lines[2 + count][1])
        if count < 0 or len(heads) < count:
            raise ValueError(f"{count} headers are promised")
        told = next((dialect.cells(line)[1:] for _, line in heads if line.lstrip(' "').startswith("Signals=")), [])
    signals = ["", *told, *[""] * len(titles)][: len(titles)]
    return Table(titles, _numbers(path, lines[3 + count :], dialect, len(titles)), signals)


def _numbers(path: Path, lines: list[Line], dialect: Dialect, width: int) -> np.ndarray:
    rows, words = [], dialect.words(lines[0][1]) if lines else frozenset()
    if len(words) > MOST_WORDS:
        words = frozenset()
    for number, line in lines:
        try:
            row = dialect.numbers(line, words)
        except (ValueError, csv.Error):
            shown = line.strip()[:80]
            raise ValueError(f"{path} line {number}: {shown!r} is not all numbers: correct the line.") from None
        if len(row) != width:
            raise ValueError(
                f"{path} line {number} has {len(row)} values where the header names {width}: is the file cut short?"
            )
        rows.append(row)
    return np.array(rows, np.float64).reshape(-1, width)
