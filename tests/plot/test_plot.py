"""Figures show the numbers they were given."""

import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.shape import Morphology, divide

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from jaxneuro import plot  # noqa: E402

T = np.arange(100_000) * 0.05
V = -70.0 + 100.0 * (np.arange(T.size) == 70_001)
RECORDING = jn.Recording(T, {"v": V[:, None]}, current=0.1 * (T > 100), name="a")


@pytest.fixture(autouse=True)
def _close():
    yield
    matplotlib.pyplot.close("all")


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, jaxneuro; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_thinned_trace_keeps_its_one_sample_spike():
    voltage, stimulus = plot.trace(RECORDING)
    (line,) = voltage.lines
    assert len(line.get_xdata()) < 25_000
    assert line.get_ydata().max() == 30.0
    assert line.get_xdata()[np.argmax(line.get_ydata())] == T[70_001]
    assert stimulus.get_ylabel() == "I [nA]"


def test_rows_of_data_and_model_are_titled():
    axes = plot.data_against_model([RECORDING] * 2, [RECORDING] * 2, ["fitted", "held out"], [(2.0, 5.0), (1.0, 4.0)])
    assert [ax.get_title("left") for ax in axes] == ["fitted", "held out"]
    assert all(len(ax.lines) == 2 for ax in axes)
    assert [ax.patches[0].get_x() for ax in axes] == [2.0, 1.0]  # what is judged is shaded


def test_losses_show_kept_starts_and_the_best():
    history = np.array([[3.0, 2.0], [3.0, 1.0], [np.nan, np.nan]])
    ax = plot.loss_curves(history, kept=[True, True, False])
    assert len(ax.lines) == 3
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [3.0, 1.0])


def test_losses_of_a_run_that_was_stopped(tmp_path):
    for made in (0, 1):
        history = np.full((3, 4000), np.nan)
        history[:, :made] = 2.0
        ax = plot.loss_curves(history)
        ax.figure.savefig(tmp_path / "a.png")
        assert len(ax.lines) == 4 * made


def test_gates_of_the_squid_axon():
    steady, tau = plot.gates(jn.cells.hodgkin_huxley(), "na", jnp.linspace(-90.0, 20.0, 12))
    assert {line.get_label() for line in steady.lines} == {"m", "h"}
    assert all(y.min() > 0 and y.max() < 10 for y in (line.get_ydata() for line in tau.lines))
    with pytest.raises(KeyError, match=r"no gates in channel .leak.*There are gates in: k, na"):
        plot.gates(jn.cells.hodgkin_huxley(), "leak")


def test_rates_and_firing_take_any_number_of_curves():
    ax = plot.rate(([0.0, 50.0], [1.0, 2.0]), {"fitted": lambda u: u, "published": lambda u: 2 * u}, "alpha")
    assert len(ax.lines) == 3
    assert len(plot.firing_rate([1.0, 2.0], {"a": [0.0, 50.0]}).lines) == 1
    with pytest.raises(ValueError, match="1 axes were given and 2 are needed"):
        plot.trace(RECORDING, axes=[ax])


def test_a_morphology_is_as_wide_as_its_diameters_on_paper(tmp_path):
    position = jnp.array([[0.0, 0, 0], [0, 10, 0], [30, 10, 5], [90, 10, 5]])
    tree = Morphology(
        position, jnp.array([5.0, 5, 2, 2]), jnp.array([-1, 0, 1, 2]), jnp.array([1, 1, 3, 7]),
        jnp.array([True, False, True, False]),
    )  # fmt: skip
    ax = plot.morphology(tree)
    joints, soma, neurite = ax.collections
    assert len(joints.get_segments()) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["soma", "type 7"]
    np.testing.assert_allclose(neurite.get_segments()[0], [[30, 10], [90, 10]])
    np.testing.assert_allclose(soma.get_linewidth()[0] / neurite.get_linewidth()[0], 10 / 4)
    ax.figure.savefig(tmp_path / "a.png")
    ends = ax.transData.transform([[0, 0], [10, 0]])[:, 0]
    np.testing.assert_allclose(soma.get_linewidth()[0], np.ptp(ends) * 72 / ax.figure.dpi, rtol=0.05)
    np.testing.assert_allclose(plot.morphology(tree, view="xz").collections[2].get_segments()[0], [[30, 5], [90, 5]])
    with pytest.raises(ValueError, match="two different letters of xyz"):
        plot.morphology(tree, view="xx")


