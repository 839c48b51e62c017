"""Tests run in float64 unless they ask for float32 with `jax.enable_x64(False)`."""

import ctypes
import gc
import os
import resource
from pathlib import Path

import jax
import jaxtyping
import pytest

# Shapes are said in annotations; here, and nowhere else, they are checked: it must be asked for before anything is imported.
SHAPES = ("jaxneuro.simulate", "jaxneuro.solve", "jaxneuro.compare", "jaxneuro.navigation.scores")
jaxtyping.install_import_hook(SHAPES, "only_shapes.check")  # of tests/annotations

jax.config.update("jax_enable_x64", True)
if jax.__version_info__ < (0, 8):  # where it still lies in another room
    from jax.experimental import enable_x64

    jax.enable_x64 = enable_x64
# What the tests wait for is compiling and tracing, so code is compiled fast, not fast code; read when jax starts.
EMITTERS = (
    "--xla_cpu_use_fusion_emitters=false " if jax.__version_info__ < (0, 11) else ""
)  # later versions do not know it
os.environ.setdefault("XLA_FLAGS", f"{EMITTERS}--xla_backend_optimization_level=0")
gc.set_threshold(50_000, 20, 100)  # of the millions of objects that tracing makes, few are garbage in a circle


@pytest.fixture
def unchecked():
    """Shapes are not checked, so that a function itself refuses what it is given."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module", autouse=True)
def forget_what_was_compiled():
    """Every compiled function would be kept, and what is freed not given back: two workers grew to 3 or 4 GB each."""
    yield
    jax.clear_caches()
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of glibc
        trim(0)


def pytest_sessionfinish(session: pytest.Session):
    """What a worker took is told to the controller, which prints it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    del error
    peak = getattr(node, "workeroutput", {}).get("peak")
    if peak:
        print(f"\npeak memory of {node.gateway.id}: {peak / 1024:.0f} MB")


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
