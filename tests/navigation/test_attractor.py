"""A sheet of cells that is told nothing but velocity knows where the animal is."""

import jax
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import navigation as nav

KEY = jax.random.key(0)
PATH = jax.jit(lambda: nav.ornstein_uhlenbeck(KEY, nav.square(1.0), 300, 0.02, nav.OrnsteinUhlenbeck(speed=0.25)))()


@jax.jit
def followed(sheet: nav.Attractor, velocity: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Activity, and the displacement that the sheet ends at."""
    run = sheet.follow(PATH.replace(velocity=velocity), KEY)
    return run.displacement[-1], run


@pytest.fixture(scope="module", params=[nav.RateCells(), nav.SpikingCells()], ids=["rate", "spiking"])
def sheet(request) -> nav.Attractor:
    return nav.attractor(KEY, 0.5, 0.3, cells=request.param)


def test_it_integrates_velocity_and_its_cells_are_grid_cells(sheet):
    _, run = followed(sheet, PATH.velocity)
    off = np.linalg.norm(run.displacement - (PATH.position - PATH.position[0]), axis=-1)
    assert np.linalg.norm(PATH.velocity, axis=-1).sum() * PATH.dt > 1.4
    assert off.max() < (0.02 if isinstance(sheet.cells, nav.RateCells) else 0.08)
    places = PATH.position[0] + sheet.fields(run.activity[0])
    grid = lambda orientation: np.asarray(nav.GridCells(0.5, orientation, places)(PATH.position)).ravel()
    alike = lambda orientation: np.corrcoef(grid(orientation), np.asarray(run.activity).ravel())[0, 1]
    assert alike(0.3) > 0.7 > 0.6 > alike(0.3 + np.pi / 6)


def test_it_follows_a_real_rat(sheet, rat_trajectory):
    places = jn.data.read_trajectory(rat_trajectory / "sargolini.npz").position[500:801]
    rat = nav.path_of(places, 0.02)
    end, _ = followed(sheet, rat.velocity)
    assert np.linalg.norm(rat.velocity, axis=-1).sum() * 0.02 > 0.5
    off = np.linalg.norm(end - (places[-1] - places[0]))  # of a displacement of 0.67 m
    assert off < (0.02 if isinstance(sheet.cells, nav.RateCells) else 0.08)


def test_derivatives_of_where_it_ends(sheet):
    if not isinstance(sheet.cells, nav.RateCells):
        pytest.skip("spikes have no derivative")
    _, slope = jax.jvp(lambda gain: followed(sheet.replace(gain=gain), PATH.velocity)[0], (sheet.gain,), (1.0,))
    shifted = lambda h: followed(sheet.replace(gain=sheet.gain + h), PATH.velocity)[0]
    # rectified cells cross their kinks all the time, which a difference feels
    np.testing.assert_allclose(slope, (shifted(1e-7) - shifted(-1e-7)) / 2e-7, rtol=3e-3)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="spacing = 0"):
        nav.attractor(KEY, 0.0)
    with pytest.raises(ValueError, match="8 sites"):
        nav.attractor(KEY, 0.5, side=4)
    with pytest.raises(ValueError, match="no multiple"):
        nav.attractor(KEY, 0.5, side=8).follow(PATH.replace(dt=0.0123), KEY)
