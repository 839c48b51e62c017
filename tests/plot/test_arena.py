"""Arenas and paths are drawn where they are."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import navigation as nav

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from jaxneuro import plot  # noqa: E402


@pytest.fixture(autouse=True)
def _close():
    yield
    matplotlib.pyplot.close("all")


def test_walls_doors_and_objects_are_drawn():
    box = nav.square(1.0).with_doors([[[0.5, 0.0], [0.5, 1.0]]], shut=False).with_objects([[0.2, 0.2]])
    ax = plot.arena(box)
    assert len(ax.lines) == 6
    np.testing.assert_allclose(ax.lines[4].get_xydata(), [[0.5, 0.0], [0.5, 1.0]])
    assert ax.lines[4].get_linestyle() != plot.arena(box.with_doors(shut=True)).lines[4].get_linestyle()


def test_a_path_leaves_no_line_across_a_periodic_arena():
    path = nav.path_of(jnp.array([[0.8, 0.5], [0.95, 0.5], [0.1, 0.5]]), 0.1, nav.torus(1.0))
    ax = plot.trajectory(path, nav.torus(1.0), activity=jnp.array([0.0, 1.0, 0.5]))
    assert np.isnan(ax.lines[1].get_xdata()).sum() == 1
    ax = plot.trajectory(path.replace(mask=jnp.array([True, False, True])))
    np.testing.assert_array_equal(np.isnan(ax.lines[0].get_xdata()), [False, True, False])
    with pytest.raises(ValueError, match="one number for each place"):
        plot.trajectory(path, activity=jnp.zeros(2))
