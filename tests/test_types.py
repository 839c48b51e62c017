"""What a type checker in standard mode sees of the package from outside it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYRIGHT = shutil.which("pyright")
SCRIPT = """
import jax
import jaxneuro as jn

cell = jn.cells.adapting()
recording = jn.simulate(cell, jn.stimuli.step(0.1), duration=10.0)
found = jn.fit(cell, recording, free={"na.g_max": (1.0, 500.0)}, key=jax.random.key(0))

reveal_type(jn.simulate)
reveal_type(jn.fit)
reveal_type(jn.Cell)
reveal_type(recording)
reveal_type(recording.v)
reveal_type(found)
reveal_type(jn.fitting.LevenbergMarquardt())
reveal_type(jn.navigation.square(1.0))
reveal_type(jn.spiking.LIF)
reveal_type(jn.compare.van_rossum)
"""
UNKNOWN = re.compile(r'Unknown|-> Any"|is "Any"')


def checked(folder: Path) -> list[dict]:
    (folder / "script.py").write_text(SCRIPT)
    package = str(Path(__file__).parents[1])
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard", "extraPaths": [package]}))
    words = [PYRIGHT, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    said = subprocess.run(words, capture_output=True, text=True, cwd=folder).stdout
    return json.loads(said)["generalDiagnostics"]


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed")
def test_a_type_checker_sees_what_is_met_first(tmp_path: Path):
    said = checked(tmp_path)
    assert not [row["message"] for row in said if row["severity"] == "error"]
    revealed = [row["message"] for row in said if row["severity"] == "information"]
    assert len(revealed) == SCRIPT.count("reveal_type")
    for message in revealed:
        assert not UNKNOWN.search(message), message


def test_the_package_says_that_it_is_typed():
    assert (Path(__file__).parents[1] / "jaxneuro" / "py.typed").exists()
