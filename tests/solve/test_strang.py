"""Strang splitting: its matrices, the tree solve it stands in for, its gradient, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

import jaxneuro as jn
from jaxneuro.biophysics.shape import BASAL, Morphology
from jaxneuro.solve.linear import diffusion_step

STEP = jn.stimuli.inject(jn.stimuli.step(0.1, start=0.4))


def branched() -> jn.Cell:
    """A stem and two daughters: with a junction."""
    points = jnp.array([[0.0, 0, 0], [60, 0, 0], [60, 50, 0], [100, 0, 0]])
    joint = jnp.arange(4) == 0
    tree = Morphology(points, jnp.array([1.0, 1.0, 0.6, 0.5]), jnp.array([-1, 0, 1, 1]), jnp.full(4, BASAL), joint)
    cell = jn.cells.from_morphology(tree, per_section=2)
    for name, channel in jn.cells.hodgkin_huxley().channels.items():
        cell = cell.insert(name, channel)
    return cell


@pytest.mark.parametrize("double", [True, False])
def test_the_matrices_are_those_of_exact_diffusion(double):
    cell, dt = branched(), 0.025
    exact = np.asarray(cell.cable.rates(cell.nanoampere), float)
    with jax.enable_x64(double):
        change, response = diffusion_step(jnp.asarray(exact), dt)
    np.testing.assert_allclose(change, expm(-dt * exact) - np.eye(6), atol=1e-12 if double else 1e-6)
    np.testing.assert_allclose(change, -exact @ response, atol=1e-12 if double else 1e-5)
    np.testing.assert_allclose(np.asarray(change).sum(axis=1), 0.0, atol=1e-15 if double else 1e-7)


def test_it_converges_to_the_default():
    cell = branched()
    exact = jn.simulate(cell, STEP, duration=4.0, dt=0.001).v[-1]
    steps = np.array([0.04, 0.02, 0.01])
    errors = [
        jnp.abs(jn.simulate(cell, STEP, duration=4.0, dt=dt, solver=jn.Strang()).v[-1] - exact).max() for dt in steps
    ]
    assert 1.8 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 2.3


def test_of_a_single_compartment_it_is_another_second_order_method():
    cell, stimulus = jn.cells.hodgkin_huxley(), jn.stimuli.step(10.0)
    v = [jn.simulate(cell, stimulus, duration=5.0, dt=0.01, solver=s).v[-1, 0] for s in (None, jn.Strang())]
    np.testing.assert_allclose(v[1], v[0], atol=0.02)


def test_gradients_equal_finite_differences_and_a_batch_equals_a_loop():
    cell = branched()

    def loss(x: jax.Array) -> jax.Array:
        changed = cell.set("na.g_max", x[0]).set("resistivity", x[1])
        return jnp.mean(jn.simulate(changed, STEP, duration=3.0, solver=jn.Strang()).v ** 2)

    x, h = jnp.array([120.0, 100.0]), jnp.array([1e-3, 1e-3])
    slope = [(loss(x + h * e) - loss(x - h * e)) / (2 * h[0]) for e in jnp.eye(2)]
    np.testing.assert_allclose(jax.grad(loss)(x), slope, rtol=1e-6)
    both = jnp.array([[110.0, 90.0], [130.0, 200.0]])
    np.testing.assert_allclose(jax.vmap(loss)(both), [loss(x) for x in both], rtol=1e-12)


def test_jumps_within_steps_are_refused():
    with pytest.raises(ValueError, match="equal steps"):
        jn.simulate(branched(), jn.stimuli.step(0.1, start=0.41), duration=2.0, solver=jn.Strang())
