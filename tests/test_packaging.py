"""What the package says of itself: it requires what it imports and no more, and its lower bounds are tested."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import jaxneuro as jn

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OPTIONAL = {"files", "plot", "nir", "gymnasium"}  # what parts of the package need
BY_NAME = {"import_module", "optional"}  # functions that import what a string names


def distribution(requirement: str) -> str:
    """Name of what a requirement asks for."""
    return re.split(r"[\[<>=!]", requirement)[0]


def imported(file: Path) -> set[str]:
    """Top-level names that a file imports from outside the package, by a statement or by a string."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(module)), *_]
            ):
                found |= {module} & ({module} if name in BY_NAME else set())
    return {name.split(".")[0] for name in found} - sys.stdlib_module_names - {"jaxneuro"}


def test_the_package_requires_what_it_imports_and_no_more():
    files = Path(jn.__file__).parent.rglob("*.py")
    names = packages_distributions()
    used = {"-".join(names[name][0].lower().split("_")) for file in files for name in imported(file)}
    required = {distribution(r) for r in PROJECT["dependencies"]}
    required |= {distribution(r) for extra in OPTIONAL for r in EXTRAS[extra]}
    assert used == required - {"jaxlib", "lineax"}  # named for their releases, imported by jax and diffrax


def test_the_lowest_versions_that_are_promised_are_those_that_are_tested():
    requirements = [*PROJECT["dependencies"], *(r for extra in OPTIONAL for r in EXTRAS[extra])]
    requirements += [r for r in EXTRAS["dev"] if r.startswith("chex")]
    promised = {r.split(",")[0].replace(">=", "==") for r in requirements if ">=" in r}
    assert promised == set((ROOT / "constraints" / "floor.txt").read_text().split())


def test_every_python_that_is_named_is_in_the_workflow():
    named = {c.split(" :: ")[-1] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+", c)}
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert named == set(re.findall(r'"(3\.\d+)"', workflow))
    assert PROJECT["version"] == jn.__version__
    assert f"## {jn.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