def test_compartments_are_coloured_where_they_are():
    tree = Morphology(
        jnp.array([[0.0, 0, 0], [0, 60, 0], [0, 100, 0], [30, 60, 0]]), jnp.ones(4), jnp.array([-1, 0, 1, 1]),
        jnp.full(4, 3), jnp.array([True, False, False, False]),
    )  # fmt: skip
    division = divide(tree, max_length=20.0)
    distance = np.asarray(jn.cells.from_morphology(tree, division=division).cable.path_distance)
    lines = plot.on_morphology(tree, division, distance, limits=(0.0, 100.0)).collections[0]
    ends = np.array(lines.get_segments())
    middle = ends.mean(axis=1)
    way = middle[:, 0] + middle[:, 1]  # along the tree, for this one
    assert np.abs(way - lines.get_array()).max() <= 10.0
    np.testing.assert_allclose(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum(), 130.0)
    assert lines.get_clim() == (0.0, 100.0)
    with pytest.raises(ValueError, match=r"values has shape \(3,\): must be \(7,\)"):
        plot.on_morphology(tree, division, np.zeros(3))


def test_a_kymograph_has_time_across_and_distance_up():
    v = np.add.outer(np.arange(5.0), 10.0 * np.arange(3))
    ax = plot.kymograph(np.arange(5.0), np.array([0.0, 20, 40]), v, limits=(0.0, 30.0))
    np.testing.assert_allclose(np.asarray(ax.collections[0].get_array()).reshape(3, 5), v.T)
    assert ax.get_ylim()[1] > 40 and ax.collections[0].get_clim() == (0.0, 30.0)
    with pytest.raises(ValueError, match=r"v has shape \(5, 3\): must be \(time, compartment\), here \(5, 2\)"):
        plot.kymograph(np.arange(5.0), np.arange(2.0), v)


def test_a_raster_has_a_dot_for_each_spike_and_a_rate_for_each_population():
    spikes = {"exc.spikes": np.full((20, 3), np.inf), "inh.spikes": np.full((20, 2), np.inf)}
    spikes["exc.spikes"][4, 1], spikes["inh.spikes"][[5, 9], 1] = 4.2, (5.5, 9.5)
    cells, rates = plot.raster(jn.Recording(np.arange(20.0), spikes), width=5.0)
    exc, inh = (line.get_xydata().tolist() for line in cells.lines)
    assert exc == [[4.2, 1.0]] and inh == [[5.5, 4.0], [9.5, 4.0]]
    np.testing.assert_allclose(rates.patches[1].get_data().values, [0.0, 200.0, 0.0, 0.0])
    with pytest.raises(KeyError, match="was not recorded"):
        plot.raster(jn.Recording(np.arange(20.0), spikes), ["all"])


def test_rate_maps_are_sorted_and_stand_beside_their_nulls():
    maps = np.arange(3.0)[:, None, None] * np.ones((3, 4, 4))
    axes = plot.rate_maps(maps, np.array([0.2, np.nan, 0.9]), columns=2, rows=2)
    assert [ax.get_title() for ax in axes[:3]] == ["0.90", "0.20", "nan"]
    np.testing.assert_array_equal(axes[0].images[0].get_array(), maps[2])
    with pytest.raises(ValueError, match="one number for each unit"):
        plot.rate_maps(maps, np.zeros(2))
    ax = plot.gridness_beside_nulls(np.array([0.1, np.nan, 1.0]), {"untrained": np.zeros((2, 2))})
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.1, 1.0])
