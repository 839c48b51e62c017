"""Animals keep to their arena, and their speed and turning have the distributions of their parameters."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import navigation as nav

BOX = nav.square(1.0).with_doors([[[0.5, 0.0], [0.5, 0.3]]], shut=False)
OPEN = nav.torus(5.0)
DEFAULTS = {nav.ornstein_uhlenbeck: nav.OrnsteinUhlenbeck(), nav.raudies_hasselmo: nav.RaudiesHasselmo()}
KEYS = jax.random.split(jax.random.key(0), 32)
STEPS, DT = 1500, 0.02


@partial(jax.jit, static_argnames="motion")
def walks(motion, arena, parameters):
    """Paths of 32 animals."""
    return jax.vmap(lambda key: motion(key, arena, STEPS, DT, parameters))(KEYS)


def paths(motion, arena, parameters):
    """The same in numpy, which compiles nothing."""
    return jax.tree.map(np.asarray, walks(motion, arena, parameters))


def rms(x):
    return np.sqrt(np.mean(x**2))


def speeds(path):
    return np.linalg.norm(path.velocity, axis=-1)


measured = jax.jit(jax.vmap(lambda places: nav.motion_statistics(nav.path_of(places, DT), BOX, every=5)))


def test_smooth_motion_has_the_speeds_and_turns_of_its_parameters():
    p = nav.OrnsteinUhlenbeck(speed=0.2, speed_time=0.3, turning=3.0, turning_time=0.1)
    path = paths(nav.ornstein_uhlenbeck, OPEN, p)
    speed, turning = speeds(path), np.diff(path.heading) / DT
    np.testing.assert_allclose(speed.mean(), 0.2 * np.sqrt(np.pi / 2), rtol=0.02)
    uniform = np.sort((1 - np.exp(-0.5 * (speed / 0.2) ** 2)).ravel())
    assert np.abs(uniform - np.linspace(0, 1, uniform.size)).max() < 0.02  # it is Rayleigh's
    np.testing.assert_allclose(rms(turning), 3.0, rtol=0.03)
    kept = lambda x, lag: np.mean(x[:, :-lag] * x[:, lag:]) / np.mean(x**2)
    np.testing.assert_allclose(kept(turning, 5), np.exp(-5 * DT / 0.1), atol=0.04)
    np.testing.assert_allclose(kept(speed**2 - np.mean(speed**2), 10), np.exp(-10 * DT / 0.3), atol=0.06)


def test_the_motion_of_grid_networks_has_the_values_of_its_table():
    path = paths(nav.raudies_hasselmo, OPEN, nav.RaudiesHasselmo())
    np.testing.assert_allclose(speeds(path).mean(), 0.13 * np.sqrt(np.pi / 2), rtol=0.01)
    np.testing.assert_allclose(rms(np.diff(path.heading) / DT), np.radians(330), rtol=0.01)
    fast = paths(nav.raudies_hasselmo, OPEN, nav.FAST)
    np.testing.assert_allclose(speeds(fast).mean() / speeds(path).mean(), 2 * np.pi, rtol=1e-6)


def test_near_a_wall_ahead_it_slows_down_and_turns_along_it():
    p = nav.RaudiesHasselmo(turning=0.0)

    @jax.jit
    def first(position, heading):
        path = nav.raudies_hasselmo(KEYS[0], BOX, 1, DT, p, position=position, heading=heading)
        return path.velocity[0], path.heading[1]

    velocity, heading = first(jnp.array([0.5, 0.98]), 1.3)
    free, _ = first(jnp.array([0.5, 0.5]), 1.3)
    np.testing.assert_allclose(heading, 0.0, atol=1e-9)
    np.testing.assert_allclose(velocity, 0.25 * free, rtol=1e-9)


@pytest.mark.parametrize("motion", [nav.ornstein_uhlenbeck, nav.raudies_hasselmo])
def test_animals_stay_inside_and_velocities_are_those_of_their_places(motion):
    path = paths(motion, BOX.with_doors(shut=True), DEFAULTS[motion])
    assert bool(BOX.inside(path.position).all())
    np.testing.assert_allclose(np.diff(path.position, axis=1), path.velocity * DT, atol=1e-12)
    half = path.every(2)
    np.testing.assert_allclose(half.position[:, 7], path.position[:, 14])
    np.testing.assert_allclose(
        half.position[:, 1:] - half.position[:, :-1], half.velocity * half.dt[:, None, None], atol=1e-12
    )


def test_thigmotaxis_keeps_an_animal_at_walls():
    near = [
        float(
            jnp.mean(
                BOX.distance_to_wall(paths(nav.ornstein_uhlenbeck, BOX, nav.OrnsteinUhlenbeck(thigmotaxis=x)).position)
                < 0.1
            )
        )
        for x in (0.0, 1.0)
    ]
    assert near[1] > 1.5 * near[0]


def divided(pieces):
    """A square with a wall in it and one that stands free, each wall in several pieces."""
    corners, inner = [(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.5, 0.0), (0.5, 0.6)], [(0.2, 0.7), (0.8, 0.8)]]
    along = lambda a, b: np.asarray(a) + np.arange(pieces + 1)[:, None] / pieces * np.subtract(b, a)
    outline = [along(a, b)[:-1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    walls = [np.stack([along(a, b)[:-1], along(a, b)[1:]], 1) for a, b in inner]
    return nav.polygon(np.concatenate(outline)).with_walls(np.concatenate(walls))


@pytest.mark.parametrize("motion", DEFAULTS)
def test_a_wall_in_pieces_acts_like_the_wall(motion):
    parameters = nav.RAT if motion is nav.ornstein_uhlenbeck else nav.RaudiesHasselmo(wall_zone=0.1)
    whole, *pieces = (paths(motion, divided(n), parameters).position for n in (1, 8, 20))
    for position in pieces:
        np.testing.assert_allclose(position, whole, atol=1e-8)


def test_an_inner_wall_acts_on_both_sides_and_at_its_end():
    bar = nav.square(1.0).with_walls([[[0.5, 0.3], [0.5, 0.6]], [[0.5, 0.6], [0.5, 0.7]]])
    vector, distance = bar.nearest_wall(jnp.array([[0.45, 0.5], [0.6, 0.6], [0.5, 0.8], [0.1, 0.08]]))
    np.testing.assert_allclose(vector, [[0.05, 0], [-0.1, 0], [0, -0.1], [0, -0.08]], atol=1e-12)
    np.testing.assert_allclose(distance, [0.05, 0.1, 0.1, 0.08])
    vector, distance = OPEN.nearest_wall(jnp.array([0.3, 0.4]))
    assert not vector.any() and jnp.isinf(distance)


class Disc(nav.Arena):
    """A round arena whose rim is a circle, 1 m across: the polygon's corners lie on it."""

    def nearest_wall(self, position):
        out = position - 0.5
        radius = jnp.linalg.norm(out)
        return out * (0.5 / radius - 1), 0.5 - radius

    def slide(self, position, step):
        out = position + step - 0.5
        return 0.5 + out * jnp.minimum(0.4999 / jnp.linalg.norm(out), 1.0) - position


