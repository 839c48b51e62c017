"""Tables as text in the dialects that programs write: separators, decimal commas, quotes, encodings, Axon text files."""

import csv
import gzip
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .quantity import quantity_of
from .source import existing, reading

SEPARATORS = ("\t", ";", "|", ",", None)  # in the order of trying; None is any run of blanks
COMMENTS = ("#", "%", "//")
LARGEST = 2**31  # bytes of text, unpacked
MOST_PREAMBLE = 1000  # lines before the first numbers
MOST_WORDS = 8  # columns of words beside those of numbers
QUOTED_COMMA = re.compile(r'"\s*[+-]?\d*,\d+')

Line = tuple[int, str]  # its number in the file, from 1


class Table(NamedTuple):
    """A table: names of the columns, numbers (row, column), and what each column was called besides."""

    names: list[str]
    rows: np.ndarray
    signals: list[str]


class Dialect(NamedTuple):
    """How the cells of a row are told apart, and whether decimals follow a comma."""

    separator: str | None
    comma: bool

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without quotes and without empty ones at the end."""
        if self.separator is None:
            cells = line.replace('"', "").split()
        elif '"' in line:
            cells = next(csv.reader([line.strip()], delimiter=self.separator, skipinitialspace=True), [])
        else:
            cells = line.strip("\r\n").split(self.separator)
        cells = [cell.strip() for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def numbers(self, line: str, words: frozenset[int] = frozenset()) -> list[float]:
        """The numbers of a line, NaN in the columns of words.

        Raises:
            ValueError: if another cell is no number.
        """
        return [np.nan if n in words else self._number(cell) for n, cell in enumerate(self.cells(line))]

    def words(self, line: str) -> frozenset[int]:
        """The columns of a line that hold no number."""
        return frozenset(n for n, cell in enumerate(self.cells(line)) if not self._is_number(cell))

    def _number(self, cell: str) -> float:
        if "_" in cell or (self.comma and "." in cell):  # float() takes underscores; commas and points do not mix
            raise ValueError(cell)
        return float(cell.replace(",", ".") if self.comma else cell)

    def _is_number(self, cell: str) -> bool:
        try:
            self._number(cell)
        except ValueError:
            return False
        return True


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
    first, dialect = _first(rows[:MOST_PREAMBLE])
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


def _first(rows: list[Line]) -> tuple[int, Dialect | None]:
    """The first row of numbers and its dialect; if no row is all numbers, the first with time, voltage and current."""
    for most_words in (0, MOST_WORDS):
        for k, (_, line) in enumerate(rows):
            dialect = _dialect(line, most_words)
            if dialect:
                return k, dialect
    return 0, None


def _dialect(line: str, most_words: int) -> Dialect | None:
    """The dialect in which a line is two numbers or more, and three if there are words among them."""
    for separator in SEPARATORS:
        for comma in (False, True) if separator != "," or '"' in line else (False,):
            dialect = Dialect(separator, comma)
            try:
                words, cells = len(dialect.words(line)), len(dialect.cells(line))
            except csv.Error:
                continue
            if words <= most_words and cells - words > (2 if words else 1):
                return dialect
    return None


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
    return Table(names, np.zeros((0, len(names))), [""] * len(names))


def _names(heads: list[str], dialect: Dialect, width: int) -> list[str]:
    """The names from the last lines before the numbers; a line of nothing but units belongs to the one before it."""
    if not heads:
        return [str(n + 1) for n in range(width)]
    names, units = _head(heads[-1], dialect), []
    if len(heads) > 1 and names and all(quantity_of(cell.strip("()[]")) for cell in names):
        names, units = _head(heads[-2], dialect), [cell.strip("()[]") for cell in names]
    if len(names) == len(units):
        return [f"{name} ({unit})" for name, unit in zip(names, units, strict=True)]
    return names


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
