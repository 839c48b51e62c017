"""A population placed on several devices: the same call, the same numbers, and the result stays where its cells are."""

import os
import subprocess
import sys

PROGRAM = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
import jaxneuro as jn

devices = np.array(jax.devices())
assert devices.size == 8, devices
placed = NamedSharding(Mesh(devices, ("cell",)), PartitionSpec("cell"))
stimulus = jn.stimuli.step(10.0, start=1.0)

def population(g_max):
    return jax.vmap(lambda g: jn.cells.hodgkin_huxley().set("na.g_max", g))(g_max)

def simulate(cells):
    return jax.vmap(lambda cell: jn.simulate(cell, stimulus, duration=10.0))(cells)

def loss(cells):
    return jnp.mean(simulate(cells).v ** 2)

g_max = jnp.linspace(80.0, 160.0, 64)
cells = population(g_max)
here = simulate(cells)
there = simulate(jax.tree.map(lambda x: jax.device_put(x, placed), cells))
assert len(there.v.sharding.device_set) == 8, there.v.sharding
assert {s.data.shape for s in there.v.addressable_shards} == {(8, 401, 1)}
np.testing.assert_allclose(there.v, here.v, rtol=1e-5, atol=1e-3)

jitted = jax.jit(jax.grad(lambda g: loss(population(g))))
gradient = jitted(jax.device_put(g_max, placed))
assert len(gradient.sharding.device_set) == 8 and not gradient.sharding.is_fully_replicated, gradient.sharding
np.testing.assert_allclose(gradient, jitted(g_max), rtol=1e-3, atol=1e-5)

# cells do not talk to each other, so the devices must not either
text = jax.jit(simulate).lower(jax.tree.map(lambda x: jax.device_put(x, placed), cells)).compile().as_text()
for collective in ("all-gather", "all-reduce", "all-to-all", "collective-permute"):
    assert collective not in text, collective
"""


def test_population_on_eight_devices():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
