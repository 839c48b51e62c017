"""Tests run in float64 unless they ask for float32 with `jax.enable_x64(False)`."""

from pathlib import Path

import jax
import pytest

jax.config.update("jax_enable_x64", True)

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings; tests that need it skip where it is absent."""
    folder = DATA / "recordings"
    if not folder.exists():
        pytest.skip(f"real recordings are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def morphologies() -> Path:
    """Folder of reconstructed neurons; tests that need it skip where it is absent."""
    folder = DATA / "morphologies"
    if not folder.exists():
        pytest.skip(f"reconstructed neurons are not at {folder}")
    return folder
