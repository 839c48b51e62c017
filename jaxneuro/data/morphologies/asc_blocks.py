"""Text of a Neurolucida ASC file to nested blocks. Nothing is interpreted here but brackets, strings and comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(r';[^\n]*|"[^"\n]*"|[()<>|"\n]|[^\s()<>|;",]+')
FARTHEST = 1e9  # µm, a kilometre
CLOSING = {"(": ")", "<": ">"}


@dataclass
class Block:
    """What stands between two brackets: words, bars and blocks, in order; and the line where it opens."""

    line: int
    items: list["str | Block"] = field(default_factory=list)

    @property
    def blocks(self) -> list["Block"]:
        return [item for item in self.items if isinstance(item, Block)]

    @property
    def is_point(self) -> bool:
        """Whether it begins with a number, as (x y z diameter) does."""
        return bool(self.items) and isinstance(self.items[0], str) and _is_number(self.items[0])

    @property
    def is_branches(self) -> bool:
        """Whether it begins with a block or a bar, as a split does; properties and markers begin with a word."""
        return bool(self.items) and (isinstance(self.items[0], Block) or self.items[0] == "|")


def asc_blocks(path: Path) -> list[Block]:
    """The outermost blocks of a file, spines < > left out."""
    opened, inside, spines = [Block(0)], [("", 0)], 0
    for line, token in _tokens(path):
        kind, since = inside[-1]
        in_spine = spines > 0
        if token in "(<":
            inside.append((token, line))
            spines += token == "<"
            if token == "(" and not in_spine:
                block = Block(line)
                opened[-1].items.append(block)
                opened.append(block)
        elif token in ")>":
            if CLOSING.get(kind) != token:
                what = f"the {kind} of line {since} is open" if kind else "nothing is open"
                raise ValueError(f"{path} line {line}: {token} closes nothing, as {what}: brackets must pair.")
            inside.pop()
            spines -= token == ">"
            if not in_spine:
                opened.pop()
        elif not in_spine:
            opened[-1].items.append(token)
    if len(inside) > 1:
        kind, line = inside[-1]
        raise ValueError(f"{path} line {line}: the {kind} that opens here is never closed: is the file cut short?")
    return opened[0].blocks


def point(path: Path, block: Block) -> list[float]:
    """x, y, z and diameter [µm] of a point; a diameter that is missing is 0, and what follows is ignored."""
    cells = [item if isinstance(item, str) else "(...)" for item in block.items]
    if len(cells) < 3 or not all(map(_is_number, cells[:3])):
        raise ValueError(
            f"{path} line {block.line}: ({' '.join(cells)[:80]}) is not a point, (x y z diameter): correct its numbers."
        )
    diameter = cells[3] if len(cells) > 3 and _is_number(cells[3]) else "0"
    numbers = [float(cell) for cell in (*cells[:3], diameter)]
    if numbers[3] < 0 or not all(abs(x) <= FARTHEST for x in numbers):
        raise ValueError(
            f"{path} line {block.line}: {numbers} must be finite, within {FARTHEST:g} µm, with a diameter that is not "
            "negative: correct the point."
        )
    return numbers


def _tokens(path: Path) -> Iterator[tuple[int, str]]:
    line = 1
    for token in TOKEN.findall(path.read_text("utf-8-sig", errors="replace")):
        if token == '"':
            raise ValueError(f"{path} line {line}: a string that opens here is not closed in its line: add the quote.")
        if token == "\n":
            line += 1
        elif token[0] != ";":
            yield line, token


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
