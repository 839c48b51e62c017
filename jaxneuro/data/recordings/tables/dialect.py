"""How the cells of a line of text are told apart, and which of them are numbers."""

import csv
from typing import NamedTuple

import numpy as np

SEPARATORS = ("\t", ";", "|", ",", None)  # in the order of trying; None is any run of blanks
MOST_WORDS = 8  # columns of words beside those of numbers

Line = tuple[int, str]  # its number in the file, from 1


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


def first_numbers(rows: list[Line]) -> tuple[int, Dialect | None]:
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
