"""Which series belong to one sweep, by the numbers, the starting times and the names that a file gives them."""

import re
from collections.abc import Callable

from .series import Series

SAME_TIME = 1e-3  # ms


def matched(voltages: list[Series], currents: list[Series], where: str) -> list[list[Series]]:
    """The currents of the sweep of each voltage.

    By the row of the file's own table, else by sweep number; where sweeps have no numbers by starting time or by the
    last or first number in the names, whichever tells them apart.

    Raises:
        ValueError: if nothing tells them apart, or starting times and names contradict each other.
    """
    tied = [_tied(v, currents) for v in voltages]
    loose = [n for n, found in enumerate(tied) if found is None]
    found = _by_evidence([voltages[n] for n in loose], [c for c in currents if c.row is None], where)
    return [found[loose.index(n)] if known is None else known for n, known in enumerate(tied)]


def numbered(voltages: list[Series]) -> dict[int, Series]:
    """Sweeps by their own numbers if these tell them apart, else by position from 0."""
    numbers = [v.sweep for v in voltages]
    if None in numbers or len(set(numbers)) < len(numbers):
        return dict(enumerate(sorted(voltages, key=lambda v: (v.start, v.row or 0, _natural(v.name)))))
    return dict(sorted(zip(numbers, voltages, strict=True)))  # pyright: ignore[reportReturnType]


def number_in(name: str, place: int) -> int | None:
    """A number in a name: 12 for `sweep_012`."""
    digits = re.findall(r"\d+", name)
    return int(digits[place]) if digits else None


def _tied(voltage: Series, currents: list[Series]) -> list[Series] | None:
    """Those that the file itself ties to a voltage; None if it ties nothing."""
    if voltage.row is not None:
        return [c for c in currents if c.row == voltage.row]
    if voltage.sweep is not None and any(c.sweep is not None for c in currents):
        return [c for c in currents if c.sweep == voltage.sweep]
    return None


def _by_evidence(voltages: list[Series], currents: list[Series], where: str) -> list[list[Series]]:
    ways: dict[str, Callable[[Series], object]] = {
        "starting times": lambda s: round(s.start / SAME_TIME),
        "last numbers of the names": lambda s: number_in(s.name, -1),
        "first numbers of the names": lambda s: number_in(s.name, 0),
    }
    told = {way: pairs for way, key in ways.items() if (pairs := _by_key(voltages, currents, key))}
    _refuse_contradiction(told, voltages, where)
    if told:
        return next(iter(told.values()))
    if len(voltages) <= 1:
        return [list(currents) for _ in voltages]
    raise ValueError(
        f"{where}: nothing tells which of the currents {_names(currents)} belongs to which of the voltages "
        f"{_names(voltages)}: give the series sweep numbers, starting times or one number in their names."
    )


def _refuse_contradiction(told: dict[str, list[list[Series]]], voltages: list[Series], where: str) -> None:
    (one, first), *others = list(told.items()) or [("", [])]
    for other, pairs in others:
        for voltage, these, those in zip(voltages, first, pairs, strict=True):
            if these != those:
                raise ValueError(
                    f"{where}: the {one} put {voltage.name!r} with {_names(these)}, the {other} with {_names(those)}: give "
                    "the series sweep numbers."
                )


def _by_key(
    voltages: list[Series], currents: list[Series], key: Callable[[Series], object]
) -> list[list[Series]] | None:
    """The currents with the key of each voltage, if the keys tell the voltages of one electrode apart."""
    marks = [(v.electrode, key(v)) for v in voltages]
    if not voltages or any(mark is None for _, mark in marks) or len(set(marks)) < len(marks):
        return None
    found = [[c for c in currents if key(c) == key(v)] for v in voltages]
    if any(len({c.electrode for c in some}) < len(some) for some in found):
        return None
    return found if all(found) or (any(found) and len(currents) < len(voltages)) else None


def _names(series: list[Series]) -> str:
    listed = ", ".join(repr(s.name) for s in series[:8])
    return listed + (", ..." if len(series) > 8 else "") if series else "none"


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts sweep_2 before sweep_12."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
