"""What is reported of a neuron, against trees whose numbers are known."""

import chex
import jax
import jax.numpy as jnp
import numpy as np

from jaxneuro.biophysics.shape import APICAL, AXON, BASAL, SOMA, Morphology, below, branch_order, morphometry

RADII = jnp.array([5.0, 15.0, 25.0, 30.0])


def tree(parent, position=None, kind=BASAL) -> Morphology:
    """A dendrite of radius 1 on a soma of one point; the first point of the dendrite is joined to it."""
    size = len(parent)
    position = jnp.arange(3.0 * size).reshape(size, 3) if position is None else jnp.array(position, float)
    kinds = jnp.full(size, kind).at[0].set(SOMA)
    return Morphology(position, jnp.ones(size), jnp.array(parent), kinds, jnp.arange(size) < 2)


def binary() -> Morphology:
    """A stem of 10 µm, two branches of 10 µm, four of 10 µm."""
    position = [[0, 0, 0], [0, 0, 0], [0, 10, 0], [-6, 18, 0], [6, 18, 0]]
    position += [[x, 26, z] for x in (-6, 6) for z in (-6, 6)]
    return tree([-1, 0, 1, 2, 2, 3, 3, 4, 4], position)


def padded(morphology: Morphology, more: int) -> Morphology:
    """The same with more points of radius 0, joined to point 0."""
    filled = jax.tree.map(lambda x: jnp.concatenate([x, jnp.zeros_like(x, shape=(more, *x.shape[1:]))]), morphology)
    return filled.replace(joint=filled.joint.at[-more:].set(True), kind=filled.kind.at[-more:].set(BASAL))


def test_a_binary_tree_has_its_known_numbers():
    numbers = morphometry.statistics(binary())
    np.testing.assert_allclose(numbers.length, 70.0)
    np.testing.assert_allclose(numbers.area, 2 * np.pi * 70)
    np.testing.assert_allclose(numbers.volume, np.pi * 70)
    assert (numbers.tips, numbers.branch_points, numbers.max_order) == (4, 3, 2)
    np.testing.assert_allclose([numbers.max_path, numbers.mean_tip_path], 30.0)
    np.testing.assert_allclose(numbers.reach, np.sqrt(36 + 26**2 + 36))
    assert numbers.asymmetry == 0
    np.testing.assert_array_equal(branch_order(binary()), [0, 0, 0, 1, 1, 2, 2, 2, 2])
    np.testing.assert_array_equal(morphometry.sholl(binary(), RADII), [1, 2, 4, 0])
    np.testing.assert_array_equal(below(binary(), jnp.ones(9)), [9, 8, 7, 3, 3, 1, 1, 1, 1])


def test_a_part_is_counted_by_its_kind():
    kind = binary().kind.at[jnp.array([4, 7, 8])].set(APICAL)
    mixed = binary().replace(kind=kind)
    np.testing.assert_allclose(morphometry.statistics(mixed, (APICAL,)).length, 30.0)
    assert morphometry.statistics(mixed, (APICAL,)).tips == 2
    assert morphometry.statistics(mixed, (BASAL,)).branch_points == 2
    assert morphometry.statistics(mixed, (BASAL, APICAL)).tips == 4
    assert morphometry.statistics(mixed, (AXON,)).max_path == 0
    np.testing.assert_array_equal(morphometry.sholl(mixed, RADII, (APICAL,)), [0, 1, 2, 0])


def test_asymmetry_of_small_trees():
    def of(parent):
        return morphometry.statistics(padded(tree(parent), 9 - len(parent))).asymmetry

    np.testing.assert_allclose(of([-1, 0, 1, 1]), 0.0)  # two tips
    np.testing.assert_allclose(of([-1, 0, 1, 1, 2, 2]), 0.5)  # one side branch, then two tips
    np.testing.assert_allclose(of([-1, 0, 1, 1, 2, 2, 4, 4]), 2 / 3)  # two side branches
    np.testing.assert_allclose(of([-1, 0, 1, 1, 1, 2, 2]), 0.0)  # a threefold point is left out
    np.testing.assert_allclose(of([-1, 0, 1]), 0.0)


def test_sholl_counts_what_dips_into_a_sphere_twice():
    passing = tree([-1, 0, 1], [[0, 0, 0], [-20, 5, 0], [20, 5, 0]])
    np.testing.assert_array_equal(morphometry.sholl(passing, jnp.array([4.0, 10.0, 30.0])), [0, 2, 0])


def test_sholl_agrees_with_fine_sampling():
    key = jax.random.key(2)
    position = jnp.cumsum(jax.random.normal(key, (30, 3)) * 10, 0)
    walk = tree([*range(-1, 29)], position - position[0])
    fine = np.linspace(0, 1, 2001)[:, None, None] * np.asarray(walk.position[2:] - walk.position[1:-1])
    distance = np.linalg.norm(fine + np.asarray(walk.position[1:-1]), axis=-1)
    radii = jnp.arange(3.0, 80.0, 7.0)
    expected = [(np.diff(distance < r, axis=0)).sum() for r in np.asarray(radii)]
    np.testing.assert_array_equal(morphometry.sholl(walk, radii), expected)


def test_padding_does_not_count_and_neurons_are_mapped():
    small, chain = binary(), tree([-1, 0, 1, 2, 3])
    stack = jax.tree.map(lambda *x: jnp.stack(x), padded(small, 3), padded(chain, 7))
    mapped = jax.vmap(morphometry.statistics)(stack)
    for i, one in enumerate((small, chain)):
        chex.assert_trees_all_close(jax.tree.map(lambda a, i=i: a[i], mapped), morphometry.statistics(one), rtol=1e-7)
    counts = jax.vmap(morphometry.sholl, (0, None))(stack, RADII)
    np.testing.assert_array_equal(counts[0], morphometry.sholl(small, RADII))


def test_numbers_that_are_continuous_have_gradients():
    @jax.jit
    def score(position):
        numbers = morphometry.statistics(binary().replace(position=position))
        return numbers.length + numbers.mean_tip_path + numbers.reach

    way, h = jax.random.normal(jax.random.key(0), (9, 3)), 1e-6
    position = binary().position.at[5].add(1.0)  # one tip reaches furthest
    slope = jnp.vdot(jax.grad(score)(position), way)
    np.testing.assert_allclose(slope, (score(position + h * way) - score(position - h * way)) / (2 * h), rtol=1e-6)


def test_wiring_ratio_is_one_for_a_ball_a_point():
    radius, points = 3.0, 50
    volume = points * 4 / 3 * np.pi * radius**3
    np.testing.assert_allclose(morphometry.wiring_ratio(points * radius, points, volume), 1.0)
