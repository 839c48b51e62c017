"""Grown dendrites: the wiring rule against scipy and against its plain definition, tapers against closed forms, whole cells."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree as scipy_tree
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

from jaxneuro.biophysics import growth
from jaxneuro.biophysics.shape import SOMA, Morphology, child_count, is_tip, morphometry, part

POINTS = jax.random.normal(jax.random.key(0), (40, 3)) * 50.0
SMALL = growth.Pyramid(basal_points=20, trunk_points=10, oblique_points=10, tuft_points=15, stems=4)
KEYS = jax.random.split(jax.random.key(5), 4)


@pytest.fixture(scope="module")
def cell() -> Morphology:
    return growth.pyramidal(KEYS[0], SMALL)


@pytest.fixture(scope="module")
def forest() -> Morphology:
    return jax.vmap(growth.pyramidal, (0, None))(KEYS, SMALL)


def wire(points, order, parent) -> float:
    """Total length of a tree."""
    position = np.asarray(points)[order]
    return np.linalg.norm(position[1:] - position[np.asarray(parent)[1:]], axis=-1).sum()


def by_definition(points, balance, limit, roots):
    """The rule with every pair looked at in every step: order and parents in the order of joining."""
    distance = cdist(points, points)
    order, parent, path = list(range(roots)), [-1] * roots, [0.0] * roots
    while len(order) < len(points):
        opens = [i for i in range(len(points)) if i not in order]
        rooms = [n for n in range(len(order)) if parent.count(n) < limit]
        cost = distance[np.ix_(opens, [order[n] for n in rooms])] + balance * np.array([path[n] for n in rooms])
        i, n = np.unravel_index(cost.argmin(), cost.shape)
        path.append(path[rooms[n]] + distance[opens[i], order[rooms[n]]])
        order.append(opens[i])
        parent.append(rooms[n])
    return order, parent


def test_without_balance_it_is_the_euclidean_minimum_spanning_tree():
    expected = scipy_tree(cdist(POINTS, POINTS)).sum()
    np.testing.assert_allclose(wire(POINTS, *growth.minimum_spanning_tree(POINTS, 0.0)), expected)


def test_with_much_balance_it_is_a_star():
    _, parent = growth.minimum_spanning_tree(POINTS, 2.0)
    np.testing.assert_array_equal(parent, [-1] + [0] * 39)


@pytest.mark.parametrize(
    ("balance", "binary", "roots"), [(0.0, True, 1), (0.5, False, 1), (0.5, True, 3), (1.5, True, 1)]
)
def test_the_tree_is_that_of_the_definition(balance, binary, roots):
    order, parent = growth.minimum_spanning_tree(POINTS, balance, roots=roots, binary=binary)
    expected = by_definition(np.asarray(POINTS), balance, 2 if binary else 99, roots)
    np.testing.assert_array_equal(order, expected[0])
    np.testing.assert_array_equal(parent, expected[1])


def test_balance_buys_shorter_ways_with_more_wire():
    def costs(key, balance):
        points = jax.random.normal(key, (40, 3))
        tree = growth.dendrite(points, balance, 1.0, 0.5, binary=False)
        return tree.length.sum(), tree.path_distance.mean()

    keys, balances = jax.random.split(jax.random.key(1), 10), jnp.array([0.0, 0.2, 0.5, 1.0])
    length, path = jax.jit(jax.vmap(jax.vmap(costs, (None, 0)), (0, None)))(keys, balances)
    assert (np.diff(length.mean(0)) > 0).all()
    assert (np.diff(path.mean(0)) < 0).all()


def test_parents_come_first_and_have_two_children_at_most():
    _, parent = growth.minimum_spanning_tree(POINTS, 0.9, binary=True)
    assert (np.asarray(parent) < np.arange(40)).all()
    assert np.bincount(np.asarray(parent)[1:]).max() == 2


def test_padding_comes_last_and_changes_nothing():
    order, parent = growth.minimum_spanning_tree(POINTS, 0.5, binary=True)
    place = jnp.array([i for i in range(50) if i % 5 != 2])
    spread = jnp.full((50, 3), jnp.nan).at[place].set(POINTS)
    tree = growth.dendrite(spread, 0.5, 1.0, 0.3, ~jnp.isnan(spread[:, 0]))
    np.testing.assert_array_equal(tree.position[:40], POINTS[order])
    np.testing.assert_array_equal(tree.parent, [*parent, *[0] * 10])
    assert (tree.radius[:40] >= 0.3).all() and (tree.radius[40:] == 0).all() and tree.joint[40:].all()
    assert jnp.isfinite(tree.position).all()


def test_points_at_infinity_end():
    order, _ = growth.minimum_spanning_tree(POINTS.at[5:9].set(jnp.inf), 0.5, binary=True)
    assert order.shape == (40,)


def test_the_tree_is_the_same_in_single_precision():
    with jax.enable_x64(False):
        single = growth.minimum_spanning_tree(jnp.asarray(np.asarray(POINTS), jnp.float32), 0.5, binary=True)
    for a, b in zip(single, growth.minimum_spanning_tree(POINTS, 0.5, binary=True), strict=True):
        np.testing.assert_array_equal(a, b)


def test_wrong_roots_raise():
    with pytest.raises(ValueError, match="roots = 41"):
        growth.minimum_spanning_tree(POINTS, 0.5, roots=41)


def test_taper_is_a_parabola_on_a_cable_and_a_mean_on_a_fork():
    x = jnp.linspace(0.0, 100.0, 11)
    position = jnp.stack([x, 0 * x, 0 * x], -1)
    cable = Morphology(position, jnp.ones(11), jnp.arange(11) - 1, jnp.zeros(11, int), jnp.arange(11) == 0)
    np.testing.assert_allclose(growth.quadratic_taper(cable, 2.0, 0.5), 0.5 + 1.5 * (1 - x / 100) ** 2, atol=1e-12)
    fork = Morphology(
        jnp.array([[0.0, 0, 0], [40, 0, 0], [40, 10, 0], [100, 0, 0], [70, 0, 0]]), jnp.ones(5),
        jnp.array([-1, 0, 1, 4, 1]), jnp.zeros(5, int), jnp.arange(5) == 0,
    )  # fmt: skip
    at_fork = ((1 - 40 / 50) ** 2 + (1 - 40 / 100) ** 2) / 2
    np.testing.assert_allclose(growth.quadratic_taper(fork, 1.0, 0.0), [1, at_fork, 0, 0, 0.3**2], atol=1e-12)


def test_a_pyramidal_cell_has_a_soma_and_dendrites_that_taper(cell):
    np.testing.assert_allclose(cell.area[:3].sum(), 4 * np.pi * SMALL.soma_radius**2)
    among = np.asarray(part(cell))
    radius, parent, joint = (np.asarray(x) for x in (cell.radius, cell.parent, cell.joint))
    inner = among & ~joint
    assert np.isfinite(radius).all() and (radius[among] >= SMALL.tip).all()
    assert (radius[inner] <= radius[parent[inner]]).all()
    np.testing.assert_allclose(radius[np.asarray(is_tip(cell, among))], SMALL.tip)
    np.testing.assert_allclose(radius[joint & among].max(), SMALL.apical_base)
    assert (np.asarray(child_count(cell))[among] <= 2).all()
    assert (parent < np.arange(len(parent))).all()
    assert (np.asarray(cell.kind) == SOMA).sum() == 3


def test_a_forest_is_a_loop_of_one_trace(cell, forest):
    before = growth.pyramidal._cache_size()
    for i, key in enumerate(KEYS):
        one = jax.tree.map(lambda a, i=i: a[i], forest)
        chex.assert_trees_all_close(one, growth.pyramidal(key, SMALL), rtol=1e-12, atol=1e-9)
    assert growth.pyramidal._cache_size() == before


def test_grown_cells_are_wired_as_economically_as_real_ones(forest):
    numbers = jax.vmap(morphometry.statistics)(forest)
    among = np.asarray(jax.vmap(part)(forest))
    hulls = [ConvexHull(np.asarray(p)[a]).volume for p, a in zip(forest.position, among, strict=True)]
    ratio = morphometry.wiring_ratio(numbers.length, numbers.tips + numbers.branch_points, np.array(hulls))
    assert ((ratio > 1.2) & (ratio < 4.0)).all()


def test_area_follows_radii_and_extents_of_the_plan():
    def area(plan):
        return growth.pyramidal(KEYS[0], plan).area.sum()

    both = jax.jit(jax.value_and_grad(area))
    slope = both(SMALL)[1]
    for name in ("tip", "apical_base", "tuft_radius", "soma_radius"):
        h = 1e-4 * getattr(SMALL, name)
        up, down = (both(SMALL.replace(**{name: getattr(SMALL, name) + s * h}))[0] for s in (1, -1))
        np.testing.assert_allclose(getattr(slope, name), (up - down) / (2 * h), rtol=1e-5)
    assert slope.balance == 0.0


def test_area_is_differentiable_in_positions_and_radii_of_a_grown_cell(cell):
    def area(position, radius):
        return jnp.sum(cell.replace(position=position, radius=radius).area)

    slopes = jax.grad(area, (0, 1))(cell.position, cell.radius)
    ways = [jax.random.normal(jax.random.key(i), x.shape) for i, x in enumerate((cell.position, cell.radius))]
    h = 1e-5
    up, down = (area(cell.position + s * h * ways[0], cell.radius + s * h * ways[1]) for s in (1, -1))
    along = sum(jnp.vdot(slope, way) for slope, way in zip(slopes, ways, strict=True))
    np.testing.assert_allclose(along, (up - down) / (2 * h), rtol=1e-7)
