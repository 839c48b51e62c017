"""Small potentials and slow variables keep their digits in float32, at any step: float32 beside float64."""

from collections.abc import Callable

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import Leak
from jaxneuro.biophysics.shape import BASAL, Morphology

REST = -65.0
PASSIVE = jn.Cell({"leak": Leak(0.1, REST)})
FINE = {"dt": 0.005, "every": 100}


def both(run: Callable) -> tuple[np.ndarray, np.ndarray]:
    """What a function gives in float32 and in float64."""
    with jax.enable_x64(False):
        single = np.asarray(run())
    assert single.dtype == np.float32
    return single.astype(float), np.asarray(run())


def branching(depth: int, length: float = 300.0) -> Morphology:
    """A binary tree of stretches, each thinner than the one before."""
    points, ends = [(0.0, 0.0, 6.0, -1)], [0]
    for level in range(depth):
        parents, ends = ends, []
        for parent in parents:
            for side in (-1, 1) if level else (1,):
                x, y, radius = points[parent][0], points[parent][1], 1.5 * 0.63**level
                points.append((x, y, radius, parent))
                points.append((x + length, y + side, radius, len(points) - 1))
                ends.append(len(points) - 1)
    x, y, radius, parent = (np.array(column) for column in zip(*points, strict=True))
    position = np.stack([x, y, 0 * x], -1)
    joint = (parent < 0) | np.all(position == position[np.maximum(parent, 0)], axis=-1)
    return Morphology(*map(jnp.asarray, (position, radius, parent, np.full(x.size, BASAL), joint)))


def passive(depth: int = 6, per_section: int = 13, length: float = 300.0) -> jn.Cell:
    cell = jn.cells.from_morphology(branching(depth, length), per_section=per_section)  # 819 compartments
    return cell.insert("leak", Leak(0.1, REST))


def change(cell: jn.Cell, current: float = 0.0012, duration: float = 40.0, **options) -> jax.Array:
    """Of the voltage of the first and the last compartment under a small current into the first (compartment,) [mV]."""
    recording = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(current)), duration=duration, **options)
    return (recording.v[-1] - recording.v[0])[jnp.array([0, -1])]


@pytest.mark.parametrize("dt", [0.1, 0.025, 0.005])
def test_a_small_potential_is_the_same_at_any_step_near_and_far(dt):
    single, double = both(lambda: change(passive(), dt=dt, every=100))
    assert 0.05 < double[0] < 0.2 and 0.003 < double[1] < 0.01
    np.testing.assert_allclose(single, double, rtol=5e-3)


def test_both_ends_of_a_fine_cable():
    for every in (1, 8000):  # many rows, and one long one
        single, double = both(lambda every=every: change(passive(1, 1000, 1000.0), dt=0.005, every=every))
        np.testing.assert_allclose(single, double, rtol=3e-4)


def test_away_from_where_it_began():
    """A potential of 0.05 mV on top of a change of 5 mV."""

    def small():
        cell = passive(3, 4).set("v_init", REST - 5.0)
        run = lambda current: jn.simulate(
            cell, jn.stimuli.inject(jn.stimuli.step(current, start=20.0)), duration=40.0, **FINE
        ).v[-1]
        return (run(0.001) - run(0.0))[jnp.array([0, -1])]

    single, double = both(small)
    np.testing.assert_allclose(single, double, rtol=1e-2, atol=1e-5)


def test_the_other_methods():
    cell, small = passive(3, 4), {"duration": 20.0, **FINE}
    step = lambda cell, **options: change(cell, 0.0003, **small, **options)
    for run in (
        lambda: step(cell, solver=jn.Strang()),
        lambda: step(passive(2, 2), solver=diffrax.Heun()),
        lambda: step(PASSIVE, solver=jn.ExponentialEuler()),
    ):
        single, double = both(run)
        assert np.all(double < 0.3)
        np.testing.assert_allclose(single, double, rtol=5e-3)