def test_a_round_arena_is_reached_to_the_rim():
    polygon = nav.circle(1.0)
    round_walk = lambda arena: paths(nav.ornstein_uhlenbeck, arena, nav.RAT).position
    near = [
        np.mean(0.5 - np.linalg.norm(round_walk(arena) - 0.5, axis=-1)[..., None] < np.array([0.05, 0.1]), (0, 1))
        for arena in (Disc(polygon.walls, polygon.shut, polygon.objects, outline=64), polygon)
    ]
    np.testing.assert_allclose(near[1], near[0], atol=0.03)
    assert np.all(near[1] > 0.5 * np.array([0.19, 0.36]))  # of what a uniform spread would give


@pytest.mark.parametrize("motion", DEFAULTS)
def test_derivatives_in_the_parameters_are_those_of_finite_differences(motion):
    p = jax.tree.map(jnp.asarray, DEFAULTS[motion])

    @jax.jit
    @jax.value_and_grad
    def at(p):
        end = motion(KEYS[0], BOX, 40, DT, p, position=jnp.array([0.2, 0.95]), heading=0.4).position[-1]
        return end[0] + 2 * end[1]

    for name, derivative in vars(at(p)[1]).items():
        shift = lambda h, name=name: at(p.replace(**{name: getattr(p, name) + h}))[0]
        np.testing.assert_allclose(derivative, (shift(1e-6) - shift(-1e-6)) / 2e-6, atol=1e-7, rtol=1e-5, err_msg=name)


