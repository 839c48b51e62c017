"""Nobody walks or sees through a wall; doors are arrays; what cannot be is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import navigation as nav

BOX = nav.square(1.0)
# two rooms behind one another, joined by a door, and a free-standing wall in the first
ROOMS = nav.polygon([(0, 0), (2, 0), (2, 1), (1.2, 1), (1.0, 0.4), (0.8, 1), (0, 1)])
ROOMS = ROOMS.with_walls([[[1.0, 0.4], [1.0, 0.1]], [[0.3, 0.3], [0.5, 0.7]]]).with_doors([[[1.0, 0.1], [1.0, 0.0]]])
PLACES = ROOMS.sample(jax.random.key(0), (20_000,))
START = PLACES[:400]


@jax.jit
def wander(arena: nav.Arena, position: jax.Array, steps: jax.Array) -> jax.Array:
    """Where steps (time, animal, 2) lead (time, animal, 2)."""
    go = lambda here, step: (arena.move(here, step),) * 2
    return jax.lax.scan(go, position, steps)[1]


def bold_steps(animals: int, dtype: type = float) -> jax.Array:
    """Steps of 0.1 mm to 100 m in all directions (time, animal, 2)."""
    angle, size = np.random.default_rng(1).random((2, 60, animals))
    steps = 10 ** (6 * size - 4)[..., None] * np.stack([np.cos(7 * angle), np.sin(7 * angle)], -1)
    return jnp.asarray(steps, dtype)


@pytest.fixture(scope="module")
def through() -> jax.Array:
    """Where bold steps lead with the door shut, and with it open (door, time, animal, 2)."""
    go = lambda shut: wander(ROOMS.with_doors(shut=shut), START, bold_steps(400))
    return jax.vmap(go)(jnp.array([True, False]))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_no_step_however_long_crosses_a_wall(dtype, through: jax.Array):
    arena = jax.tree.map(lambda x: x.astype(dtype) if x.dtype == float else x, ROOMS)
    start = START.astype(dtype)
    places = through[0] if dtype == jnp.float64 else wander(arena, start, bold_steps(400, dtype))
    assert bool(jnp.all(arena.inside(places)))
    assert bool(jnp.all((places[..., 0] > 1) == (start[:, 0] > 1)))
    assert float(arena.distance_to_wall(places).min()) > 2e-6  # at corners; 1e-4 elsewhere


def test_an_open_door_lets_through_and_states_of_doors_are_a_batch(through: jax.Array):
    changed = np.any((np.asarray(through[..., 0]) > 1) != (np.asarray(START[:, 0]) > 1), 1)
    assert not changed[0].any()
    assert changed[1].mean() > 0.05
    assert bool(jnp.all(ROOMS.inside(through)))


def test_nobody_walks_into_a_wall_lengthwise():
    arena = BOX.with_walls([[[0.5, 0.4], [0.5, 1.0]]])
    end = arena.move(jnp.array([0.5, 0.1]), jnp.array([0.0, 5.0]))
    np.testing.assert_allclose(end, [0.5, 0.4], atol=2e-4)


def test_a_step_into_a_wall_goes_on_along_it():
    end = BOX.move(jnp.array([0.5, 0.5]), jnp.array([0.3, 1.0]))
    np.testing.assert_allclose(end, [0.8, 1.0], atol=2e-4)
    corner = BOX.move(jnp.array([0.5, 0.5]), jnp.array([3.0, 9.0]))
    np.testing.assert_allclose(corner, [1.0, 1.0], atol=2e-4)
    along = BOX.move(corner, jnp.array([-0.3, 0.1]))
    np.testing.assert_allclose(along, [0.7, 1.0], atol=3e-4)


def test_a_free_step_is_itself_exactly():
    position, step = jnp.array([0.2, 0.3]), jnp.array([0.11, 0.07])
    assert bool(jnp.all(BOX.move(position, step) == position + step))


def test_derivatives_of_a_move_are_those_of_finite_differences():
    step, *tangents = 0.4 * jax.random.normal(jax.random.key(4), (3, 400, 2))
    move = jax.jit(lambda h: jax.jvp(ROOMS.move, (START + h * tangents[0], step + h * tangents[1]), tuple(tangents)))
    difference = (move(1e-7)[0] - move(-1e-7)[0]) / 2e-7
    off = jnp.abs(move(0.0)[1] - difference).max(-1)
    assert int((off > 1e-5).sum()) <= 2  # a step that just meets a corner has no derivative


def test_rays_end_at_the_nearest_wall_and_say_which():
    arena = BOX.with_doors([[[0.5, 0.0], [0.5, 1.0]]])
    eye, angles = jnp.array([0.2, 0.3]), jnp.array([0.0, np.pi / 2, np.pi, -np.pi / 2, np.pi / 4])
    distance, wall = arena.rays(eye, angles)
    np.testing.assert_allclose(distance, [0.3, 0.7, 0.2, 0.3, 0.3 * np.sqrt(2)], rtol=1e-12)
    np.testing.assert_array_equal(wall, [4, 2, 3, 0, 4])
    distance, wall = arena.with_doors(shut=False).rays(eye, angles)
    np.testing.assert_allclose(distance[0], 0.8, rtol=1e-12)
    assert wall[0] == 1


def test_no_ray_leaves_an_arena_through_its_corners():
    arena = nav.circle(1.0, sides=16)
    corners = arena.walls[:, 0] - jnp.array([0.5, 0.45])
    distance, _ = arena.rays(jnp.array([0.5, 0.45]), jnp.arctan2(corners[:, 1], corners[:, 0]))
    np.testing.assert_allclose(distance, jnp.linalg.norm(corners, axis=-1), rtol=1e-9)


def test_from_nowhere_nothing_is_seen():
    nowhere, here = jnp.array([np.nan, 0.5]), jnp.array([0.5, 0.5])
    assert np.isnan(BOX.rays(nowhere, jnp.zeros(1))[0]).all() and np.isnan(BOX.distance_to_wall(nowhere))
    assert not BOX.visible(nowhere, here) and not BOX.visible(here, nowhere)


def test_an_open_door_shows_no_more_than_its_width():
    a, b = jnp.array([0.9, 0.05]), jnp.array([1.1, 0.05])
    heights = jnp.array([[0.0, 0.0], [0.0, 0.2]])
    np.testing.assert_array_equal(ROOMS.with_doors(shut=False).visible(a + heights, b + heights), [True, False])


def test_places_are_drawn_evenly_from_the_inside():
    assert bool(jnp.all(ROOMS.inside(PLACES)))
    area = 2.0 - 0.4 * 0.6 / 2  # of the box, less the triangle that is cut out of it
    in_corner = jnp.mean(jnp.all(PLACES < 0.25, -1))
    np.testing.assert_allclose(in_corner, 0.25**2 / area, atol=4 * np.sqrt(0.033 / 20_000))
    assert bool(jnp.isnan(BOX.sample(jax.random.key(0), (2,), margin=0.6)).all())


def test_distances_to_walls():
    centre = jnp.array([0.5, 0.5])
    np.testing.assert_allclose(nav.circle(1.0).distance_to_wall(centre), 0.5 * np.cos(np.pi / 64), rtol=1e-12)
    np.testing.assert_allclose(BOX.distance_to_wall(jnp.array([[0.1, 0.5], [0.6, 0.7]])), [0.1, 0.3], rtol=1e-12)
    assert jnp.isinf(nav.torus(1.0).distance_to_wall(centre))


def test_a_hole_is_outside():
    hole = [[[0.4, 0.4], [0.6, 0.4]], [[0.6, 0.4], [0.6, 0.6]], [[0.6, 0.6], [0.4, 0.6]], [[0.4, 0.6], [0.4, 0.4]]]
    ring = nav.enclosure(np.concatenate([np.asarray(BOX.walls), hole]))
    np.testing.assert_array_equal(ring.inside(jnp.array([[0.5, 0.5], [0.2, 0.5], [1.2, 0.5]])), [False, True, False])


def test_a_periodic_arena_has_no_edge_but_its_walls_are_everywhere():
    torus = nav.torus(1.0, 2.0).with_walls([[[0.05, 0.5], [0.05, 1.5]]])
    np.testing.assert_allclose(torus.move(jnp.array([0.5, 1.9]), jnp.array([0.1, 0.3])), [0.6, 0.2], atol=1e-12)
    np.testing.assert_allclose(torus.move(jnp.array([0.9, 1.0]), jnp.array([0.4, 0.0])), [0.05, 1.0], atol=2e-4)
    np.testing.assert_allclose(torus.between(jnp.array([0.1, 0.1]), jnp.array([0.9, 1.9])), [-0.2, -0.2], rtol=1e-9)
    np.testing.assert_allclose(torus.distance_to_wall(jnp.array([0.95, 1.0])), 0.1, rtol=1e-9)
    distance, wall = torus.rays(jnp.array([0.95, 1.0]), jnp.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(distance[0], 0.1, rtol=1e-9)
    np.testing.assert_array_equal(wall, [0, -1])
    assert not torus.visible(jnp.array([0.95, 1.0]), jnp.array([0.1, 1.0]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nav.polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "walls 0 and 2 of the outline cross"),
        (lambda: nav.enclosure(BOX.walls[:3]), "the arena does not close: wall 2 ends at"),
        (lambda: nav.polygon([(0, 0), (1, 1)]), "three or more"),
        (lambda: nav.polygon([(0, 0), (1, np.nan), (1, 1)]), "not finite"),
        (lambda: nav.square(-1.0), "width = -1.0: give a positive length"),
        (lambda: nav.circle(0.0), "diameter = 0.0"),
        (lambda: BOX.with_walls([[[0.5, 0.5], [0.5, 0.5]]]), "has no length"),
        (lambda: BOX.with_walls([[0.5, 0.5]]), r"shape \(1, 2\)"),
        (lambda: BOX.with_doors(shut=False), "no doors"),
        (lambda: ROOMS.with_doors(shut=[True, False]), "there are 1 doors"),
        (lambda: BOX.require_inside(jnp.array([1.0, 0.5]), "goal"), r"goal = \[1.0, 0.5\] is"),
        (lambda: BOX.require_inside([[0.5, 0.5], [1.5, 0.5]], "goal"), r"goal\[1\] = \[1.5, 0.5\] is outside"),
        (lambda: ROOMS.require_inside([0.4, 0.5], "goal"), "is in a wall"),
        (lambda: BOX.require_inside([0.4, np.nan], "goal"), "is not finite"),
        (lambda: BOX.with_objects([[2.0, 2.0]]), "objects = .* outside"),
        (lambda: BOX.require_inside([0.1, 0.2, 0.3]), r"position has shape \(3,\)"),
    ],
)
def test_what_is_no_arena_or_no_place_in_it_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
