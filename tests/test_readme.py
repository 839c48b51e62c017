"""The README's example runs and prints what it says."""

import re
from pathlib import Path

import numpy as np

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_gives_the_numbers_beside_it():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(example, names)
    promised = re.search(r"# ([\d., ]+) ms$", example, re.MULTILINE)
    assert promised is not None
    found = names["rec"].spike_times().times[:3]
    np.testing.assert_allclose(found, [float(x) for x in promised[1].split(",")], atol=2e-3)


def test_each_of_the_two_commands_is_one_line():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2 and "jaxneuro fit" in commands[0] and "pytest" in commands[1]