def test_statistics_of_walks_on_circles():
    radius, angle = np.linspace(0.12, 0.41, 32), 0.5 * DT * np.arange(STEPS + 1)
    circles = 0.5 + radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    found = measured(circles)
    np.testing.assert_allclose(found.speed, 0.5 * radius, rtol=0.01)
    np.testing.assert_allclose(found.turning_median, 0.5, rtol=1e-3)
    np.testing.assert_array_equal(found.near_wall > 0, 0.5 - radius[:, None] < np.array([0.05, 0.1, 0.2]))
    assert float(nav.occupancy(nav.path_of(circles[0], DT), BOX).sum()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 5, position=[2.0, 0.5]), "position = .* outside the arena"),
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 0), "steps = 0"),
        (lambda: nav.raudies_hasselmo(KEYS[0], BOX, 5, -0.1), "dt = -0.1"),
        (lambda: nav.path_of([[0.0, 0.1], [np.nan, 0.1]], 0.1), r"position\[1\]"),
        (lambda: nav.path_of([[0.0, 0.1], [0.2, 0.1]], 0.1).every(5), "every"),
        (lambda: nav.path_of([[0.0, 0.1], [0.2, 0.1]], 0.0), "dt = 0.0"),
        (lambda: nav.path_of(jnp.zeros((2, 5, 2)), 0.1), r"must be \(time, 2\)"),
        (lambda: nav.motion_statistics(nav.path_of([[0.0, 0.1], [0.2, 0.1]], 0.1), nav.torus()), "one animal"),
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 5, heading=np.nan), "heading = nan is not finite"),
        (
            lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 5, parameters=nav.OrnsteinUhlenbeck(speed=np.nan)),
            "speed = nan",
        ),
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 5, parameters=nav.OrnsteinUhlenbeck(speed_time=0)), "above 0"),
        (lambda: nav.raudies_hasselmo(KEYS[0], BOX, 5, parameters=nav.RaudiesHasselmo(speed=-0.1)), "of 0 or more"),
        (lambda: nav.raudies_hasselmo(KEYS[0], BOX, 5, parameters=nav.RAT), r"give RaudiesHasselmo\(...\)"),
    ],
)
def test_what_is_no_motion_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_start_is_checked_while_others_are_traced():
    start = lambda place: jax.eval_shape(lambda key: nav.ornstein_uhlenbeck(key, BOX, 5, position=place), KEYS[0])
    assert start([0.5, 0.5]).position.shape == (6, 2)
    with pytest.raises(ValueError, match="outside the arena"):
        start([2.0, 0.5])


def test_models_beside_a_rat(rat_trajectory):
    track = jn.data.read_trajectory(rat_trajectory / "sargolini.npz")
    assert track.dt == pytest.approx(0.02)
    rat = nav.motion_statistics(nav.path_of(track.position, track.dt), BOX, every=5)
    np.testing.assert_allclose(rat.speed, 0.107, atol=0.002)
    off = {}
    for name, parameters in (("default", nav.OrnsteinUhlenbeck()), ("fitted", nav.RAT)):
        model = measured(walks(nav.ornstein_uhlenbeck, BOX, parameters).position)
        ratios = jax.tree.map(lambda a, b: np.abs(np.log(np.mean(a, 0) / np.asarray(b))), model, rat)
        off[name] = np.concatenate([np.ravel(x) for x in jax.tree.leaves(ratios)])
    assert off["fitted"].max() < 0.4 and off["fitted"].mean() < 0.2 < 0.4 < off["default"].mean()
