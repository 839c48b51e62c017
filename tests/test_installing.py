"""The built wheel in other environments: a Colab runtime keeps what it has, and a notebook's first cell fills an empty one."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COLAB = ROOT / "constraints" / "colab.txt"

pytestmark = pytest.mark.slow  # each fills an environment from the index


def run(*command: object, **options) -> str:
    """What a command prints; a failing one fails the test with its last lines."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def python() -> Iterator[Path]:
    """Python of a new, empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        yield Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"


def plain(name: str) -> str:
    """A distribution's name as every tool writes it."""
    return name.lower().replace("_", "-")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    return next(folder.glob("jaxneuro-*.whl"))


def test_a_colab_runtime_stays_as_it_is_and_so_keeps_its_gpu(wheel, python):
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-r", COLAB)
    asked = ("install", "-q", "--dry-run", "--report", "-", f"{wheel}[files,plot]")
    report = json.loads(run(python, "-m", "pip", *asked))
    there = {plain(line.split("==")[0]) for line in COLAB.read_text().splitlines() if "==" in line}
    coming = {plain(one["metadata"]["name"]) for one in report["install"]}
    assert "jaxneuro" in coming and not coming & there


def test_the_first_cell_and_the_first_example_run_in_an_empty_environment(wheel, python, tmp_path):
    run(python, "-m", "pip", "install", "-q", "ipython")
    notebook = json.loads((ROOT / "notebooks" / "01_first_spike.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    script = tmp_path / "first.ipy"
    script.write_text("\n\n".join([*code[:4], "print(jn.__file__)"]), encoding="utf-8")
    alone = {**os.environ, "PYTHONPATH": "", "PIP_FIND_LINKS": str(wheel.parent), "MPLBACKEND": "Agg"}
    printed = run(python, "-m", "IPython", script, cwd=tmp_path, env=alone)
    assert Path(printed.split()[-1]).is_relative_to(python.parents[1])
