"""Importing starts nothing: no backend of jax, and no library that a path in an arena does not need."""

import subprocess
import sys

LIGHT = """
import sys
import numpy as np
import jaxneuro.navigation as nav
nav.square(1.0).move(np.full(2, 0.5), np.full(2, 0.1))
heavy = {"flax", "optax", "diffrax", "equinox", "orbax", "optimistix", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
NO_BACKEND = """
import importlib, pkgutil
import jax, jaxneuro.navigation as nav
for module in pkgutil.walk_packages(nav.__path__, "jaxneuro.navigation."):
    importlib.import_module(module.name)
assert nav.agent.PPO and nav.path_integration.small and {"agent", "path_integration"} <= set(dir(nav))
from jax._src import xla_bridge
assert not xla_bridge._backends, xla_bridge._backends
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 3)
assert jax.device_count() == 3
"""


def run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_square_brings_in_no_learning_library():
    run(LIGHT)


def test_importing_all_of_navigation_starts_no_backend():
    run(NO_BACKEND)
