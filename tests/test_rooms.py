"""Who may import whom: the table of the README's map, held against the imports in the code; and how large a room may be."""

import ast
import functools
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jaxneuro"
GROUND = {
    "pytree", "units", "arithmetic", "crossings", "checks", "batching", "recording", "summary", "lazy", "machine", "files",
    "model", "circuit",
}  # fmt: skip
SIMULATION = GROUND | {"biophysics", "solve", "simulate"}
ALLOWED = {  # room: (rooms of jaxneuro that it may import, libraries that it must not)
    **dict.fromkeys(GROUND, (GROUND, {"diffrax", "optax", "flax", "matplotlib", "pickle"})),
    "compare": (GROUND, {"diffrax", "optax", "flax", "matplotlib"}),
    "biophysics": (GROUND, {"diffrax", "optax", "flax", "equinox", "matplotlib"}),
    "solve": (GROUND, {"optax", "flax", "matplotlib"}),
    "runs": (GROUND | {"biophysics", "solve"}, {"diffrax", "optax", "flax", "matplotlib"}),
    "simulate": (SIMULATION | {"runs"}, {"optax", "flax", "matplotlib"}),
    "data": (GROUND | {"biophysics"}, {"diffrax", "optax", "flax", "matplotlib", "pickle"}),
    "learn": (GROUND, {"diffrax", "flax", "matplotlib", "pickle"}),
    "fitting": (GROUND | {"biophysics", "simulate", "learn", "compare"}, {"flax", "matplotlib"}),
    "spiking": (SIMULATION | {"learn", "compare", "fitting"}, {"matplotlib", "nir"}),
    "navigation": (SIMULATION | {"learn", "compare", "fitting", "spiking"}, {"matplotlib", "gymnasium"}),
    "plot": (SIMULATION | {"compare", "fitting", "data", "spiking", "navigation"}, {"flax"}),
    "cli": (SIMULATION | {"learn", "fitting", "data", "spiking", "navigation", "plot", "__version__"}, set()),
}
BY_PUBLIC_NAMES = {
    "jaxneuro.compare",
    "jaxneuro.learn",
    "jaxneuro.spiking",
}  # others import from the room itself, never from within it
MOST = 12  # files of a room beside its __init__

FILES = sorted(PACKAGE.rglob("*.py"))


def module(file: Path) -> str:
    parts = ("jaxneuro", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(file): file for file in FILES}


def imports(file: Path, nodes: Iterator[ast.AST]) -> Iterator[tuple[str, str]]:
    """Each module that is imported and the name that is taken from it, dotted from `jaxneuro` on where it is the package's."""
    package = ("jaxneuro", *file.relative_to(PACKAGE).parts[:-1])
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:  # a module is taken from a room
                inner = f"{source}.{alias.name}"
                yield (inner, "") if inner in MODULES else (source, alias.name)


def all_imports(file: Path) -> set[str]:
    return {source if source != "jaxneuro" else f"{source}.{name}"
            for source, name in imports(file, ast.walk(ast.parse(file.read_text())))}  # fmt: skip


def rooms() -> dict[str, list[Path]]:
    """The files of each room, and each single file of the top."""
    top = [path for path in PACKAGE.iterdir() if path.stem not in ("__init__", "__pycache__", "__main__", "py")]
    return {path.stem: [path] if path.is_file() else sorted(path.rglob("*.py")) for path in top}


def test_every_room_has_a_rule():
    assert set(rooms()) == set(ALLOWED)


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_what_it_may(room: str):
    may, forbidden = ALLOWED[room]
    for file in rooms()[room]:
        for name in all_imports(file):
            top, _, rest = name.partition(".")
            assert top not in forbidden, f"{file} imports {name}"
            assert top != "jaxneuro" or not rest or rest.split(".")[0] in may | {room}, f"{file} imports {name}"


@pytest.mark.parametrize("room", sorted(BY_PUBLIC_NAMES))
def test_a_room_is_used_by_its_public_names_only(room: str):
    for file in FILES:
        if not f"{module(file)}.".startswith(f"{room}."):
            within = {name for name in all_imports(file) if name.startswith(f"{room}.")}
            assert not within, file


@functools.cache
def doors() -> set[str]:
    """Sub-rooms with names in their `__init__`: others take them from there, so that files can move within."""
    small = {f"jaxneuro.{room}" for room in ("files", "machine", "runs")}
    deep = {
        name
        for name in MODULES
        if name.count(".") > 1 and name.split(".")[1] in ("biophysics", "solve", "data", "learn", "fitting", "spiking")
    }
    return {name for name in small | deep if MODULES[name].stem == "__init__" and "import" in MODULES[name].read_text()}


def test_names_of_a_sub_room_are_taken_from_it_and_not_from_its_files():
    for file in FILES:
        for source, name in imports(file, ast.walk(ast.parse(file.read_text()))):
            door = source.rpartition(".")[0]
            if name and not name.startswith("_") and door in doors() and source not in doors():
                assert f"{module(file)}.".startswith(f"{door}."), (
                    f"{file} imports {name} from {source}, not from {door}"
                )


def test_rooms_are_not_crowded():
    crowded = {str(room): count for room in {file.parent for file in FILES}
               if (count := len([f for f in room.glob("*.py") if f.stem != "__init__"])) > MOST}  # fmt: skip
    assert not crowded


def loaded_with(name: str) -> set[str]:
    """What must be there before a module is: what it imports outside of functions, and the doors on the way to that."""
    file, found = MODULES[name], set()
    tree = ast.parse(file.read_text()).body
    for source, _ in imports(file, (node for node in tree if isinstance(node, ast.Import | ast.ImportFrom))):
        parts = source.split(".")
        found |= {".".join(parts[: n + 1]) for n in range(len(parts))}
    return {other for other in found & set(MODULES) if not f"{name}.".startswith(f"{other}.")}


def test_no_imports_go_round_in_a_circle():
    TopologicalSorter({name: loaded_with(name) for name in MODULES}).prepare()
