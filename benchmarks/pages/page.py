"""A section of the page of measurements, and how numbers are written in it."""

import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple


class Section(NamedTuple):
    """One benchmark on the page.

    Attributes:
        title: Heading.
        prose: What was measured, and what came of it where that is a judgement rather than a number.
        command: What writes the results.
        results: Names of the files in benchmarks/results/.
        tables: Function of the contents of these files, in their order, to Markdown blocks.
        besides: Figures that the files do not hold; the command prints them, or a test does.
    """

    title: str
    prose: str
    command: str
    results: tuple[str, ...]
    tables: Callable[..., list[str]]
    besides: str = ""


def how(report: dict[str, Any]) -> str:
    """What a benchmark says of itself, without where it writes."""
    return re.sub(r" Writes results/\S+\.json\.", "", report["how"])


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [heading, ["---"] * len(heading), *rows])


def number(x: float | None, digits: int = 2) -> str:
    """A number with so many significant digits; nothing for None."""
    if x is None:
        return ""
    if x != 0 and (abs(x) >= 1e6 or abs(x) < 1e-4):
        return f"{x:.{digits - 1}e}"
    places = digits - 1 - int(f"{x:e}".split("e")[1])
    return f"{x:.{max(places, 0)}f}"


def times(x: float | None) -> str:
    """A ratio."""
    return "" if x is None else f"×{x:.1f}"


def spread(values: Sequence[float], form: str = ".0f", scale: float = 1.0) -> str:
    """Mean and standard deviation of seeds."""
    scaled = [scale * x for x in values]
    if len(scaled) < 2:
        return f"{scaled[0]:{form}}"
    return f"{statistics.mean(scaled):{form}} ± {statistics.stdev(scaled):{form}}"


def percent(values: Sequence[float], form: str = ".0f") -> str:
    """Mean of fractions of seeds, in percent."""
    return f"{100 * statistics.mean(values):{form}} %"


def labelled(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows by their label."""
    return {row["label"]: row for row in rows}
