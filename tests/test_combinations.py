"""Every model under every stimulus, by every method, within every transformation: as alone, or with a word on why not."""

import itertools
from functools import lru_cache

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.shape import BASAL, Morphology

RUN = dict(duration=0.4, dt=0.05)  # ms: eight steps
AT = 1.1  # the factor on a parameter at which all is compared


def tree() -> jn.Cell:
    """Three compartments with one gate."""
    points, joint = jnp.array([[0.0, 0, 0], [300, 0, 0]]), jnp.array([True, False])
    line = Morphology(points, jnp.array([1.0, 0.5]), jnp.array([-1, 0]), jnp.full(2, BASAL), joint)
    cell = jn.cells.from_morphology(line, per_section=3)
    return cell.insert("k", jn.channels.K()).insert("leak", jn.channels.Leak())


def network() -> jn.Network:
    """Two trees and a source that fires at 0.05 ms; its synapses are on the soma of one and the dendrite of the other."""
    to_soma, to_dendrite = jn.connect.edges([0], [0], 1, 2), jn.connect.edges([0, 0], [0, 1], 1, 2, compartment=[1, 2])
    onto = lambda edges: jn.Projection("given", "cells", jn.synapses.AMPA(), edges, 1e-3, 0.1)
    populations = {"cells": jn.Population(tree(), 2), "given": jn.spike_trains([0.05])}
    return jn.Network(populations, {"soma": onto(to_soma), "dendrite": onto(to_dendrite)})


MODELS = {
    "point": (lambda: jn.cells.LIF(v_init=-60.0), "g_leak"),
    "tree": (tree, "leak.g_max"),
    "network": (network, "cells.leak.g_max"),
}
STIMULI = {
    "none": None,
    "uniform": lambda scale: jn.stimuli.step(scale * 5.0, start=0.1),
    "injected": lambda scale: jn.stimuli.inject(jn.stimuli.step(scale * 0.05, start=0.1), 0),
}
METHODS = {"default": lambda: None, "strang": jn.Strang, "diffrax": diffrax.Heun,
           "bounded": lambda: diffrax.Heun(scan_kind="bounded")}  # fmt: skip


def voltages(case: tuple, factor):
    """All voltages and `ok` of a run, with one parameter and the stimulus times a factor."""
    model, stimulus, method = case
    make, path = MODELS[model]
    made = _made(make)  # who is connected to whom is structure, made before anything is traced
    given = () if STIMULI[stimulus] is None else (STIMULI[stimulus](factor),)
    recording = jn.simulate(made.set(path, made.get(path) * factor), *given, solver=METHODS[method](), **RUN)
    return jnp.stack([jnp.ravel(v) for v in jax.tree.leaves(recording.v)]), recording.ok


@lru_cache
def _made(make):
    return make()


def loss(case: tuple, factor):
    v, ok = voltages(case, factor)
    return jnp.mean(v**2), ok


@lru_cache
def alone(case: tuple) -> tuple:
    """What a case gives without any transformation, and its derivative by central differences."""
    value, ok = loss(case, AT)
    assert bool(ok)
    h = 1e-5
    return value, (loss(case, AT + h)[0] - loss(case, AT - h)[0]) / (2 * h)


def in_a_mesh(case: tuple) -> tuple:
    """Within a mesh; diffrax has a gradient there only without marks, and with loops that it bounds."""
    case, marked = (*case[:2], case[2].replace("diffrax", "bounded")), case[2] != "diffrax"
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("device",))
    place = jax.sharding.PartitionSpec("device")
    of_each = lambda factors: jax.vmap(lambda a: jax.value_and_grad(lambda a: loss(case, a)[0])(a))(factors)
    value, slope = jax.shard_map(of_each, mesh=mesh, in_specs=place, out_specs=place, check_vma=marked)(jnp.array([AT]))
    return value[0], slope[0]


def first(pair: tuple) -> tuple:
    return jax.tree.map(lambda x: x[0], pair)


TRANSFORMATIONS = {
    "jit": lambda case: (jax.jit(lambda a: loss(case, a)[0])(AT), None),
    "grad": lambda case: jax.value_and_grad(lambda a: loss(case, a)[0])(AT),
    "vmap": lambda case: (jax.vmap(lambda a: loss(case, a)[0])(jnp.array([AT, 1.0]))[0], None),
    "jit of grad": lambda case: jax.jit(jax.value_and_grad(lambda a: loss(case, a)[0]))(AT),
    "vmap of grad": lambda case: first(jax.vmap(jax.value_and_grad(lambda a: loss(case, a)[0]))(jnp.array([AT, 1.0]))),
    "shard_map": in_a_mesh,
}
POSSIBLE = [
    case
    for case in itertools.product(MODELS, STIMULI, ("default", "strang", "diffrax"))
    if case[0] != "network" or case[2] == "default"
]
ALL = list(itertools.product(POSSIBLE, TRANSFORMATIONS))


# each once, and each method within each transformation; the whole product takes minutes
SHORT = [
    (case, [*TRANSFORMATIONS][(i // 3 + 2 * (i % 3) + 3 * (case[0] == "network")) % 6])
    for i, case in enumerate(POSSIBLE)
]


def agree(case: tuple, transformation: str):
    expected, expected_slope = alone(case)
    value, slope = TRANSFORMATIONS[transformation](case)
    np.testing.assert_allclose(value, expected, rtol=1e-10)
    if slope is not None:
        np.testing.assert_allclose(slope, expected_slope, rtol=1e-5)


def named(x) -> str:
    return "-".join(x) if isinstance(x, tuple) else x


@pytest.mark.parametrize(("case", "transformation"), SHORT, ids=named)
def test_what_a_run_gives_is_the_same_within_a_transformation(case, transformation):
    agree(case, transformation)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "transformation"), [pair for pair in ALL if pair not in SHORT], ids=named)
def test_what_a_run_gives_is_the_same_within_every_transformation(case, transformation):
    agree(case, transformation)


def test_a_network_may_be_closed_over_or_given():
    given = jax.jit(lambda network: jn.simulate(network, **RUN))(_made(network))
    closed_over = jax.jit(lambda: jn.simulate(_made(network), **RUN))()
    np.testing.assert_allclose(given.v["cells"], closed_over.v["cells"], rtol=1e-12)
    assert given.ok and closed_over.ok and np.ptp(given.v["cells"][-1, :, 1]) > 1e-6  # of the synapse on a dendrite


@pytest.mark.parametrize("method", ["strang", "diffrax"])
def test_a_network_takes_the_default_method_only(method):
    with pytest.raises(ValueError, match="a network runs with the default method only"):
        voltages(("network", "none", method), AT)


@pytest.mark.parametrize("case", POSSIBLE, ids=named)
def test_nothing_is_promoted_without_a_word(case):
    with jax.numpy_dtype_promotion("strict"):
        jax.jit(lambda a: loss(case, a)[0]).lower(AT)


@pytest.mark.slow
@pytest.mark.parametrize("case", POSSIBLE, ids=named)
def test_nothing_is_promoted_without_a_word_in_a_derivative(case):
    with jax.numpy_dtype_promotion("strict"), jax.enable_x64(False):
        jax.jit(jax.grad(lambda a: loss(case, a)[0])).lower(AT)
