"""What a user meets by name: one name means one thing, and no room shows what it only works with."""

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import jaxneuro

PACKAGE = Path(str(jaxneuro.__file__)).parent
TO_NAME = re.compile(
    r"(Of|With|By|From|To|For|In|On|Per|As|After|Before|Among|Between|Until|Without|That|Than|Under)\b"
)
EQUATIONS = "the same equations, as a model of its own and as a population of a trainable network"
TO_DRAW = "a figure has the name of what it shows"
MAKES = "the function makes one, or is what the class holds"
LEARNED = "what learns is trained, run and judged by the same words, whatever it learns"

SAME = {  # names of several things that are one idea
    "LIF": EQUATIONS,
    "QIF": EQUATIONS,
    "Izhikevich": EQUATIONS,
    "train": LEARNED,
    "run": LEARNED,
    "evaluate": LEARNED,
    "begin": "the state before the first step: of an episode, of a training",
    "losses": "what a fit and what a training of spiking networks minimise",
    "van_rossum": "the distance, and the loss that it is of a simulation and its target",
    "ornstein_uhlenbeck": "the process: of a current, and of an animal's speed and turns",
}
BUT_FOR_CASE = {  # names in lower case of several things
    "agent": "the class is in the room of that name",
    "answer": MAKES,
    "arena": TO_DRAW,
    "attractor": MAKES,
    "banino": "what one paper does: how it scores grids, and how it trains",
    "box": "of parameters in a fit; the class is gymnasium's space",
    "energy": MAKES,
    "gradcheck": MAKES,
    "lattice": MAKES,
    "match": MAKES,
    "morphology": TO_DRAW,
    "nernst": "the current and the potential that drives it",
    "network": "the function makes the network of a path integrator",
    "operations": MAKES,
    "scores": "the class is what a spiking network reaches; the room has the measures of codes for space",
    "statistics": MAKES,
    "trajectory": TO_DRAW,
}


def exported(room: ModuleType) -> list[str]:
    """Names that a room gives: of `__all__`, imported as themselves, or defined in a room that is a single file."""
    if hasattr(room, "__all__"):
        return list(room.__all__)
    tree = ast.parse(Path(str(room.__file__)).read_text())
    names = {a.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    if Path(str(room.__file__)).stem != "__init__":
        names |= set(_defined(tree))
    return sorted(name for name in names if name and not name.startswith("_"))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


@functools.cache
def rooms() -> dict[str, ModuleType]:
    """All rooms that are reached by names from the top."""
    found, ahead = {}, [jaxneuro]
    while ahead:
        room = ahead.pop()
        if room.__name__ not in found:
            found[room.__name__] = room
            ahead += [x for name in exported(room) if isinstance(x := getattr(room, name), ModuleType)]
    return found


def things() -> dict[str, dict[int, Any]]:
    """By name the different things that have it."""
    named: dict[str, dict[int, Any]] = defaultdict(dict)
    for room in rooms().values():
        for name in exported(room):
            thing = getattr(room, name)
            named[name][id(thing)] = thing
    return named


def test_one_name_means_one_thing():
    several = {name for name, these in things().items() if len(these) > 1}
    assert several == set(SAME)


def test_names_differ_by_more_than_case():
    spellings = defaultdict(set)
    for name in things():
        spellings[name.lower()].add(name)
    assert {low for low, names in spellings.items() if len(names) > 1} == set(BUT_FOR_CASE)


@pytest.mark.parametrize("room", sorted(rooms()))
def test_a_room_shows_what_it_gives_beside_its_files(room: str):
    shown = {name for name in dir(rooms()[room]) if not name.startswith("_")}
    files = {
        name
        for name in shown
        if isinstance(x := getattr(rooms()[room], name), ModuleType) and x.__name__ == f"{room}.{name}"
    }
    hook = {"jaxtyping"}  # what checks shapes imports it into the files that it checks
    assert shown - files - hook == set(exported(rooms()[room])) - files


def test_a_docstring_reads_without_the_name_above_it():
    nodes = [(file.name, node) for file in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    texts = {(file, node.name): ast.get_docstring(node) for file, node in nodes
             if isinstance(node, ast.FunctionDef | ast.ClassDef)}  # fmt: skip
    assert not [name for name, text in texts.items() if TO_NAME.match(text or "")]
