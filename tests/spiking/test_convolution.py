"""Connections whose weights are shared: the same network as with all weights written out, at a fraction of the numbers."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking import Connection, Convolution, Events, FixedStep, LeakyIntegrator, Pool, SpikingNetwork

LAYOUTS = {
    "plain": (Convolution((2, 5, 4), padding=1), (3, 2, 3, 3)),
    "strided, dilated, grouped": (Convolution((2, 7, 6), (2, 1), (1, 2), (1, 2), 2), (4, 1, 3, 2)),
    "between pools": (Convolution((2, 8, 8), padding="same", before=(Pool(2),), after=(Pool((2, 1), mean=True),)), (2, 2, 3, 3)),
    "of a line": (Convolution((2, 9), 2, dilation=2, before=(Pool(1, padding=1),)), (3, 2, 3)),
}  # fmt: skip


def by_hand(layout: Convolution, kernel: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """The definition, with loops: the sum over the kernel, at each place, of what lies under it."""
    axes = maps.ndim - 1
    sides = lambda value: np.broadcast_to(np.ravel(value), (axes,))

    def windows(maps: np.ndarray, window, stride, padding, dilation=1) -> np.ndarray:
        window, stride, dilation, padding = map(sides, (window, stride, dilation, padding))
        maps = np.pad(maps, [(0, 0), *((p, p) for p in padding)])
        reach = (window - 1) * dilation + 1
        view = np.lib.stride_tricks.sliding_window_view(maps, reach, tuple(range(1, axes + 1)))
        places = (slice(None), *(slice(None, None, s) for s in stride), *(slice(None, None, d) for d in dilation))
        return view[places]

    def pooled(maps: np.ndarray, pool: Pool) -> np.ndarray:
        seen = windows(maps, pool.window, pool.window if pool.stride is None else pool.stride, pool.padding)
        over = tuple(range(-axes, 0))
        return seen.mean(over) if pool.mean else seen.sum(over)

    for pool in layout.before:
        maps = pooled(maps, pool)
    padding = (np.array(kernel.shape[2:]) - 1) // 2 if layout.padding == "same" else layout.padding
    seen = windows(maps, kernel.shape[2:], layout.stride, padding, layout.dilation)
    inner, outer = kernel.shape[1], kernel.shape[0] // layout.groups
    sum_under = {1: "cxk,ock->ox", 2: "cxykl,ockl->oxy"}[axes]
    groups = range(layout.groups)
    parts = [np.einsum(sum_under, seen[g * inner :][:inner], kernel[g * outer :][:outer]) for g in groups]
    maps = np.concatenate(parts)
    for pool in layout.after:
        maps = pooled(maps, pool)
    return maps


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_convolution_is_the_sum_under_its_kernel(kind: str):
    layout, shape = LAYOUTS[kind]
    rng = np.random.default_rng(0)
    kernel, maps = rng.normal(size=shape), rng.normal(size=layout.shape)
    expected = by_hand(layout, kernel, maps)
    assert layout.maps(kernel) == expected.shape
    np.testing.assert_allclose(layout(kernel, jnp.ravel(maps)), expected.ravel(), rtol=1e-12)
    dense = Connection("a", "b", kernel, layout=layout).dense()
    np.testing.assert_allclose(maps.ravel() @ dense.weight, expected.ravel(), rtol=1e-12)


def convolved(delay=0.0) -> SpikingNetwork:
    """Maps 4 × 4 in two channels, three maps 2 × 2 of spiking neurons, and a readout."""
    layout = Convolution((2, 4, 4), 2, 1, before=(Pool(1),))
    kernel = 20.0 * jax.random.normal(jax.random.key(0), (3, 2, 3, 3)) + 5.0
    connections = {
        "maps": Connection("input", "maps", kernel, delay, layout=layout),
        "out": Connection("maps", "out", jax.random.normal(jax.random.key(1), (12, 2))),
    }
    return SpikingNetwork(32, {"maps": spiking.CurrentLIF(12), "out": LeakyIntegrator(2)}, connections, "out")


ROWS = (jax.random.uniform(jax.random.key(2), (20, 32)) < 0.1).astype(float)


@pytest.mark.parametrize("shape", [(), (1, 12)])
def test_a_fixed_step_convolves_as_if_all_weights_were_written_out(shape: tuple):
    network = convolved(0.5 + jnp.arange(float(np.prod(shape))).reshape(shape) / 16)

    def loss(network: SpikingNetwork) -> jax.Array:
        got = spiking.run(network, ROWS, duration=20.0, engine=FixedStep(1.0), record=("out",))
        return jnp.sum(got.voltage["out"] ** 2) + jnp.sum(got.trains["maps"])

    both = [jax.value_and_grad(f)(network) for f in (loss, lambda n: loss(n.dense()))]
    chex.assert_trees_all_close(*both, rtol=1e-9, atol=1e-11)
    assert both[0][1].get("connections.maps.weight").shape == (3, 2, 3, 3) and jnp.any(
        both[0][1].get("connections.maps.weight")
    )


def test_exact_events_write_it_out_and_give_the_gradient_of_the_kernel():
    times = jn.spike_trains(*([float(k % 7) + 1.0] for k in range(32)))

    def loss(network: SpikingNetwork) -> jax.Array:
        got = spiking.run(network, times, duration=20.0, engine=Events(8), record=("out",))
        return jnp.sum(got.voltage["out"] ** 2)

    kernel, direction = convolved().get("connections.maps.weight"), jnp.cos(jnp.arange(54.0)).reshape(3, 2, 3, 3)
    along = jax.jit(lambda e: loss(convolved().set("connections.maps.weight", kernel + e * direction)))
    slope = jax.jvp(along, (0.0,), (1.0,))[1]
    assert abs(slope - (along(1e-5) - along(-1e-5)) / 2e-5) < 1e-5 * abs(slope) and slope != 0


def test_what_does_not_fit_is_refused():
    network = convolved()
    maps = network.connections["maps"]
    small = network.replace(populations=network.populations | {"maps": spiking.CurrentLIF(11)})
    large = Convolution((1, 300, 300), padding=1)
    huge = SpikingNetwork(
        90000,
        {"out": LeakyIntegrator(90000)},
        {"c": Connection("input", "out", jnp.ones((1, 1, 3, 3)), layout=large)},
        "out",
    )
    for wrong, message in [
        (small, r"its convolution is from and to \(32, 12\), but 'input' has 32 and 'maps' has 11"),
        (network.set("connections.maps.weight", jnp.ones((3, 1, 3, 3))), r"a kernel of shape \(3, 1, 3, 3\) over maps"),
        (network.replace(connections=network.connections | {"maps": maps.replace(delay=jnp.ones((32, 12)), max_delay=1.0)}),
         "delays of single synapses in a convolution"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            wrong.check()
    with pytest.raises(ValueError, match="written out, the convolution has 8100000000 weights"):
        spiking.run(huge, jn.spike_trains(*[[]] * 90000), duration=1.0, engine=Events())
