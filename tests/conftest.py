"""Tests run in float64 unless they ask for float32 with `jax.enable_x64(False)`."""

from pathlib import Path

import jax
import pytest

jax.config.update("jax_enable_x64", True)

DATA = Path(__file__).parents[2] / "shared" / "data"


def real_data(folder: str, what: str) -> Path:
    """A folder of real data; whoever needs it skips where it is absent."""
    path = DATA / folder
    if not path.exists():
        pytest.skip(f"{what} are not at {path}")
    return path


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings."""
    return real_data("recordings", "real recordings")


@pytest.fixture(scope="session")
def morphologies() -> Path:
    """Folder of reconstructed neurons."""
    return real_data("morphologies", "reconstructed neurons")


@pytest.fixture(scope="session")
def grasshopper() -> Path:
    """Folder of a grasshopper's sound and the spikes of its receptor."""
    return real_data("grasshopper", "the spikes of a grasshopper's receptor")


@pytest.fixture(scope="session")
def grid_maps() -> Path:
    """Folder of rate maps of real grid cells."""
    return real_data("grid_maps", "rate maps of real grid cells")


@pytest.fixture(scope="session")
def rat_trajectory() -> Path:
    """Folder of the track of a rat."""
    return real_data("rat_trajectory", "the track of a rat")
