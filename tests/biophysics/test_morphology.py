"""Geometry of trees of frusta against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxneuro.biophysics.shape import BASAL, SOMA, Morphology, child_count


def fork(radius=(5.0, 5.0, 2.0, 1.0, 1.0)) -> Morphology:
    """A soma of two points, a dendrite joined to it that forks into two of 10 and 20 µm."""
    return Morphology(
        jnp.array([[0.0, 0, 0], [0, 10, 0], [0, 12, 0], [0, 22, 0], [20, 12, 0]]),
        jnp.array(radius), jnp.array([-1, 0, 1, 2, 2]), jnp.array([SOMA, SOMA, BASAL, BASAL, BASAL]),
        jnp.array([True, False, True, False, False]),
    )  # fmt: skip


def test_lengths_areas_and_volumes_are_those_of_frusta():
    tree = fork()
    np.testing.assert_allclose(tree.length, [0, 10, 0, 10, 20])
    cone = np.pi * 3.0 * np.hypot(10.0, 1.0)
    np.testing.assert_allclose(tree.area, [0, 2 * np.pi * 5 * 10, 0, cone, np.pi * 3 * np.hypot(20.0, 1.0)])
    np.testing.assert_allclose(tree.volume[1], np.pi * 25 * 10)
    np.testing.assert_allclose(tree.volume[3], np.pi / 3 * 10 * (4 + 2 + 1))


def test_paths_run_from_the_root_and_skip_joints():
    np.testing.assert_allclose(fork().path_distance, [0, 10, 10, 20, 30])
    np.testing.assert_array_equal(child_count(fork()), [1, 1, 2, 0, 0])


def test_area_is_differentiable_where_points_coincide():
    def total(position, radius):
        return jnp.sum(fork().replace(position=position, radius=radius).area)

    tree = fork()
    same = tree.position.at[3].set(tree.position[2])
    for slope in jax.grad(total, argnums=(0, 1))(same, jnp.ones(5)):
        assert jnp.isfinite(slope).all()
    moved = jax.grad(total)(tree.position, tree.radius)
    h = 1e-6
    for axis in range(3):
        e = jnp.zeros_like(tree.position).at[3, axis].set(h)
        difference = (total(tree.position + e, tree.radius) - total(tree.position - e, tree.radius)) / (2 * h)
        np.testing.assert_allclose(moved[3, axis], difference, atol=1e-6)


def test_padded_trees_are_stacked_and_mapped():
    small = fork()
    padded = jax.tree.map(lambda x: jnp.concatenate([x, jnp.zeros_like(x[:2])]), small)
    padded = padded.replace(joint=padded.joint.at[5:].set(True))
    both = jax.tree.map(lambda *x: jnp.stack(x), padded, padded.replace(radius=2 * padded.radius))
    areas = jax.vmap(lambda m: m.area.sum())(both)
    np.testing.assert_allclose(areas[0], small.area.sum())
