"""README and guides: examples run, links lead somewhere, commands are one line, the page of measurements is up to date."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest

import jaxneuro as jn
from benchmarks.measured import ROOMS, page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDES = [path for path in PAGES[1:] if path.name != "measured.md"]
LONGEST = 110  # lines of the README: two screens


def examples(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def anchors(text: str) -> set[str]:
    """Names of the headings of a page as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_example_gives_the_numbers_beside_it():
    (example,) = examples(README)
    names: dict = {}
    exec(example, names)
    promised = re.search(r"# ([\d., ]+) ms$", example, re.MULTILINE)
    assert promised is not None
    found = names["rec"].spike_times().times[:3]
    np.testing.assert_allclose(found, [float(x) for x in promised[1].split(",")], atol=2e-3)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_examples_of_a_guide_run(guide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for example in examples(guide.read_text(encoding="utf-8")):
        exec(example, names)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path):
    prose = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path.name}: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{path.name}: {link}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_names_that_are_said_exist(path: Path):
    text = re.sub(r"\]\([^)]*\)", "", path.read_text(encoding="utf-8"))
    rooms = {"jn": jn, "nav": jn.navigation, "spiking": jn.spiking}
    for said in set(re.findall(r"\b((?:jn|nav|spiking)(?:\.[A-Za-z]\w*)+)", text)):
        room, *names = said.split(".")
        functools.reduce(getattr, names, rooms[room])


NO_NAMES_OF_ROOMS = {"key", "length", "radius", "check_env"}  # in the tables too


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_names_after_one_with_its_room_are_of_a_room_in_the_row(path: Path):
    for row in re.findall(r"^\|.*", path.read_text(encoding="utf-8"), re.MULTILINE):
        _, *parts = re.split(r"\b((?:jn|nav|spiking)(?:\.\w+)*)\.[A-Za-z]\w*", row)
        rooms = [eval(room, {"jn": jn, "nav": jn.navigation, "spiking": jn.spiking}) for room in parts[::2]]
        for name in set(re.findall(r"`([A-Za-z_]\w*)(?:\([^`]*\))?`", "".join(parts[1::2]))) - NO_NAMES_OF_ROOMS:
            assert any(hasattr(room, name) for room in rooms), name


def test_every_room_is_on_the_map():
    folders = {path.parent.name for path in (ROOT / "jaxneuro").glob("*/__init__.py")}
    assert not [name for name in folders if f"`{name}/`" not in README]


def test_each_of_the_two_commands_is_one_line():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2 and "jaxneuro fit" in commands[0] and "pytest" in commands[1]


def test_the_readme_is_two_screens():
    assert len(README.splitlines()) <= LONGEST


def test_the_page_of_measurements_is_what_the_command_makes():
    made = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
    assert made == page(), "the results or the prose changed: python benchmarks/measured.py writes the page again"


def test_every_result_is_on_the_page():
    told = {name for sections in ROOMS.values() for section in sections for name in section.results}
    assert told == {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.json")}
