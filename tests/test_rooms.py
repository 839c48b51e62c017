"""Who may import whom: the table of the README's map, held against the imports in the code."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jaxneuro"
FOUNDATION = {
    "pytree", "checks", "units", "memory", "sharding", "arithmetic", "crossings", "recording", "files", "fingerprint",
    "classes", "lazy", "model", "circuit",
}  # fmt: skip
ALLOWED = {  # room: (rooms of jaxneuro that it may import, libraries that it must not)
    **dict.fromkeys(FOUNDATION, (FOUNDATION, {"diffrax", "optax", "flax", "matplotlib"})),
    "biophysics": (FOUNDATION, {"diffrax", "optax", "flax", "equinox", "matplotlib"}),
    "solve": (FOUNDATION, {"optax", "flax", "matplotlib"}),
    "observing": (FOUNDATION, {"diffrax", "optax", "flax", "matplotlib"}),
    "asked": (FOUNDATION | {"biophysics"}, {"diffrax", "optax", "flax", "matplotlib"}),
    "room": (FOUNDATION | {"biophysics", "solve", "observing"}, {"optax", "flax", "matplotlib"}),
    "simulate": (FOUNDATION | {"biophysics", "solve", "asked", "observing", "room"}, {"optax", "flax", "matplotlib"}),
    "cell_file": (FOUNDATION | {"biophysics"}, {"diffrax", "optax", "flax", "matplotlib", "pickle"}),
    "data": (FOUNDATION | {"biophysics"}, {"diffrax", "optax", "flax", "matplotlib", "pickle"}),
    "fit": (FOUNDATION | {"biophysics", "simulate"}, {"flax", "matplotlib"}),
    "spiking": (FOUNDATION | {"biophysics", "solve", "simulate", "fit"}, {"matplotlib", "nir"}),
    "navigation": (FOUNDATION | {"biophysics", "solve", "simulate", "fit", "spiking"}, {"matplotlib", "gymnasium"}),
    "plot": (FOUNDATION | {"biophysics", "simulate", "solve", "fit", "data", "spiking", "navigation"}, {"flax"}),
}


def imports(file: Path) -> set[str]:
    """Dotted names that a file imports, those of the package itself starting with `jaxneuro`."""
    package = ("jaxneuro", *file.relative_to(PACKAGE).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module} if node.module else {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_what_it_may(room: str):
    rooms, forbidden = ALLOWED[room]
    files = [PACKAGE / f"{room}.py"] if (PACKAGE / f"{room}.py").exists() else list((PACKAGE / room).rglob("*.py"))
    assert files
    for file in files:
        for name in imports(file):
            top, _, rest = name.partition(".")
            assert top not in forbidden, f"{file} imports {name}"
            if top == "jaxneuro" and rest:
                assert rest.split(".")[0] in rooms | {room}, f"{file} imports {name}"


def test_every_room_has_a_rule():
    rooms = {path.stem for path in PACKAGE.iterdir() if path.stem not in ("__init__", "__pycache__", "cli", "__main__")}
    assert rooms == set(ALLOWED)
