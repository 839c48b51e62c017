"""Animals keep to their arena, and their speed and turning have the distributions of their parameters."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import navigation as nav

BOX = nav.square(1.0)
OPEN = nav.torus(5.0)
KEYS = jax.random.split(jax.random.key(0), 32)
STEPS, DT = 1500, 0.02


@partial(jax.jit, static_argnames="motion")
def paths(motion, arena, parameters, keys=KEYS):
    """Paths of 32 animals."""
    return jax.vmap(lambda key: motion(key, arena, STEPS, DT, parameters))(keys)


def rms(x):
    return jnp.sqrt(jnp.mean(x**2))


def test_smooth_motion_has_the_speeds_and_turns_of_its_parameters():
    p = nav.OrnsteinUhlenbeck(speed=0.2, speed_time=0.3, turning=3.0, turning_time=0.1)
    path = paths(nav.ornstein_uhlenbeck, OPEN, p)
    np.testing.assert_allclose(path.speed.mean(), 0.2 * np.sqrt(np.pi / 2), rtol=0.02)
    np.testing.assert_allclose(path.speed.std(), 0.2 * np.sqrt(2 - np.pi / 2), rtol=0.04)
    assert float(jax.scipy.stats.norm.cdf(0.0)) == 0.5
    uniform = jnp.sort((1 - jnp.exp(-0.5 * (path.speed / 0.2) ** 2)).ravel())
    assert float(jnp.abs(uniform - jnp.linspace(0, 1, uniform.size)).max()) < 0.02  # it is Rayleigh's
    turning = jnp.diff(path.heading) / DT
    np.testing.assert_allclose(rms(turning), 3.0, rtol=0.03)
    correlation = jnp.mean(turning[:, :-5] * turning[:, 5:]) / jnp.mean(turning**2)
    np.testing.assert_allclose(correlation, np.exp(-5 * DT / 0.1), atol=0.04)
    square = path.speed**2 - jnp.mean(path.speed**2)
    np.testing.assert_allclose(
        jnp.mean(square[:, :-10] * square[:, 10:]) / jnp.mean(square**2), np.exp(-0.2 / 0.3), atol=0.06
    )


def test_the_motion_of_grid_networks_has_the_values_of_its_table():
    path = paths(nav.raudies_hasselmo, OPEN, nav.RaudiesHasselmo())
    np.testing.assert_allclose(path.speed.mean(), 0.13 * np.sqrt(np.pi / 2), rtol=0.01)
    np.testing.assert_allclose(rms(jnp.diff(path.heading) / DT), np.radians(330), rtol=0.01)
    fast = paths(nav.raudies_hasselmo, OPEN, nav.FAST)
    np.testing.assert_allclose(fast.speed.mean() / path.speed.mean(), 2 * np.pi, rtol=1e-6)


def test_near_a_wall_ahead_it_slows_down_and_turns_along_it():
    start = {"position": jnp.array([0.5, 0.98]), "heading": 1.3}
    path = nav.raudies_hasselmo(KEYS[0], BOX, 2, DT, nav.RaudiesHasselmo(turning=0.0), **start)
    free = nav.raudies_hasselmo(KEYS[0], OPEN, 2, DT, nav.RaudiesHasselmo(turning=0.0), **start)
    np.testing.assert_allclose(path.heading[1], 0.0, atol=1e-9)
    np.testing.assert_allclose(path.speed[0], 0.25 * free.speed[0], rtol=1e-9)


@pytest.mark.parametrize("motion", [nav.ornstein_uhlenbeck, nav.raudies_hasselmo])
def test_animals_stay_inside_and_velocities_are_those_of_their_places(motion):
    arena = nav.polygon([(0, 0), (1, 0), (1, 1), (0.5, 0.6), (0, 1)]).with_walls([[[0.5, 0.0], [0.5, 0.3]]])
    path = paths(motion, arena, None)
    assert bool(arena.inside(path.position).all())
    np.testing.assert_allclose(jnp.diff(path.position, axis=1), path.velocity * DT, atol=1e-12)
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


@pytest.mark.parametrize(
    ("motion", "p"), [(nav.ornstein_uhlenbeck, nav.OrnsteinUhlenbeck()), (nav.raudies_hasselmo, nav.RaudiesHasselmo())]
)
def test_derivatives_in_the_parameters_are_those_of_finite_differences(motion, p):
    p = jax.tree.map(jnp.asarray, p)

    @jax.jit
    def at(p):
        return motion(KEYS[0], BOX, 40, DT, p, position=jnp.array([0.2, 0.95]), heading=0.4).position[-1]

    ends = jax.jacfwd(at)(p)
    for name in vars(p):
        shift = lambda h, name=name: at(p.replace(**{name: getattr(p, name) + h}))
        difference = (shift(1e-6) - shift(-1e-6)) / 2e-6
        np.testing.assert_allclose(getattr(ends, name), difference, atol=1e-7, rtol=1e-5, err_msg=name)
    backward = jax.grad(lambda p: at(p).sum())(p)
    jax.tree.map(lambda g, j: np.testing.assert_allclose(g, j.sum(0), rtol=1e-9, atol=1e-12), backward, ends)


def test_statistics_of_a_walk_on_a_circle():
    angle = 0.5 * jnp.arange(0, 60, 0.02)
    path = nav.path_of(0.5 + 0.3 * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1), 0.02)
    found = nav.statistics(path, BOX, smoothing=0.0, every=5)
    np.testing.assert_allclose(found.speed, 0.15, rtol=1e-3)
    np.testing.assert_allclose(found.turning_median, 0.5, rtol=1e-3)
    assert float(found.turning) < 1e-6
    assert float(nav.occupancy(path, BOX).sum()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 5, position=[2.0, 0.5]), "position = .* outside the arena"),
        (lambda: nav.ornstein_uhlenbeck(KEYS[0], BOX, 0), "steps = 0"),
        (lambda: nav.raudies_hasselmo(KEYS[0], BOX, 5, -0.1), "dt = -0.1"),
        (lambda: nav.path_of([[0.0, 0.1], [np.nan, 0.1]], 0.1), r"position\[1\]"),
        (lambda: nav.path_of([[0.0, 0.1], [0.2, 0.1]], 0.1).every(5), "every"),
    ],
)
def test_what_is_no_motion_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_models_beside_a_rat(rat_trajectory):
    track = jn.data.read_trajectory(rat_trajectory / "sargolini.npz")
    assert track.dt == pytest.approx(0.02)
    rat = nav.statistics(nav.path_of(track.position, track.dt), BOX, every=5)
    np.testing.assert_allclose(rat.speed, 0.107, atol=0.002)
    model = jax.vmap(lambda p: nav.statistics(p.replace(dt=DT), BOX, every=5))(
        paths(nav.ornstein_uhlenbeck, BOX, None).replace(dt=jnp.zeros(32))
    )
    np.testing.assert_allclose(model.speed.mean(), rat.speed, rtol=0.3)
    np.testing.assert_allclose(model.speed_time.mean(), rat.speed_time, rtol=0.5)
