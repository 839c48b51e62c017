"""Tests and benchmarks take names from rooms, so that files can move: from an `__init__`, or a room that is a single file."""

import ast
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FILES = sorted(file for folder in ("tests", "benchmarks") for file in (ROOT / folder).rglob("*.py"))

STEPS = "the steps of what a room does are tested one by one; users meet the whole"
BELOW = {  # files that names are taken from, and why no room gives them
    **dict.fromkeys(["fitting/residuals", "fitting/starts", "fitting/shared", "fitting/rates"], STEPS),
    **dict.fromkeys(["navigation/agent/run", "navigation/agent/train", "navigation/agent/motor"], STEPS),
    **dict.fromkeys(
        ["spiking/loops", "spiking/neurons/kernels", "spiking/rules/learning", "spiking/rules/eligibility"], STEPS
    ),
    **dict.fromkeys(["data/matlab", "data/source", "spiking/training/endings", "spiking/neurons/base"], STEPS),
    **dict.fromkeys(["solve/leapfrog", "solve/method", "files/whole", "machine/memory"], STEPS),
    **dict.fromkeys(["navigation/environments/contract", "navigation/environments/layouts"], STEPS),
    **dict.fromkeys(["navigation/scores/lattice", "navigation/agent/pose", "navigation/codes/grid"], STEPS),
    "navigation/path_integration/training": "its constants are made small for a test",
    "biophysics/published/cortical": "its tables of bounds are not of a catalogue",
    "data/hh1952": "a published table",
}


def single_rooms() -> set[str]:
    """Rooms that users reach by name and that are one file: of the top, with `__all__`, or of names only; and the command."""
    top = {file.stem for file in (ROOT / "jaxneuro").glob("*.py")}
    named = {file.relative_to(ROOT / "jaxneuro").with_suffix("").as_posix() for file in (ROOT / "jaxneuro").rglob("*.py")
             if "\n__all__" in file.read_text()}  # fmt: skip
    return top | named | {"biophysics/cells", "biophysics/channels"}


def files_named(file: Path) -> Iterator[str]:
    """Files of the package that names are taken from, without the ending."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "jaxneuro":
            source = ROOT.joinpath(*str(node.module).split("."))
            for path in (source, *(source / alias.name for alias in node.names if not given(source, alias.name))):
                if path.with_suffix(".py").exists():
                    yield path.relative_to(ROOT / "jaxneuro").as_posix()


def given(room: Path, name: str) -> bool:
    """Whether the `__init__` of a room gives a name."""
    face = room / "__init__.py"
    nodes = ast.walk(ast.parse(face.read_text())) if face.exists() else ()
    return any(alias.asname == name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)


def test_names_are_taken_from_rooms():
    rooms = single_rooms() | set(BELOW)
    below = {file: {name for name in files_named(file) if not name.startswith("cli/")} - rooms for file in FILES}
    assert not {file.name: names for file, names in below.items() if names}


def test_no_exception_is_left_over():
    assert set(BELOW) <= {name for file in FILES for name in files_named(file)}
