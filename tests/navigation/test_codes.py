"""Each code has the shape of its formula, knows walls where it should, and integrates velocity where it must."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import navigation as nav

KEY = jax.random.key(0)
BOX = nav.square(1.0)
HERE = BOX.sample(KEY, (50,))


@pytest.mark.parametrize("kind", ["gaussian", "difference", "softmax", "softmaxes"])
def test_place_cells_are_most_active_at_their_centres(kind):
    cells = nav.place_cells(KEY, BOX, 30, kind=kind, width=0.12)
    activity = np.asarray(cells(cells.centres))
    assert activity.shape == (30, 30)
    if kind in ("gaussian", "difference"):
        np.testing.assert_array_equal(np.argmax(activity, 0), np.arange(30))
    if kind in ("softmax", "softmaxes"):
        np.testing.assert_allclose(activity.sum(-1), 1.0, rtol=1e-9)
    if kind == "softmaxes":
        assert float(activity.min()) == 0.0


def test_a_difference_of_gaussians_sums_to_nothing_over_the_plane():
    x = np.linspace(-1, 1, 201)
    plane = np.stack(np.meshgrid(x, x), -1)
    assert abs(float(nav.PlaceCells(jnp.zeros((1, 2)), kind="difference")(plane).sum() * 0.01**2)) < 1e-9


def test_the_targets_of_sorscher_are_a_difference_of_softmaxes():
    cells = nav.place_cells(KEY, BOX, 30, kind="softmaxes", width=0.12)
    square = np.sum((np.asarray(HERE)[:, None] - np.asarray(cells.centres)) ** 2, -1)
    softmax = lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    expected = softmax(-square / (2 * 0.12**2)) - softmax(-square / (2 * 2 * 0.12**2))
    expected = expected + np.abs(expected.min(-1, keepdims=True))
    np.testing.assert_allclose(cells(HERE), expected / expected.sum(-1, keepdims=True), rtol=1e-9)


def test_the_logarithm_of_a_narrow_place_code_is_finite():
    cells = nav.place_cells(KEY, nav.square(2.2), 256, kind="softmax", width=0.01)
    assert bool(jnp.isfinite(cells.log_activity(HERE.astype(jnp.float32))).all())


def test_a_wall_hides_a_place_until_its_door_opens():
    arena = BOX.with_doors([[[0.5, 0.0], [0.5, 1.0]]])
    there = np.array([0.55, 0.5])
    seen = lambda shut: nav.PlaceCells(
        jnp.array([[0.45, 0.5]]), arena=arena.with_doors(shut=shut), through_walls=False
    )(there)[0]
    np.testing.assert_allclose(jax.vmap(seen)(jnp.array([True, False])), [0.0, np.exp(-0.5)], rtol=1e-9)


def test_a_periodic_arena_has_periodic_fields():
    cells = nav.place_cells(KEY, nav.torus(1.0), 20)
    np.testing.assert_allclose(cells(HERE), cells(HERE + 1.0), rtol=1e-9)


def test_head_direction_cells():
    heading = np.linspace(-np.pi, np.pi, 1001)
    density = nav.head_direction_cells(12, kind="density")(None, heading)
    np.testing.assert_allclose(np.trapezoid(density, heading, axis=0), 1.0, rtol=1e-9)
    np.testing.assert_allclose(np.sum(nav.head_direction_cells(12, kind="softmax")(None, heading), -1), 1.0)
    peak = nav.head_direction_cells(12)
    np.testing.assert_allclose(np.diagonal(peak(None, peak.preferred)), 1.0)


@pytest.mark.parametrize("kind", ["shifted", "rectified"])
def test_grid_cells_repeat_in_six_directions_and_not_between(kind):
    cells = nav.grid_cells(KEY, 5, (0.3, 0.5), orientations=np.array([0.1, 0.4]), kind=kind)
    spacing, orientation, phase = map(np.asarray, (cells.spacing, cells.orientation, cells.phase))
    towards = lambda angle: np.stack([np.cos(angle), np.sin(angle)], -1)
    six = orientation + np.arange(6)[:, None] * np.pi / 3
    fields = np.diagonal(cells(phase + spacing[:, None] * towards(six)), axis1=1, axis2=2)
    np.testing.assert_allclose(fields, 1.0, rtol=1e-9)
    amid_three = phase + spacing[:, None] / np.sqrt(3) * towards(orientation + np.pi / 6)
    np.testing.assert_allclose(np.diagonal(cells(amid_three)), 0.0, atol=1e-9)
    activity = np.asarray(cells(HERE))
    assert activity.min() >= 0 and activity.max() <= 1 + 1e-12


def test_boundary_cells_see_the_wall_of_their_distance_and_direction():
    cells = nav.BoundaryVectorCells(np.array([0.1, 0.1]), np.array([0.0, np.pi / 2]), BOX)
    x = np.linspace(0.02, 0.98, 49)
    along_x = np.asarray(cells(np.stack([x, np.full(49, 0.5)], -1)))
    assert abs(x[np.argmax(along_x[:, 0])] - 0.9) < 0.021
    assert along_x[:, 0].max() > 2.5 * along_x[:, 1].max()
    faces = nav.BoundaryVectorCells(np.array([0.1, 0.1]), np.array([0.0, np.pi / 2]), BOX, egocentric=True)
    at_top = np.array([0.5, 0.9])
    np.testing.assert_allclose(faces(at_top, np.pi / 2)[0], cells(at_top)[1], rtol=1e-9)
    by_door = cells.replace(arena=BOX.with_doors([[[0.5, 0.0], [0.5, 1.0]]]))
    before_it = np.array([0.4, 0.5])
    assert float(by_door(before_it)[0]) > 3 * float(cells(before_it)[0])


def test_speed_cells_are_linear():
    np.testing.assert_allclose(nav.SpeedCells(jnp.array([20.0, -5.0]), 1.0)(np.array([0.0, 0.3])), [[1, 1], [7, 0]])


PATH = jax.jit(lambda: nav.ornstein_uhlenbeck(KEY, BOX, 1000, 0.02))()
OSCILLATING = nav.OscillatoryGridCells(
    jnp.array([0.3, 0.5]), jnp.array([0.1, 0.4]), jnp.array([[0.2, 0.3], [0.1, 0.1]])
)


def test_interference_integrates_velocity_into_a_grid():
    rate = OSCILLATING.rate(OSCILLATING.follow(PATH))
    np.testing.assert_allclose(rate, OSCILLATING.rate(OSCILLATING.start(PATH.position)), atol=1e-9)
    grid = nav.GridCells(OSCILLATING.spacing, OSCILLATING.orientation, OSCILLATING.phase)(PATH.position)
    assert np.corrcoef(np.asarray(rate).ravel(), np.asarray(grid).ravel())[0, 1] > 0.9
    theta = OSCILLATING.with_theta(OSCILLATING.follow(PATH), PATH.t)
    assert float(theta.max()) <= 1 and float(theta.min()) == 0


def test_jitter_of_oscillators_makes_it_drift_as_the_root_of_time():
    cells = OSCILLATING.replace(jitter=0.3)
    keys = jax.random.split(KEY, 100)
    off = np.asarray(jax.jit(jax.vmap(lambda key: cells.follow(PATH, key) - cells.follow(PATH)))(keys))
    np.testing.assert_allclose(np.std(off, (0, 2, 3))[[250, 1000]], 0.3 * np.sqrt([5.0, 20.0]), rtol=0.12)


def test_nowhere_no_cell_is_silent():
    nowhere = jnp.array([np.nan, 0.5])
    for cells in (nav.place_cells(KEY, BOX, 3), nav.grid_cells(KEY, 3, 0.4), nav.boundary_vector_cells(KEY, BOX, 3)):
        assert np.isnan(cells(nowhere)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nav.place_cells(KEY, BOX, 0), "cells = 0"),
        (lambda: nav.PlaceCells(jnp.zeros((0, 2)))(HERE), "1 cell or more"),
        (lambda: nav.PlaceCells(jnp.zeros((3, 2)), width=0.0)(HERE), "width = 0: give a positive width in m"),
        (lambda: nav.PlaceCells(jnp.zeros((3, 2)), kind="gauss")(HERE), "the kinds are gaussian"),
        (lambda: nav.PlaceCells(jnp.zeros((3, 2)), through_walls=False)(HERE), "give the arena"),
        (lambda: nav.PlaceCells(jnp.full((3, 2), np.nan))(HERE), r"centres\[0\] = .* not finite"),
        (lambda: nav.head_direction_cells(0), "cells = 0"),
        (lambda: nav.head_direction_cells()(0.3), "there is no heading"),
        (lambda: nav.grid_cells(KEY, 3, (0.3, -0.5))(HERE), "spacing = -0.5"),
        (lambda: nav.boundary_vector_cells(KEY, BOX, 3, furthest=0.0), "furthest = 0"),
        (lambda: nav.PlaceCells(jnp.zeros((3, 2)), kind="difference").log_activity(HERE), "can be 0 or less"),
        (lambda: nav.PlaceCells(jnp.zeros((3, 2)))([0.1, 0.2, 0.3]), r"position has shape \(3,\)"),
    ],
)
def test_what_is_no_code_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