@pytest.mark.parametrize(
    ("neuron", "current"),
    [(jn.cells.LIF, 1e-3), (jn.cells.AdEx, 1e-3), (jn.cells.QIF, 1e-3), (jn.cells.Izhikevich, 1e-2)],
)
def test_point_neurons(neuron, current):
    def small():
        run = lambda i: jn.simulate(neuron(), jn.stimuli.step(i), duration=20.0, **FINE).v[-1]
        return run(current) - run(0.0)

    single, double = both(small)
    assert 0 < double < 0.05
    np.testing.assert_allclose(single, double, rtol=1e-2)


def test_gates_that_a_small_potential_moves_a_little():
    """The area under it, which gates make almost none, is made of their small changes."""

    def small():
        cell, pulse = jn.cells.hodgkin_huxley(), jn.stimuli.step(0.5, start=5.0, duration=0.5)
        run = lambda stimulus: jn.simulate(cell, stimulus, duration=40.0, dt=0.005, every=20).v[:, 0]
        v = run(pulse) - run(0.0 * pulse)
        return jnp.stack([v.max(), v.mean()])

    single, double = both(small)
    np.testing.assert_allclose(single, double, rtol=1e-2)


def test_a_concentration_that_changes_slowly():
    """Sodium in a cell of 10 mM, by 1e-7 mM a step."""
    pool = jn.IonPool(10.0, 5000.0, 10.0, 145.0)

    class Influx(jn.Channel):
        ion = "na"

        def current(self, v, gates, env):
            return -0.4 + 0.0 * v

    def rise():
        cell = jn.Cell({"influx": Influx(), "leak": Leak(10.0, REST)}, {"na": pool})
        sodium = jn.simulate(cell, duration=40.0, record="na", initial=cell.initial(), **FINE)["na"]
        return sodium[-1] - sodium[0]

    single, double = both(rise)
    np.testing.assert_allclose(single, double, rtol=1e-2)


def synaptic(weight: jax.Array, dt: float = 0.005) -> jax.Array:
    """A potential of 0.1 mV by a synapse on a dendrite, at the soma (time,) [mV]."""
    network = jn.Network(
        {"input": jn.spike_trains([2.0]), "cells": jn.Population(passive(2, 4), 1)},
        {"synapse": jn.Projection("input", "cells", jn.synapses.AMPA(), jn.connect.edges([0], [0], 1, 1, compartment=9),
                                  weight, 1.0, max_delay=2.0)},
    )  # fmt: skip
    return jn.simulate(network, duration=30.0, dt=dt, every=100, record="cells.v")["cells.v"][:, 0, 0] - REST


def test_a_synaptic_potential_in_a_network_and_its_derivative():
    def potential():
        v, slope = jax.jvp(synaptic, (jnp.asarray(4e-5),), (jnp.asarray(4e-5),))
        return jnp.stack([v.max(), v.mean(), slope.max(), slope.mean()])

    single, double = both(potential)
    assert 0.02 < double[0] < 0.2
    np.testing.assert_allclose(single, double, rtol=1e-2)


def test_gradients_of_populations():
    """Of the area under a small potential by the leak of each of two trees."""

    def slopes():
        cell = passive(3, 4)
        area = lambda g: jnp.mean(jn.simulate(cell.set("leak.g_max", g), jn.stimuli.inject(jn.stimuli.step(0.001)),
                                              duration=20.0, **FINE).v[:, -1] - REST)  # fmt: skip
        return jax.vmap(jax.grad(area))(jnp.array([0.1, 0.12]))

    single, double = both(slopes)
    np.testing.assert_allclose(single, double, rtol=1e-2)


def test_a_run_goes_on_where_another_ended():
    def halves():
        cell, stimulus, options = passive(3, 4), jn.stimuli.inject(jn.stimuli.step(0.001)), {"duration": 10.0, **FINE}
        first = jn.simulate(cell, stimulus, **options)
        second = jn.simulate(cell, stimulus, initial=first.final, **options)
        return (second.v[-1] - first.v[0])[jnp.array([0, -1])]

    single, double = both(halves)
    np.testing.assert_allclose(single, double, rtol=5e-3)
