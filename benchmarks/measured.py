"""Write docs/measured.md from benchmarks/results/*.json.

    python benchmarks/measured.py

Numbers come from the files; prose, and what a file does not hold, from benchmarks/pages/.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.case import RESULTS, ROOT
from benchmarks.pages import cells, dendrites, fits, navigation, spiking
from benchmarks.pages.page import Section

PAGE = ROOT / "docs" / "measured.md"
ROOMS = {
    "Cells": cells.SECTIONS,
    "Dendrites and networks of cells": dendrites.SECTIONS,
    "Fits": fits.SECTIONS,
    "Spiking networks": spiking.SECTIONS,
    "Navigation": navigation.SECTIONS,
}
HEAD = """<!-- Made by `python benchmarks/measured.py`: change the results or benchmarks/pages/ and run it again. -->

# Measured

Each section: what was measured, the command, the machine, the numbers of its files in `benchmarks/results/`. The peers come with
`pip install ".[bench]"`; every ratio is the peer's time over ours in the same run, so more than 1 is faster than the peer."""
NAMED = ("python", "jax", "jaxley", "neuron", "brian2", "arbor")


def page() -> str:
    """The whole page."""
    contents = ["\n".join(f"- {room}: {', '.join(map(_link, sections))}" for room, sections in ROOMS.items())]
    blocks = [HEAD, *contents]
    for room, sections in ROOMS.items():
        blocks += [f"## {room}", *(_section(section) for section in sections)]
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> str:
    reports = [json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in section.results]
    machines = list(dict.fromkeys(_machine(report) for report in reports))
    where = f"`{section.command}` · {'; '.join(machines)}"
    besides = [f"Not in the files: {section.besides}"] if section.besides else []
    return "\n\n".join([f"### {section.title}", section.prose, where, *section.tables(*reports), *besides])


def _machine(report: dict[str, Any]) -> str:
    machine = report.get("machine")
    if machine is None:
        return "the file names no machine"
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in NAMED if name in machine["versions"])
    return f"{machine['cpu']}, {machine['cores']} cores, {versions}, {machine['date']}"


def _link(section: Section) -> str:
    anchor = "".join(c for c in section.title.lower().replace(" ", "-") if c.isalnum() or c == "-")
    return f"[{section.title}](#{anchor})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
