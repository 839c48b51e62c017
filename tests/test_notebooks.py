"""Notebooks begin alike, are checked in as executed, and use public names only."""

import ast
import importlib
import inspect
import json
import re
from pathlib import Path

import jax
import pytest

import jaxneuro as jn

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def sources(path: Path, kind: str) -> list[str]:
    """Of the cells of a kind."""
    return [
        "".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind
    ]


FIRST = sources(NOTEBOOKS[0], "code")[0]


def test_all_begin_with_the_same_cell():
    assert {sources(path, "code")[0] for path in NOTEBOOKS} == {FIRST}


@pytest.mark.parametrize("there", ["installed", "checkout", "wheel", "index"])
def test_the_first_cell_takes_what_is_nearest_and_keeps_jax(there, tmp_path, monkeypatch):
    (here := tmp_path / "notebooks").mkdir()
    near = {"checkout": tmp_path, "wheel": here / "jaxneuro-0.1.0-py3-none-any.whl", "index": "jaxneuro"}
    if there != "index":
        near["wheel"].touch()
    if there == "checkout":
        (tmp_path / "jaxneuro").mkdir()
        (tmp_path / "jaxneuro" / "__init__.py").touch()
    if there != "installed":
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jaxneuro" else name)
    monkeypatch.chdir(here)
    names: dict = {"asked": []}
    exec(re.sub(r"%pip install -q (.*)", r"asked.append(f'\1')", FIRST), names)
    asked = [f'"{near[there]}[files,plot]" jax=={jax.__version__}'] if there in near else []
    assert names["jn"] is jn and names["asked"] == asked


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_says_its_minutes_and_shows_what_its_code_gave(path, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    notebook = importlib.import_module("nbformat").read(path, as_version=4)
    assert re.search(r"Takes about .* minutes?", notebook.cells[0].source.replace("\n", " "))
    assert notebook.metadata["executed"] == importlib.import_module("execute").digest(notebook), "execute.py, again"
    kinds = {kind for cell in notebook.cells for out in cell.get("outputs", []) for kind in out.get("data", {})}
    assert "image/png" in kinds and path.stat().st_size < 300_000


def files(node: ast.AST) -> list[str]:
    """Files of the package, in contrast to rooms, that an import takes something from."""
    if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith("jaxneuro"):
        return []
    room = importlib.import_module(str(node.module))
    taken = [room, *(getattr(room, alias.name) for alias in node.names)]
    return [one.__name__ for one in taken if inspect.ismodule(one) and not hasattr(one, "__path__")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_imports_from_rooms_only(path):
    code = "\n".join(sources(path, "code")[1:])
    assert not [file for node in ast.walk(ast.parse(code)) for file in files(node)]
